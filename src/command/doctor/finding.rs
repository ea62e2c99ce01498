//! What one check has found.

use serde_json::{Value, json};

use crate::error::Error;
use crate::oidc::certificate::Facts;
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

/// Whether none of them has failed.
pub(super) fn is_fine(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.outcome != Outcome::Failed)
}

/// One line of the page. Its text may come from outside.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) detail: String,
    /// What to do.
    pub(super) advice: Option<String>,
    /// What is in the certificate that it is about.
    pub(super) certificate: Option<Facts>,
}

impl Finding {
    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, detail: detail.into(), advice: None, certificate: None }
    }

    pub(super) fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Warning, detail: detail.into(), advice: Some(advice.into()), certificate: None }
    }

    pub(super) fn failed(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Failed, detail: detail.into(), advice: Some(advice.into()), certificate: None }
    }

    pub(super) fn skipped(name: &'static str, because: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Skipped, detail: because.into(), advice: None, certificate: None }
    }

    /// A failure in the words of its error, with this advice where the error has none.
    pub(super) fn failed_by(name: &'static str, error: &Error, advice: &str) -> Self {
        Self::failed(name, error.sentence(), error.hint_text().unwrap_or(advice))
    }

    /// The same about this certificate.
    pub(super) fn about(self, certificate: Option<Facts>) -> Self {
        Self { certificate, ..self }
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
        let certificate = self.certificate.as_ref().map(|facts| {
            json!({
                "names": facts.names,
                "subject": facts.subject,
                "issuer": facts.issuer,
                "valid_from": facts.valid_from.to_rfc3339(),
                "valid_until": facts.valid_until.to_rfc3339(),
            })
        });
        let (outcome, detail, advice) = (self.outcome.word(), &self.detail, &self.advice);
        json!({ "group": group, "name": self.name, "outcome": outcome, "detail": detail, "advice": advice, "certificate": certificate })
    }
}
