//! Opening a URL in a browser: the person's own (RFC 8252 section 6), or the command they name. The only file that names webbrowser.
//!
//! A launcher is never waited for, has no stdin, and never sees our stdout. Whether to open one at all is decided by the login command.

mod known;
mod private;

use std::cell::OnceCell;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use url::Url;
use webbrowser::BrowserOptions;

use crate::environment::Environment;
use crate::error::{Error, Result};

pub use private::private_window;

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

    /// Why nothing would be opened, as the end of a sentence; nothing where something would.
    fn why_not(&self) -> Option<&'static str> {
        None
    }
}

/// The browser that the person has set up: `$BROWSER`, under WSL that of Windows, else the desktop's default.
#[derive(Debug)]
pub struct SystemBrowser {
    environment: Environment,
    /// Looked for when it is asked for: most commands open nothing.
    found: OnceCell<Found>,
}

#[derive(Debug)]
struct Found {
    commands: Vec<BrowserCommand>,
    /// What else `$BROWSER` says: why nothing is to be opened.
    refused: Option<&'static str>,
}

impl SystemBrowser {
    /// By `BROWSER`, `DISPLAY`, `WAYLAND_DISPLAY` and `SSH_CONNECTION`, and by whether this is WSL.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone(), found: OnceCell::new() }
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(|| {
            let (mut commands, mut refused) = (Vec::new(), None);
            for command in listed(&self.environment) {
                match command.program() {
                    "none" => refused = Some("$BROWSER says `none`"),
                    _ if command.is_in_the_terminal() => refused = Some("the browser in $BROWSER draws in the terminal"),
                    _ => commands.push(command),
                }
            }
            if commands.is_empty() && refused.is_none() && cfg!(target_os = "linux") && self.environment.in_wsl() {
                commands.extend(windows_opener(&self.environment));
            }
            Found { commands, refused }
        })
    }

    /// The commands of `BROWSER`, or what opens Windows' own browser under WSL; they are tried in turn.
    #[must_use]
    pub fn commands(&self) -> &[BrowserCommand] {
        &self.found().commands
    }

    /// Why nothing is opened, where `BROWSER` says so.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        self.found().refused
    }

    /// Whether the desktop's default is opened where there is no command.
    #[must_use]
    pub fn has_display(&self) -> bool {
        let on_desktop = cfg!(any(windows, target_os = "macos")) || self.environment.has_display();
        on_desktop && !self.environment.has("SSH_CONNECTION")
    }
}

/// The commands in `BROWSER`.
fn listed(environment: &Environment) -> impl Iterator<Item = BrowserCommand> {
    environment.get("BROWSER").unwrap_or_default().split(if cfg!(windows) { ';' } else { ':' }).filter_map(BrowserCommand::parse)
}

/// What opens an address in Windows' own browser, from WSL. An address is a single word there too, which it would not be to `cmd.exe`.
fn windows_opener(environment: &Environment) -> Option<BrowserCommand> {
    let found = |name: &str| Some(environment.find_program(name)?.to_str()?.to_owned());
    let words = found("wslview").map(|program| vec![program]);
    let words = words.or_else(|| found("rundll32.exe").map(|program| vec![program, "url.dll,FileProtocolHandler".to_owned()]));
    words.map(BrowserCommand)
}

impl Browser for SystemBrowser {
    fn open(&self, url: &Url) -> Result<Launch> {
        require_web(url)?;
        if !self.commands().is_empty() {
            return self
                .commands()
                .iter()
                .find_map(|command| command.spawn(url).ok())
                .ok_or_else(|| Error::failed("no command in $BROWSER can be started"));
        }
        if let Some(why) = self.why_not() {
            return Err(Error::failed(why));
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

    fn why_not(&self) -> Option<&'static str> {
        let has_none = self.commands().is_empty() && !self.has_display();
        self.refused().filter(|_| self.commands().is_empty()).or(has_none.then_some("there is no display here"))
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

    /// The program that it starts.
    #[must_use]
    pub fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Whether it draws in the terminal, whose keyboard no browser gets here.
    #[must_use]
    pub fn is_in_the_terminal(&self) -> bool {
        known::is_in_the_terminal(self.program())
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

    #[test]
    fn what_is_said_by_browser_is_obeyed() {
        let refused = |value: &str| {
            SystemBrowser::new(&Environment::from_pairs([("BROWSER", value), ("DISPLAY", ":0")]))
                .open(&Url::parse("http://127.0.0.1:1/").expect("a URL"))
        };
        for (value, why) in [("none", "$BROWSER says `none`"), ("/usr/bin/w3m -M", "the browser in $BROWSER draws in the terminal")] {
            assert_eq!(refused(value).expect_err("refused").sentence(), why);
        }
        assert!(refused(if cfg!(windows) { "w3m;cmd /c exit" } else { "w3m:true" }).is_ok(), "the next one is taken");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn under_wsl_the_browser_is_windows_own() {
        use std::fs;
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let words = |pairs: &[(&str, &str)]| {
            let path = dir.path().to_str().expect("text");
            let pairs = [("PATH", path), ("WSL_DISTRO_NAME", "Debian")].into_iter().chain(pairs.iter().copied());
            let browser = SystemBrowser::new(&Environment::from_pairs(pairs));
            browser.commands().iter().map(|command| command.0.join(" ").replace(path, "")).collect::<Vec<_>>()
        };
        let make = |name: &str| {
            fs::write(dir.path().join(name), "").expect("written");
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o755)).expect("set");
        };
        assert!(words(&[]).is_empty());
        make("rundll32.exe");
        assert_eq!(words(&[]), ["/rundll32.exe url.dll,FileProtocolHandler"]);
        make("wslview");
        assert_eq!(words(&[]), ["/wslview"]);
        assert_eq!(words(&[("BROWSER", "firefox")]), ["firefox"]);
    }
}
