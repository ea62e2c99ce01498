//! Running another program in kclogin's place. On Unix kclogin becomes it, so that signals, the terminal, job control and the exit code are the
//! program's own and no process stands between; elsewhere it waits for it.

use std::ffi::OsString;
use std::io::{self, ErrorKind as IoErrorKind};
use std::process::Command;

use crate::error::{Error, ErrorKind, Result};
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
    /// Runs a program in our place, on our terminal, and gives its exit code. Where kclogin becomes the program this does not return.
    ///
    /// # Errors
    /// [`ErrorKind::CommandNotFound`], or [`ErrorKind::CommandNotStarted`].
    fn run(&self, program: &Program) -> Result<u8>;
}

/// The programs of this machine.
#[derive(Debug)]
pub struct SystemPrograms;

impl Programs for SystemPrograms {
    fn run(&self, program: &Program) -> Result<u8> {
        let mut command = Command::new(&program.name);
        command.args(&program.arguments).envs(program.variables.iter().map(|(name, value)| (name, value.expose())));
        #[cfg(unix)]
        {
            Err(not_started(program, &std::os::unix::process::CommandExt::exec(&mut command)))
        }
        #[cfg(not(unix))]
        {
            let status = command.status().map_err(|error| not_started(program, &error))?;
            // A process here ends with 32 bits of which ours passes on 8: what doesn't fit is a failure all the same.
            Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
        }
    }
}

fn not_started(program: &Program, error: &io::Error) -> Error {
    let name = program.name.display();
    match error.kind() {
        IoErrorKind::NotFound => Error::new(ErrorKind::CommandNotFound, format!("there is no command `{name}`")),
        _ => Error::new(ErrorKind::CommandNotStarted, format!("the command `{name}` can't be started: {error}")),
    }
}
