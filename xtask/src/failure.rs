//! How a task fails: one sentence that says what happened and, where there is something to be done about it, one that says what.
//! Owns the type and the way to make it from other errors; printing it is left to `main`.

use std::fmt;

/// Why a task did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    said: String,
    hint: Option<String>,
}

/// What a task gives: a value, or the reason why not.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// One sentence without a full stop.
    pub(crate) fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), hint: None }
    }

    /// The sentence, without the hint.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.said)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Puts what was being done in front of an error that only says what went wrong.
pub(crate) trait Context<T> {
    /// `what` reads as the start of a sentence: "writing the state file".
    fn context(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{what}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_sentence_and_a_hint() {
        let failure = Failure::new("Java was not found").hint("install a Java of version 17 or newer");
        assert_eq!(failure.to_string(), "error: Java was not found\nhint: install a Java of version 17 or newer");
    }

    #[test]
    fn context_says_what_was_being_done() {
        let failure = Err::<(), _>("disk full").context("writing the state file").unwrap_err();
        assert_eq!(failure.to_string(), "error: writing the state file: disk full");
    }
}
