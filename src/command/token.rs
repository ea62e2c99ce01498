//! `kclogin token`: a token that is valid now, on stdout and nothing else. It opens no browser.

use crate::clock::Clock;
use crate::derived::is_valid_for;
use crate::error::Result;
use crate::issued::{Ask, ExecInfo, Shell, Source, assignment, exec_credential, require_variable_name};
use crate::terminal::Terminal;

/// How the token is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// The token and a newline.
    Raw,
    /// An object with the token and what is known of it.
    Json,
    /// `Authorization: Bearer ...`, for `curl -H @-`.
    Header,
    /// A command that sets this variable, for a shell to evaluate.
    Env(Shell, String),
    /// What a Kubernetes credential plug-in answers.
    ExecCredential(ExecInfo),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// How it is written.
    pub format: Format,
    /// Which token.
    pub ask: Ask,
}

/// Prints a token.
///
/// # Errors
/// As [`Source::issue`]; the variable's name can't be one; or stdout can't be written to.
pub fn token(input: &Input, source: &dyn Source, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    if let Format::Env(_, variable) = &input.format {
        require_variable_name(variable)?;
    }
    let issued = source.issue(&input.ask)?;
    let (now, need) = (clock.now(), input.ask.need);
    if !is_valid_for(issued.expiry, now, need.min_validity) {
        let (has, wanted) = (issued.expiry.map_or(0, |expiry| expiry.seconds_from(now)), need.min_validity.as_secs());
        terminal.warning(format!("the provider's newest {} is valid for {has} s only, less than the {wanted} s asked for", need.kind));
    }
    match &input.format {
        Format::Raw => terminal.result_verbatim(&format!("{}\n", issued.token.expose())),
        Format::Header => terminal.result_verbatim(&format!("{}\n", issued.to_header())),
        Format::Json => terminal.result_json(&issued.to_json(now)),
        Format::Env(shell, variable) => terminal.result_verbatim(&format!("{}\n", assignment(*shell, variable, issued.token.expose()))),
        Format::ExecCredential(info) => terminal.result_json(&exec_credential(info, &issued)),
    }
}
