//! What one check has found.

use serde_json::{Value, json};

use crate::error::Error;
use crate::terminal::Line;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As a login needs it.
    Ok,
    /// A login may work, or what comes after it may not.
    Warning,
    /// A login fails here.
    Failed,
    /// What it needs has failed before it.
    Skipped,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One line of the page. Its text may come from outside.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) detail: String,
    /// What to do.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, detail: detail.into(), advice: None }
    }

    pub(super) fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Warning, detail: detail.into(), advice: Some(advice.into()) }
    }

    pub(super) fn failed(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Failed, detail: detail.into(), advice: Some(advice.into()) }
    }

    pub(super) fn skipped(name: &'static str, because: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Skipped, detail: because.into(), advice: None }
    }

    /// A failure in the words of its error, with this advice where the error has none.
    pub(super) fn failed_by(name: &'static str, error: &Error, advice: &str) -> Self {
        Self::failed(name, error.sentence(), error.hint_text().unwrap_or(advice))
    }

    /// The line, and one with what to do where there is something.
    pub(super) fn lines(&self) -> Vec<Line> {
        let word = format!("{:<7}", self.outcome.word());
        let line = Line::new().plain("  ");
        let line = match self.outcome {
            Outcome::Ok => line.good(word),
            Outcome::Warning => line.caution(word),
            Outcome::Failed => line.bad(word),
            Outcome::Skipped => line.dim(word),
        };
        let line = line.plain("  ").dim(format!("{:<13}", self.name)).plain("  ").plain(&self.detail);
        let advice = self.advice.as_ref().map(|advice| Line::new().plain(" ".repeat(11)).strong("do: ").plain(advice));
        std::iter::once(line).chain(advice).collect()
    }

    pub(super) fn member(&self, group: &str) -> Value {
        json!({ "group": group, "name": self.name, "outcome": self.outcome.word(), "detail": self.detail, "advice": self.advice })
    }
}
