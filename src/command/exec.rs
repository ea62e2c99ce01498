//! `kclogin exec`: a command that runs with an access token in its environment, or in a file that is gone afterwards. The token is in no argument.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::issued::{Ask, Issued, Source};
use crate::program::{Program, Programs};
use crate::secret::Secret;
use crate::terminal::Terminal;
use crate::token_file::TokenFile;

/// The variable that holds the token where none is named.
pub const VARIABLE: &str = "KCLOGIN_TOKEN";

/// How long before a file's token is no longer valid for long enough it is renewed.
const MARGIN: Duration = Duration::from_secs(10);
/// The longest pause before the clock is looked at again: a machine that slept wakes up with an old token.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause after a renewal that failed.
const RETRY: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// The command's name or path, and its arguments.
    pub command: Vec<OsString>,
    /// The variables that hold the token.
    pub variables: Vec<String>,
    /// The variables that hold the path of a file with the token.
    pub files: Vec<String>,
    /// Whether the file's token is renewed while the command runs.
    pub refresh: bool,
    /// Which token.
    pub ask: Ask,
}

/// What a run of a command uses.
pub struct Parts<'a> {
    /// What runs it.
    pub programs: &'a dyn Programs,
    /// Where a file for it is made.
    pub runtime_dir: Option<&'a Path>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Where warnings go.
    pub terminal: &'a Terminal,
}

/// Runs the command in our place, or beside us where it has a file, and says how it ended where kclogin waits for it.
///
/// # Errors
/// As [`Source::issue`] and [`Programs::run`]; a variable's name can't be one; or the file can't be made.
pub fn exec(input: &Input, source: &dyn Source, parts: &Parts<'_>) -> Result<Exit> {
    let Some((name, arguments)) = input.command.split_first() else { return Err(Error::usage("there is no command to run")) };
    if let Some(bad) = input.variables.iter().chain(&input.files).find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(Error::usage(format!("`{bad}` can't be the name of an environment variable")));
    }
    let issued = source.issue(&input.ask)?.for_bearer()?;
    let variables = input.variables.iter().map(|name| (name.clone(), issued.token.clone())).collect();
    let mut program = Program { name: name.clone(), arguments: arguments.to_vec(), variables };
    if input.files.is_empty() {
        return parts.programs.run(&program);
    }
    let file = TokenFile::make(parts.runtime_dir, &issued.token)?;
    let path = file.path().to_str().ok_or_else(|| Error::failed(format!("the path {} can't be given to the command", file.path().display())))?;
    program.variables.extend(input.files.iter().map(|name| (name.clone(), Secret::from(path))));
    let mut renewal = Renewal { ask: input.ask.clone(), issued, file: &file, source, parts, warned: None };
    renewal.ask.need.min_validity += MARGIN;
    parts.programs.attend(&program, &mut || input.refresh.then(|| renewal.renew_where_needed()))
}

/// A file whose token is kept fresh.
struct Renewal<'a> {
    ask: Ask,
    issued: Issued,
    file: &'a TokenFile,
    source: &'a dyn Source,
    parts: &'a Parts<'a>,
    /// What was warned of last, so that it is said once.
    warned: Option<String>,
}

impl Renewal<'_> {
    /// Renews the token where it is about to be too old, and gives the pause until it is to be looked at again.
    fn renew_where_needed(&mut self) -> Duration {
        let needed = self.ask.need.min_validity;
        if self.left().is_none_or(|left| left >= needed) {
            return self.pause();
        }
        match self.source.issue(&self.ask).and_then(Issued::for_bearer).and_then(|issued| self.file.write(&issued.token).map(|()| issued)) {
            Ok(issued) => {
                (self.issued, self.warned) = (issued, None);
                self.pause()
            }
            Err(error) => {
                let sentence = format!("the token in the file could not be renewed: {error}");
                if self.warned.as_ref() != Some(&sentence) {
                    self.parts.terminal.warning(&sentence);
                    self.warned = Some(sentence);
                }
                RETRY
            }
        }
    }

    /// For how long the token is still valid; nothing where it has no end.
    fn left(&self) -> Option<Duration> {
        let seconds = self.issued.expiry?.seconds_from(self.parts.clock.now());
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Until it has to be renewed. A token that never lives for as long as is wished is renewed at half of its life, or it would be all the time.
    fn pause(&self) -> Duration {
        let Some(left) = self.left() else { return LONGEST_PAUSE };
        let until = left.checked_sub(self.ask.need.min_validity).map_or(left / 2, |until| until + Duration::from_secs(1));
        until.clamp(Duration::from_secs(1), LONGEST_PAUSE)
    }
}
