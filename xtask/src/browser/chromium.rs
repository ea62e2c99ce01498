//! One Chromium without a window, with a profile of its own, stopped and forgotten when this is dropped.
//! Owns its command line and the waiting for its DevTools port; the talking is `devtools`'.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process::{Running, is_root};
use crate::scratch::Scratch;

/// Where DevTools listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) path: String,
}

/// A running Chromium. The order of the fields is the order of their end: first the program, then its profile.
#[derive(Debug)]
pub(crate) struct Chromium {
    endpoint: Endpoint,
    _running: Running,
    _profile: Scratch,
}

impl Chromium {
    /// Starts it and waits until it can be talked to.
    ///
    /// With `any_certificate` it shows pages whoever has signed the server's.
    pub(crate) fn launch(size: (u32, u32), any_certificate: bool, deadline: Instant) -> Outcome<Self> {
        let program = packages::program(Tool::Chromium)?;
        let profile = Scratch::new()?;
        let log = profile.path().join("chromium.log");
        let written = File::create(&log).context(format_args!("writing {}", log.display()))?;
        let mut command = Command::new(program);
        command.args(any_certificate.then_some("--ignore-certificate-errors"));
        command.args(arguments(profile.path(), size, is_root()));
        // The bus of accessibility would be started for it, and outlive it.
        command.env("NO_AT_BRIDGE", "1");
        // Some of its notes go to the person's folders whatever its profile is.
        command.env("XDG_CONFIG_HOME", profile.path().join("config")).env("XDG_CACHE_HOME", profile.path().join("cache"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(written);
        let mut running = Running::start(&mut command)?;
        let note = profile.path().join("DevToolsActivePort");
        loop {
            if let Some(endpoint) = fs::read_to_string(&note).ok().and_then(|text| endpoint(&text)) {
                return Ok(Self { endpoint, _running: running, _profile: profile });
            }
            if let Some(status) = running.ended() {
                return Err(Failure::new(format!("Chromium ended with {status}: {}", last_line(&log))));
            }
            if Instant::now() >= deadline {
                return Err(Failure::new(format!("Chromium did not get ready in time: {}", last_line(&log))));
            }
            sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

fn arguments(profile: &Path, (width, height): (u32, u32), root: bool) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless=new",
        "--remote-debugging-port=0",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--disable-breakpad",
        "--disable-crash-reporter",
        // In a container /dev/shm is often too small for a page.
        "--disable-dev-shm-usage",
        // It must ask no keyring for a key: the keyring is what is being tried out, and may be locked.
        "--password-store=basic",
        "--use-mock-keychain",
        "--mute-audio",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--window-size={width},{height}"));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    if root {
        // Its sandbox refuses to work for root, who is who one is in a container.
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.push("about:blank".to_owned());
    arguments
}

/// The note holds the port on the first line and the WebSocket's path on the second; half a note is none yet.
fn endpoint(note: &str) -> Option<Endpoint> {
    let (port, path) = note.split_once('\n')?;
    let path = path.trim();
    path.starts_with('/').then_some(Endpoint { port: port.trim().parse().ok()?, path: path.to_owned() })
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().next_back().unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_counts_when_it_is_whole() {
        let whole = endpoint("34567\n/devtools/browser/0af1");
        assert_eq!(whole, Some(Endpoint { port: 34567, path: "/devtools/browser/0af1".into() }));
        for half in ["", "34567", "34567\n", "x\n/devtools"] {
            assert_eq!(endpoint(half), None, "{half:?}");
        }
    }

    #[test]
    fn only_root_goes_without_the_sandbox() {
        let has = |root| arguments(Path::new("p"), (1, 1), root).contains(&"--no-sandbox".to_owned());
        assert!(has(true) && !has(false));
    }
}
