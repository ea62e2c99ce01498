//! `kclogin exec`: a command that runs with an access token in its environment. The token is in no argument and in no file.

use std::ffi::OsString;

use crate::error::{Error, Result};
use crate::issued::{Ask, Source};
use crate::program::{Program, Programs};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// The command's name or path, and its arguments.
    pub command: Vec<OsString>,
    /// The variables that hold the token.
    pub variables: Vec<String>,
    /// Which token.
    pub ask: Ask,
}

/// Runs the command in our place, and gives its exit code where kclogin waits for it.
///
/// # Errors
/// As [`Source::issue`] and [`Programs::run`]; or a variable's name can't be one.
pub fn exec(input: &Input, source: &dyn Source, programs: &dyn Programs) -> Result<u8> {
    let Some((name, arguments)) = input.command.split_first() else { return Err(Error::usage("there is no command to run")) };
    if let Some(bad) = input.variables.iter().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(Error::usage(format!("`{bad}` can't be the name of an environment variable")));
    }
    let token = source.issue(&input.ask)?.token;
    let variables = input.variables.iter().map(|name| (name.clone(), token.clone())).collect();
    programs.run(&Program { name: name.clone(), arguments: arguments.to_vec(), variables })
}
