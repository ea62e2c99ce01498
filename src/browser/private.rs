//! A private window, in which nobody is signed in yet: by the switch of the browser that is meant.

use std::io;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::{BrowserCommand, known, listed};
use crate::environment::Environment;
use crate::error::{Error, Result};

/// How long the desktop is asked which browser is its default one.
const DESKTOP_TIME: Duration = Duration::from_secs(3);

/// The command that opens a private window: of the one that is named or, where none is, of `$BROWSER` or the desktop's default browser.
///
/// # Errors
/// It is not known how that browser opens one, or which it is.
pub fn private_window(named: Option<BrowserCommand>, environment: &Environment) -> Result<BrowserCommand> {
    let advice = "name one with its switch, such as `--browser 'firefox --private-window %s'`";
    let command = named.or_else(|| listed(environment).next()).or_else(default_command);
    let BrowserCommand(mut words) = command.ok_or_else(|| Error::usage("it is not known which browser is to open a private window").hint(advice))?;
    let switch = known::private_switch(&words)
        .ok_or_else(|| Error::usage(format!("it is not known how `{}` opens a private window", words.join(" "))).hint(advice))?;
    if !words.iter().any(|word| word == switch) {
        let at = words.iter().position(|word| word.contains("%s")).unwrap_or(words.len());
        words.insert(at, switch.to_owned());
    }
    Ok(BrowserCommand(words))
}

/// The desktop's default browser, where the desktop says.
fn default_command() -> Option<BrowserCommand> {
    if cfg!(any(windows, target_os = "macos")) {
        return None;
    }
    let mut command = Command::new("xdg-settings");
    command.args(["get", "default-web-browser"]).env_remove("KCLOGIN_CLIENT_SECRET").stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let mut stdout = child.stdout.take()?;
    let (sender, answer) = channel();
    // It asks the desktop, which may not answer.
    thread::spawn(move || sender.send(io::read_to_string(&mut stdout)));
    let said = answer.recv_timeout(DESKTOP_TIME);
    let _ = child.kill();
    let _ = child.wait();
    known::command_of_desktop_file(&said.ok()?.ok()?).map(BrowserCommand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_window_is_asked_for_right_before_the_address() {
        let of = |named: &str, environment: &[(&str, &str)]| {
            private_window(BrowserCommand::parse(named), &Environment::from_pairs(environment.iter().copied())).map(|command| command.0.join(" "))
        };
        for (named, expected) in [
            ("firefox -P work", "firefox -P work --private-window"),
            ("/opt/chrome %s --new-window", "/opt/chrome --incognito %s --new-window"),
            ("firefox --private-window %s", "firefox --private-window %s"),
            ("flatpak run com.microsoft.Edge", "flatpak run com.microsoft.Edge --inprivate"),
        ] {
            assert_eq!(of(named, &[("BROWSER", "opera")]).as_deref(), Ok(expected));
        }
        let several = if cfg!(windows) { "opera;firefox" } else { "opera:firefox" };
        assert_eq!(of("", &[("BROWSER", several)]).as_deref(), Ok("opera --private"));
        let error = of("xdg-open", &[]).expect_err("unknown");
        assert_eq!(error.sentence(), "it is not known how `xdg-open` opens a private window");
    }
}
