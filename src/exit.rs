//! The exit codes, which scripts depend on. Which error leads to which code is decided in `error`.

/// How a run ends, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed, or the sign-in was denied or timed out.
    Failed = 1,
    /// Wrong usage: the call has to be changed.
    Usage = 2,
    /// Login required: nothing is stored, or the provider no longer accepts it.
    LoginRequired = 3,
    /// The token store is locked or unavailable; the session is still there.
    StoreUnavailable = 4,
    /// The provider can't be reached; the session is still there.
    ProviderUnreachable = 5,
    /// Interrupted from the keyboard (128 + SIGINT).
    Interrupted = 130,
}

impl Exit {
    /// The number the operating system gets.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}
