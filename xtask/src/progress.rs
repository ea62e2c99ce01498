//! Tells a person how long a step has been going on: a line that counts on a terminal, a plain line now and then elsewhere (a log).
//! Owns the clock of a step and its lines on stderr; the steps themselves are the callers'.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often a log hears that a step still goes on.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// One step that may take long enough for somebody to wonder.
#[derive(Debug)]
pub(crate) struct Step {
    what: String,
    started: Instant,
    said: Instant,
    terminal: bool,
}

impl Step {
    /// `what` reads as something going on: "Starting Keycloak".
    pub(crate) fn begin(what: impl Into<String>) -> Self {
        let now = Instant::now();
        let step = Self { what: what.into(), started: now, said: now, terminal: stderr().is_terminal() };
        if step.terminal {
            step.rewrite("...");
        } else {
            say(&format!("{} ...", step.what));
        }
        step
    }

    /// To be called again and again while waiting.
    pub(crate) fn tick(&mut self) {
        let every = if self.terminal { Duration::from_secs(1) } else { LOG_EVERY };
        if self.said.elapsed() < every {
            return;
        }
        self.said = Instant::now();
        let seconds = self.started.elapsed().as_secs();
        if self.terminal {
            self.rewrite(&format!("... {seconds} s"));
        } else {
            say(&format!("{} ... {seconds} s", self.what));
        }
    }

    /// Says that it is over, and how long it took.
    pub(crate) fn done(self, how: &str) {
        let line = format!("{}: {how} ({})", self.what, seconds(self.started.elapsed()));
        say(&if self.terminal { format!("\r\x1b[K{line}") } else { line });
    }

    fn rewrite(&self, rest: &str) {
        let mut err = stderr().lock();
        let _ = write!(err, "\r\x1b[K{} {rest}", self.what).and_then(|()| err.flush());
    }
}

/// One line on stderr. A closed stderr is nobody's reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stderr().lock(), "{line}");
}

/// A duration as a person reads it.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        s @ 10..=119 => format!("{s} s"),
        s => format!("{} min {} s", s / 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_exact_as_they_are_interesting() {
        let shown = [420, 9_900, 61_700, 185_000].map(|ms| seconds(Duration::from_millis(ms)));
        assert_eq!(shown, ["0.4 s", "9.9 s", "61 s", "3 min 5 s"]);
    }
}
