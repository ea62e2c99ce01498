//! Running another program: in kclogin's place or, where something has to be done while it runs or after it, beside it.
//!
//! On Unix kclogin becomes the program where it can, so that signals, the terminal, job control and the exit code are the program's own and no process
//! stands between. Where it has to stay, `attend` makes that as little different as can be. Elsewhere it waits for the program in both cases.

#[cfg_attr(unix, path = "attend.rs")]
#[cfg_attr(not(unix), path = "wait.rs")]
mod attend;
#[cfg_attr(unix, path = "converse.rs")]
#[cfg_attr(not(unix), path = "tell.rs")]
mod converse;

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind as IoErrorKind, Write};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::secret::Secret;

/// A program with its arguments, and what its environment has beside kclogin's own.
#[derive(Debug)]
pub struct Program {
    /// Its name or path.
    pub name: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables that are set for it alone.
    pub variables: Vec<(String, Secret<String>)>,
}

/// Where a program that is conversed with finds us.
#[derive(Clone, Debug)]
pub struct Paths {
    /// It can read there, once, what it is told.
    pub told: String,
    /// What it writes there is heard; nothing where the system has no way for that.
    pub heard: Option<String>,
}

/// What becomes of the output that a program is held back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed on.
    Pass,
    /// It is dropped.
    Drop,
}

/// Where the output of a program is passed on to.
pub type Relay = Box<dyn Write + Send>;

/// A program that is told a secret, and what is done with what it says.
pub struct Conversation<'a> {
    /// The program, which is to know these paths by its arguments.
    pub program: &'a dyn Fn(&Paths) -> Program,
    /// What it is told.
    pub told: &'a Secret<String>,
    /// Called with what is heard, piece by piece; says, once that is known, what is to become of stdout.
    pub hear: &'a mut dyn FnMut(&[u8]) -> Option<Verdict>,
    /// Where stdout goes that is held back until then; nothing where it is the program's own. The end of the program decides for [`Verdict::Pass`].
    pub stdout: Option<Relay>,
    /// Where stderr is passed on to; nothing where it is the program's own.
    pub stderr: Option<Relay>,
}

/// What runs programs.
pub trait Programs {
    /// Runs a program in our place, on our terminal, and says how it ended. Where kclogin becomes the program this does not return.
    ///
    /// # Errors
    /// [`ErrorKind::CommandNotFound`], or [`ErrorKind::CommandNotStarted`].
    fn run(&self, program: &Program) -> Result<Exit>;

    /// Runs a program on our terminal, waits for its end, and says how it ended. `meanwhile` is called again and again, each time after the pause that
    /// it asked for the last time; where it asked for none, not again.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn attend(&self, program: &Program, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> Result<Exit>;

    /// Runs a program that is told something, waits for its end, and says how it ended. Where it can't be overheard, what is told takes its stdin, and its
    /// stdout is its own.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn converse(&self, conversation: Conversation<'_>) -> Result<Exit>;
}

/// The programs of this machine.
#[derive(Debug)]
pub struct SystemPrograms;

impl Programs for SystemPrograms {
    fn run(&self, program: &Program) -> Result<Exit> {
        #[cfg(unix)]
        {
            Err(not_started(&program.name, &std::os::unix::process::CommandExt::exec(&mut command(program))))
        }
        #[cfg(not(unix))]
        {
            self.attend(program, &mut || None)
        }
    }

    fn attend(&self, program: &Program, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> Result<Exit> {
        attend::attend(&mut command(program), meanwhile).map_err(|error| not_started(&program.name, &error))
    }

    fn converse(&self, conversation: Conversation<'_>) -> Result<Exit> {
        let name = (conversation.program)(&Paths { told: String::new(), heard: None }).name;
        converse::converse(conversation).map_err(|error| not_started(&name, &error))
    }
}

/// Ends the process as the program that was attended to ended, where that was by a signal: a shell stops its loop only if what it waits for ended by
/// Ctrl-C as the program did, and not with the number for it. Otherwise it does nothing.
pub fn end_as(exit: Exit) {
    if let Exit::Signalled(signal) = exit {
        attend::end_by(signal);
    }
}

fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.name);
    command.args(&program.arguments).envs(program.variables.iter().map(|(name, value)| (name, value.expose())));
    command
}

fn not_started(name: &OsStr, error: &io::Error) -> Error {
    let name = name.display();
    match error.kind() {
        IoErrorKind::NotFound => Error::new(ErrorKind::CommandNotFound, format!("there is no command `{name}`")),
        _ => Error::new(ErrorKind::CommandNotStarted, format!("the command `{name}` can't be started: {error}")),
    }
}
