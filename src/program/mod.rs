//! Running another program: in kclogin's place or, where something has to be done while it runs or after it, beside it.
//!
//! On Unix kclogin becomes the program where it can, so that signals, the terminal, job control and the exit code are the program's own and no process
//! stands between. Where it has to stay, `attend` makes that as little different as can be. Elsewhere it waits for the program in both cases.

#[cfg_attr(unix, path = "attend.rs")]
#[cfg_attr(not(unix), path = "wait.rs")]
mod attend;

use std::ffi::OsString;
use std::io::{self, ErrorKind as IoErrorKind};
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
}

/// The programs of this machine.
#[derive(Debug)]
pub struct SystemPrograms;

impl Programs for SystemPrograms {
    fn run(&self, program: &Program) -> Result<Exit> {
        #[cfg(unix)]
        {
            Err(not_started(program, &std::os::unix::process::CommandExt::exec(&mut command(program))))
        }
        #[cfg(not(unix))]
        {
            self.attend(program, &mut || None)
        }
    }

    fn attend(&self, program: &Program, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> Result<Exit> {
        attend::attend(&mut command(program), meanwhile).map_err(|error| not_started(program, &error))
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

fn not_started(program: &Program, error: &io::Error) -> Error {
    let name = program.name.display();
    match error.kind() {
        IoErrorKind::NotFound => Error::new(ErrorKind::CommandNotFound, format!("there is no command `{name}`")),
        _ => Error::new(ErrorKind::CommandNotStarted, format!("the command `{name}` can't be started: {error}")),
    }
}
