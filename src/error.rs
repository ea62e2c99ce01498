//! What went wrong, sorted by who must act: the sentence, the hint, and the exit code.
//!
//! The text may hold what a provider said; `terminal` neutralises it when it is printed.

use std::fmt;

use crate::exit::Exit;

/// The result of anything of ours that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Who must act on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The caller: the call was wrong.
    Usage,
    /// The person: something failed that neither a retry nor a login mends by itself.
    Failed,
    /// The person at the browser: sign in (again).
    LoginRequired,
    /// The person at the desktop: unlock the token store, or choose another.
    StoreUnavailable,
    /// Nobody yet: try again later.
    ProviderUnreachable,
    /// The caller: the command to run does not exist.
    CommandNotFound,
    /// The caller: the command to run can't be started.
    CommandNotStarted,
}

impl ErrorKind {
    /// The exit code that tells a script what to do.
    #[must_use]
    pub fn exit(self) -> Exit {
        match self {
            Self::Usage => Exit::Usage,
            Self::Failed => Exit::Failed,
            Self::LoginRequired => Exit::LoginRequired,
            Self::StoreUnavailable => Exit::StoreUnavailable,
            Self::ProviderUnreachable => Exit::ProviderUnreachable,
            Self::CommandNotFound => Exit::Command(127),
            Self::CommandNotStarted => Exit::Command(126),
        }
    }
}

/// One sentence that says what happened and, where there is one, a hint that says what to do. Neither ever holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    sentence: String,
    hint: Option<String>,
    detail: Option<String>,
}

impl Error {
    /// An error of this kind. The sentence starts in lower case and has no full stop, as it follows `error: `.
    pub fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), hint: None, detail: None }
    }

    /// [`ErrorKind::Failed`]
    pub fn failed(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, sentence)
    }

    /// [`ErrorKind::Usage`]
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, sentence)
    }

    /// [`ErrorKind::LoginRequired`]
    pub fn login_required(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::LoginRequired, sentence)
    }

    /// [`ErrorKind::StoreUnavailable`]
    pub fn store_unavailable(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::StoreUnavailable, sentence)
    }

    /// [`ErrorKind::ProviderUnreachable`]
    pub fn provider_unreachable(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::ProviderUnreachable, sentence)
    }

    /// The same error with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with what only `--verbose` shows, such as a library's own words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Who must act.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// What to do, where there is something.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What `--verbose` adds.
    #[must_use]
    pub fn detail_text(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Error {}
