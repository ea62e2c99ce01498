//! `kclogin curl`: a request with the access token, made by curl. The token reaches it through a pipe: it is in no argument, no variable and no file.
//!
//! A site may refuse a token that is still valid: its session was ended, or the roles in it are no longer enough. Then the token is renewed once and, where
//! that does no harm, the request made once more.

use std::ffi::OsString;

use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::issued::{Answers, Ask, CurlRequest, Issued, Said, Source, curl_config, renewed};
use crate::program::{Conversation, Paths, Program, Programs, Verdict};
use crate::secret::Redacting;
use crate::terminal::{Line, Terminal};

/// What curl exits with where the protocol is one that it may not use.
const PROTOCOL_REFUSED: u8 = 1;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// curl's arguments.
    pub arguments: Vec<OsString>,
    /// Which token.
    pub ask: Ask,
}

/// Runs curl and says how it ended.
///
/// # Errors
/// As [`Source::issue`], [`Issued::for_bearer`] and [`Programs::converse`]; or the arguments are for several requests, of which only the first would have the token.
pub fn curl(input: &Input, source: &dyn Source, programs: &dyn Programs, terminal: &Terminal) -> Result<Exit> {
    let request = CurlRequest::read(&input.arguments);
    if request.begins_another() {
        return Err(Error::usage("what comes after curl's `--next` would have no token").hint("run `kclogin curl` once for each request"));
    }
    let call = Call { request: &request, arguments: &input.arguments, programs, terminal };
    let first = source.issue(&input.ask)?.for_bearer()?;
    let renew = || renewed(source, &input.ask, |token| *token == first.token);
    let why_once = request.why_once();
    // On a terminal a person sees both answers, and curl sees that it writes to one.
    let holds = why_once.is_none() && !terminal.output_is_terminal();
    let (mut answers, mut said, mut renewal) = (Answers::new(request.follows()), Said::Nothing, None);
    let exit = call.make(&first, holds, &mut |piece| {
        said = answers.hear(piece);
        match said {
            Said::Nothing => None,
            Said::Refused if holds && renewal.is_none() => match renewal.insert(renew()) {
                Ok(_) => Some(Verdict::Drop),
                Err(_) => Some(Verdict::Pass),
            },
            _ => Some(Verdict::Pass),
        }
    })?;
    if said != Said::Refused || matches!(exit, Exit::Signalled(_)) {
        return Ok(exit);
    }
    let next = match renewal.unwrap_or_else(renew) {
        Ok(next) => next,
        Err(error) => {
            let hint = error.hint_text().map_or_else(String::new, |hint| format!("; {hint}"));
            terminal.warning(format!("the token was refused and could not be renewed: {}{hint}", error.sentence()));
            return Ok(exit);
        }
    };
    if let Some(why) = why_once {
        terminal.status(format!("The token was refused and has been renewed. The request is not repeated, since {why}: run it again."));
        return Ok(exit);
    }
    terminal.status("The token was refused and has been renewed; the request is repeated.");
    call.make(&next, false, &mut |_| None)
}

/// A call of curl.
struct Call<'a> {
    request: &'a CurlRequest,
    arguments: &'a [OsString],
    programs: &'a dyn Programs,
    terminal: &'a Terminal,
}

impl Call<'_> {
    fn make(&self, issued: &Issued, holds: bool, hear: &mut dyn FnMut(&[u8]) -> Option<Verdict>) -> Result<Exit> {
        let told = curl_config(issued, self.request)?;
        let redacted = || Redacting::new(self.terminal.relay_to_stderr(), issued.token.clone());
        let conversation = Conversation {
            program: &|paths| self.program(paths),
            told: &told,
            hear,
            stdout: holds.then(|| self.terminal.relay_to_stdout()),
            stderr: self.request.shows_what_is_sent().then(|| Box::new(redacted()) as _),
        };
        let exit = self.programs.converse(conversation).map_err(|error| match error.kind() {
            ErrorKind::CommandNotFound => error.hint("install curl"),
            _ => error,
        })?;
        if exit == Exit::Command(PROTOCOL_REFUSED) && self.request.is_in_the_clear() && !self.request.is_to_this_machine() {
            self.terminal.prompt(Line::new().strong("hint:").plain(" use https: over plain http the token goes to this machine only"));
        }
        Ok(exit)
    }

    fn program(&self, paths: &Paths) -> Program {
        // Only as the very first argument it keeps curl from reading the person's configuration.
        let is_alone = |first: &OsString| first == "--disable" || first.to_string_lossy().starts_with("-q");
        let (first, rest) = self.arguments.split_at(usize::from(self.arguments.first().is_some_and(is_alone)));
        let mut arguments = first.to_vec();
        arguments.extend(["--config".into(), paths.told.clone().into()]);
        arguments.extend(paths.heard.iter().flat_map(|path| ["--dump-header".into(), path.into()]));
        arguments.extend_from_slice(rest);
        Program { name: "curl".into(), arguments, variables: Vec::new() }
    }
}
