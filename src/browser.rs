//! Opening a URL in a browser: the person's own (RFC 8252 section 6), or the command they name. The only file that names webbrowser.
//!
//! A launcher is never waited for, has no stdin, and never sees our stdout. Whether to open one at all is decided by the login command.

use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use url::Url;
use webbrowser::BrowserOptions;

use crate::environment::Environment;
use crate::error::{Error, Result};

/// A browser that has been asked to open something, and may yet say that it couldn't.
#[derive(Debug)]
pub struct Launch(Receiver<String>);

impl Launch {
    /// A launch and where its failure is to be reported.
    #[must_use]
    pub fn new() -> (Sender<String>, Self) {
        let (sender, receiver) = channel();
        (sender, Self(receiver))
    }

    /// Why the browser could not be opened, if that is known by now. Each reason is given once.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.0.try_recv().ok()
    }
}

/// Something that shows a URL to the person.
pub trait Browser {
    /// Starts showing the URL and returns at once.
    ///
    /// # Errors
    /// The URL is not one for a browser, or there is nothing to open it with.
    fn open(&self, url: &Url) -> Result<Launch>;
}

/// The browser that the person has set up: `$BROWSER`, else the desktop's default.
#[derive(Debug)]
pub struct SystemBrowser {
    commands: Vec<BrowserCommand>,
    has_display: bool,
}

impl SystemBrowser {
    /// Looks at `BROWSER`, `DISPLAY`, `WAYLAND_DISPLAY` and `SSH_CONNECTION`.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let listed = environment.get("BROWSER").unwrap_or_default().split(if cfg!(windows) { ';' } else { ':' });
        let commands = listed.filter_map(BrowserCommand::parse).collect();
        let on_desktop = cfg!(any(windows, target_os = "macos")) || environment.has_display();
        Self { commands, has_display: on_desktop && !environment.has("SSH_CONNECTION") }
    }
}

impl Browser for SystemBrowser {
    fn open(&self, url: &Url) -> Result<Launch> {
        require_web(url)?;
        if !self.commands.is_empty() {
            return self
                .commands
                .iter()
                .find_map(|command| command.spawn(url).ok())
                .ok_or_else(|| Error::failed("no command in $BROWSER can be started"));
        }
        if !self.has_display {
            return Err(Error::failed("there is no display here"));
        }
        let (failed, launch) = Launch::new();
        let url = url.clone();
        // Some launchers return only when the browser closes.
        thread::spawn(move || {
            let options = BrowserOptions::new();
            if let Err(error) = webbrowser::open_browser_with_options(webbrowser::Browser::Default, url.as_str(), &options) {
                let _ = failed.send(error.to_string());
            }
        });
        Ok(launch)
    }
}

/// A command that opens a URL: words as a shell would split them, but no shell. The first `%s` in each word becomes the URL; without any, the URL is
/// the last word. It is put in after splitting, so that it is always within one argument (RUSTSEC-2026-0257).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserCommand(Vec<String>);

impl BrowserCommand {
    /// Splits a command; nothing where there is none in it or its quotes don't match.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words = shlex::split(text)?;
        (!words.is_empty()).then_some(Self(words))
    }

    fn argv(&self, url: &Url) -> Vec<String> {
        let mut argv: Vec<String> = self.0.iter().map(|word| word.replacen("%s", url.as_str(), 1)).collect();
        if argv == self.0 {
            argv.push(url.as_str().to_owned());
        }
        argv
    }

    fn spawn(&self, url: &Url) -> Result<Launch> {
        let argv = self.argv(url);
        let (program, arguments) = argv.split_first().ok_or_else(|| Error::failed("the browser command is empty"))?;
        let mut command = Command::new(program);
        // In a group of its own, or Ctrl-C in the terminal would close the person's browser as well.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .args(arguments)
            // It is for kclogin alone, and a browser passes its environment on to whatever it opens.
            .env_remove("KCLOGIN_CLIENT_SECRET")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error::failed(format!("the browser `{program}` can't be started: {error}")))?;
        let (failed, launch) = Launch::new();
        let program = program.clone();
        thread::spawn(move || {
            if let Ok(status) = child.wait()
                && !status.success()
            {
                let _ = failed.send(format!("`{program}` ended with {status}"));
            }
        });
        Ok(launch)
    }
}

impl Browser for BrowserCommand {
    fn open(&self, url: &Url) -> Result<Launch> {
        require_web(url)?;
        self.spawn(url)
    }
}

/// Refuses what is not for a browser: a hostile provider must not get a file or a program opened (CVE-2025-6514). A `Url` starts with its scheme and
/// holds no space, quote or control character, so it can't be taken for an option or for two words.
fn require_web(url: &Url) -> Result<()> {
    if matches!(url.scheme(), "https" | "http") { Ok(()) } else { Err(Error::failed(format!("`{}:` is not an address for a browser", url.scheme()))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(command: &str, url: &str) -> Vec<String> {
        BrowserCommand::parse(command).expect("a command").argv(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn the_url_is_always_one_argument() {
        let hostile = "http://x.example/$(id) --flag \"'`;|&\n\t%s";
        for command in ["x %s", "x --url=%s", "x 'a b' %s -z", "x"] {
            let argv = argv(command, hostile);
            let holding: Vec<&String> = argv.iter().filter(|word| word.contains("x.example")).collect();
            assert_eq!(holding.len(), 1, "{argv:?}");
            assert!(!holding[0].contains([' ', '"', '\n', '\t']), "{argv:?}");
        }
        assert_eq!(argv("firefox -P 'my profile'", "http://a.example/"), ["firefox", "-P", "my profile", "http://a.example/"]);
        assert_eq!(argv("x %s -n", "http://a.example/"), ["x", "http://a.example/", "-n"]);
    }

    #[test]
    fn commands_without_words_are_none() {
        assert_eq!(BrowserCommand::parse("  "), None);
        assert_eq!(BrowserCommand::parse("x 'y"), None);
    }

    #[test]
    fn only_web_addresses_are_opened() {
        let marker = tempfile::tempdir().expect("a directory").path().join("opened");
        let command = BrowserCommand::parse(&format!("touch {} ", marker.display())).expect("a command");
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ms-settings:x"] {
            assert!(command.open(&Url::parse(bad).expect("a URL")).is_err(), "{bad}");
        }
        assert!(!marker.exists());
    }
}
