//! The two streams: the only file that prints. Text from outside is made harmless here, by `text`.
//!
//! stdout is the product, stderr is courtesy. Colour is decided for each stream by itself, since `TOKEN=$(kclogin token)` leaves stderr a terminal
//! and `2>log` leaves stdout one. What to say is left to the commands.

mod line;
mod qr;

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::text::{escape_json, neutralise};

pub use line::Line;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourPolicy {
    /// Where the stream is a terminal and the environment does not object.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much to say on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings and errors.
    Quiet,
    /// And what happens.
    #[default]
    Normal,
    /// And what is sent where.
    Verbose,
}

struct Stream {
    writer: Box<dyn Write + Send>,
    is_terminal: bool,
    colour: bool,
    /// Whether a line can be taken back: not on a terminal that knows no escape sequences.
    can_rewrite: bool,
    /// How wide it is, in characters, where block characters can be drawn on it; else 0.
    drawable: usize,
    /// A line that is being rewritten in place, and has no line break yet.
    open_line: bool,
}

impl Stream {
    fn close_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.open_line) {
            self.writer.write_all(b"\r\x1b[2K")?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        self.close_line()?;
        writeln!(self.writer, "{}", line.render(self.colour))?;
        self.writer.flush()
    }
}

/// stdout and stderr, with what the person asked of them. A clone prints to the same streams.
#[derive(Clone)]
pub struct Terminal {
    out: Arc<Mutex<Stream>>,
    err: Arc<Mutex<Stream>>,
    verbosity: Verbosity,
}

impl Terminal {
    /// The process's own streams.
    #[must_use]
    pub fn of_process() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_tty, err_tty) = (out.is_terminal(), err.is_terminal());
        Self::new((Box::new(out), out_tty), (Box::new(err), err_tty))
    }

    /// Two streams, each with whether it is a terminal.
    #[must_use]
    pub fn new(out: (Box<dyn Write + Send>, bool), err: (Box<dyn Write + Send>, bool)) -> Self {
        let stream = |(writer, is_terminal)| {
            Arc::new(Mutex::new(Stream { writer, is_terminal, colour: false, can_rewrite: false, drawable: 0, open_line: false }))
        };
        Self { out: stream(out), err: stream(err), verbosity: Verbosity::Normal }
    }

    /// Applies what the command line and the environment ask for: `NO_COLOR` and `CLICOLOR=0` switch colour off, `CLICOLOR_FORCE` on.
    pub fn configure(&mut self, colour: ColourPolicy, verbosity: Verbosity, environment: &Environment) {
        self.verbosity = verbosity;
        for mut stream in [self.out(), self.err()] {
            stream.can_rewrite = stream.is_terminal && environment.get("TERM") != Some("dumb");
            stream.colour = match colour {
                ColourPolicy::Always => true,
                ColourPolicy::Never => false,
                ColourPolicy::Auto if environment.has("NO_COLOR") => false,
                ColourPolicy::Auto if environment.get("CLICOLOR_FORCE").is_some_and(|force| force != "0") => true,
                ColourPolicy::Auto if environment.get("CLICOLOR") == Some("0") => false,
                ColourPolicy::Auto => stream.can_rewrite,
            };
        }
        self.measure(environment);
    }

    /// How wide a drawing on stderr may be: nothing where it is no terminal, or one that knows no block characters or not its own width.
    fn measure(&self, environment: &Environment) {
        let mut err = self.err();
        let said = environment.get("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = || said.or_else(|| terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0.into()));
        err.drawable = if err.can_rewrite && environment.has_utf8() { width().unwrap_or(0) } else { 0 };
    }

    fn out(&self) -> MutexGuard<'_, Stream> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn err(&self) -> MutexGuard<'_, Stream> {
        self.err.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether [`progress`](Self::progress) is seen.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        self.err().can_rewrite && self.verbosity > Verbosity::Quiet
    }

    /// Prints a line of what was asked for.
    ///
    /// # Errors
    /// stdout can't be written to. A reader that went away is not an error: it has what it wanted.
    pub fn result(&self, line: impl Into<Line>) -> Result<()> {
        to_result(self.out().line(&line.into()))
    }

    /// Prints text that is already known to be harmless (a checked token, our own help) exactly as it is.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub fn result_verbatim(&self, text: &str) -> Result<()> {
        let mut out = self.out();
        to_result(out.writer.write_all(text.as_bytes()).and_then(|()| out.writer.flush()))
    }

    /// Prints a JSON document from outside. To anything but a terminal it goes byte for byte; on a terminal, characters that could act on it are
    /// written as the JSON escapes that mean the same.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub fn result_json(&self, document: &str) -> Result<()> {
        let mut text = if self.out().is_terminal { escape_json(document) } else { document.to_owned() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.result_verbatim(&text)
    }

    /// Where another program's output goes on to stdout, byte for byte.
    #[must_use]
    pub fn relay_to_stdout(&self) -> Box<dyn Write + Send> {
        Box::new(Relay(self.out.clone()))
    }

    /// Where another program's words go on to stderr, byte for byte.
    #[must_use]
    pub fn relay_to_stderr(&self) -> Box<dyn Write + Send> {
        Box::new(Relay(self.err.clone()))
    }

    /// Of stdout and stderr, whether each is a terminal and has colour.
    #[must_use]
    pub fn streams(&self) -> [(bool, bool); 2] {
        [self.out(), self.err()].map(|stream| (stream.is_terminal, stream.colour))
    }

    /// How wide stderr is, in characters, where it is a terminal that can be drawn on.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        Some(self.err().drawable).filter(|columns| *columns > 0)
    }

    /// Whether what was asked for is read by a person.
    #[must_use]
    pub fn output_is_terminal(&self) -> bool {
        self.out().is_terminal
    }

    /// Whether a help text for stdout may carry colour.
    #[must_use]
    pub fn has_coloured_output(&self) -> bool {
        self.out().colour
    }

    /// Says what happens, unless the person asked for quiet.
    pub fn status(&self, line: impl Into<Line>) {
        if self.verbosity > Verbosity::Quiet {
            self.courtesy(&line.into());
        }
    }

    /// Says what the person has to know to go on, however quiet they asked it to be.
    pub fn prompt(&self, line: impl Into<Line>) {
        self.courtesy(&line.into());
    }

    /// Draws a QR code for a text that is also said in words, and says whether it did: not where it would not be seen as one, nor where the person asked
    /// for quiet.
    #[must_use]
    pub fn qr_code(&self, text: &str) -> bool {
        let draw = |err: MutexGuard<'_, Stream>| qr::draw(text, err.colour, err.drawable);
        let rows = if self.verbosity > Verbosity::Quiet { draw(self.err()) } else { None };
        rows.into_iter().flatten().map(|row| self.courtesy(&Line::new().modules(row))).count() > 0
    }

    /// Whether a person may be reading what is said on stderr.
    #[must_use]
    pub fn has_reader(&self) -> bool {
        self.err().is_terminal
    }

    /// Says what deserves attention though the command goes on.
    pub fn warning(&self, text: impl Into<String>) {
        self.courtesy(&Line::new().caution("warning:").plain(" ").plain(text));
    }

    /// Says what is sent where, if the person asked for it.
    pub fn trace(&self, text: impl Into<String>) {
        if self.verbosity == Verbosity::Verbose {
            self.courtesy(&Line::new().dim(text));
        }
    }

    /// Says what went wrong: the sentence, then the hint on a line of its own, then for `--verbose` the detail.
    pub fn error(&self, error: &Error) {
        self.courtesy(&Line::new().bad("error:").plain(" ").plain(error.sentence()));
        if let Some(hint) = error.hint_text() {
            self.courtesy(&Line::new().strong("hint:").plain(" ").plain(hint));
        }
        if let Some(detail) = error.detail_text() {
            self.trace(format!("detail: {detail}"));
        }
    }

    /// Prints our own text of several lines to stderr, such as the usage.
    pub fn message(&self, text: &str) {
        let mut err = self.err();
        let neutral: Vec<_> = text.trim_end().lines().map(neutralise).collect();
        let _ = err.close_line().and_then(|()| writeln!(err.writer, "{}", neutral.join("\n")));
    }

    /// Shows how a wait is going: on a terminal in a line that is rewritten, elsewhere not at all.
    pub fn progress(&self, line: impl Into<Line>) {
        if self.shows_progress() {
            let mut err = self.err();
            let text = line.into().render(err.colour);
            err.open_line = true;
            let _ = write!(err.writer, "\r\x1b[2K{text}").and_then(|()| err.writer.flush());
        }
    }

    /// Removes the line of [`progress`](Self::progress), so that nothing half-written stays behind.
    pub fn clear_progress(&self) {
        let mut err = self.err();
        let _ = err.close_line().and_then(|()| err.writer.flush());
    }

    fn courtesy(&self, line: &Line) {
        // There is nowhere left to say that stderr can't be written to.
        let _ = self.err().line(line);
    }
}

/// A stream, for what another program writes to it.
struct Relay(Arc<Mutex<Stream>>);

impl Write for Relay {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writer.flush()
    }
}

/// Leaves the line of a wait that is being interrupted, whoever holds the streams: the next prompt starts on a line of its own.
pub fn leave_progress() {
    let mut err = io::stderr();
    if err.is_terminal() {
        let _ = err.write_all(b"\n");
    }
}

fn to_result(outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Error::failed(format!("the result could not be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_decided_for_each_stream() {
        let decide = |policy, pairs: &[(&str, &str)], out, err| {
            let mut terminal = Terminal::new((Box::new(io::sink()), out), (Box::new(io::sink()), err));
            terminal.configure(policy, Verbosity::Normal, &Environment::from_pairs(pairs.iter().copied()));
            (terminal.out().colour, terminal.err().colour)
        };
        assert_eq!(decide(ColourPolicy::Auto, &[], false, true), (false, true));
        assert_eq!(decide(ColourPolicy::Auto, &[], true, false), (true, false));
        assert_eq!(decide(ColourPolicy::Auto, &[("NO_COLOR", "1")], true, true), (false, false));
        assert_eq!(decide(ColourPolicy::Auto, &[("CLICOLOR", "0")], true, true), (false, false));
        assert_eq!(decide(ColourPolicy::Auto, &[("CLICOLOR_FORCE", "1")], false, false), (true, true));
        assert_eq!(decide(ColourPolicy::Auto, &[("TERM", "dumb")], true, true), (false, false));
        assert_eq!(decide(ColourPolicy::Always, &[("NO_COLOR", "1")], false, false), (true, true));
        assert_eq!(decide(ColourPolicy::Never, &[("CLICOLOR_FORCE", "1")], true, true), (false, false));
    }
}
