//! `kclogin git-credential`: the access token for git, and the commands that make git ask for it. What git says and is answered is `issued`'s.

use crate::error::{Error, Result};
use crate::issued::{Ask, GitRequest, Source, is_on_this_machine, renewed, require_username, word};
use crate::secret::Secret;
use crate::terminal::Terminal;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// Which token.
    pub ask: Ask,
    /// The user name beside it, where one was chosen.
    pub username: Option<String>,
}

/// Gives git a token.
///
/// # Errors
/// As [`Source::issue`]; the token or the name can't be given to git; or stdout can't be written to.
pub fn get(input: &Input, request: &GitRequest, source: &dyn Source, terminal: &Terminal) -> Result<()> {
    if let Some(username) = &input.username {
        require_username(username)?;
    }
    let answer = request.answer(&source.issue(&input.ask)?.for_bearer()?, input.username.as_deref())?;
    terminal.result_verbatim(answer.expose())
}

/// Tells git to ask nobody else.
///
/// A site is allowed here because kclogin's token opens it, and `error` says why there is none. Git would go on to ask for a user name and a
/// password, which is no answer to "sign in" or "the provider can't be reached", and holds up a script that has a terminal. So it is told to stop.
///
/// # Errors
/// It is `error`.
pub fn quit(error: Error, terminal: &Terminal) -> Error {
    // Where git does not read this any more, it has stopped already.
    let _ = terminal.result_verbatim("quit=1\n");
    error
}

/// Renews the token that a site has refused, so that git's next try has another one.
///
/// # Errors
/// As [`Source::issue`].
pub fn erase(ask: &Ask, request: &GitRequest, source: &dyn Source, terminal: &Terminal) -> Result<()> {
    if !request.names_what_was_refused() {
        return Ok(());
    }
    let refuses = |token: &Secret<String>| {
        let is_current = request.refuses(token);
        if is_current {
            terminal.trace("the token was refused although it is still valid, so it is renewed");
        }
        is_current
    };
    renewed(source, ask, refuses).map(drop)
}

/// Says what is understood of the protocol.
///
/// # Errors
/// stdout can't be written to.
pub fn capability(terminal: &Terminal) -> Result<()> {
    terminal.result_verbatim("version 0\ncapability authtype\n")
}

/// Prints the commands that make git ask kclogin about a site, with these options.
///
/// # Errors
/// stdout can't be written to.
pub fn setup(site: &str, profile: &str, username: Option<&str>, options: &[String], terminal: &Terminal) -> Result<()> {
    let mut words = vec!["!kclogin git-credential --profile".to_owned(), word(profile)];
    if let Some(username) = username {
        words.extend(["--username".to_owned(), word(username)]);
    }
    words.extend(options.iter().map(|option| word(option)));
    let scheme = if is_on_this_machine(site) { "http" } else { "https" };
    let name = word(&format!("credential.{scheme}://{site}.helper"));
    // The empty one comes first: it clears the helpers before it, which would keep a token of minutes and hand it out for ever.
    terminal.result_verbatim(&format!("git config --global --replace-all {name} ''\ngit config --global --add {name} {}\n", word(&words.join(" "))))
}
