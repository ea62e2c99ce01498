//! The exit codes, which scripts depend on. Which error leads to which code is decided in `error`.

/// How a run ends, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// It failed, or the sign-in was denied or timed out.
    Failed,
    /// Wrong usage: the call has to be changed.
    Usage,
    /// Login required: nothing is stored, or the provider no longer accepts it.
    LoginRequired,
    /// The token store is locked or unavailable; the session is still there.
    StoreUnavailable,
    /// The provider can't be reached; the session is still there.
    ProviderUnreachable,
    /// As the command that `exec` ran, or 126 and 127 where that can't be started or doesn't exist, as in a shell.
    Command(u8),
    /// By the signal that ended the command that `exec` ran.
    Signalled(u8),
    /// Interrupted from the keyboard (128 + SIGINT).
    Interrupted,
}

impl Exit {
    /// The number the operating system gets.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::LoginRequired => 3,
            Self::StoreUnavailable => 4,
            Self::ProviderUnreachable => 5,
            Self::Command(code) => code,
            // As a shell counts.
            Self::Signalled(signal) => signal.saturating_add(128),
            Self::Interrupted => 130,
        }
    }
}
