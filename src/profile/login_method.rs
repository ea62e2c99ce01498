//! The ways to sign in, by the names that `config.toml` has for them. What each of them does is left to the login command, and which one a call takes
//! where nobody has said, to `call`.

use serde::{Deserialize, Serialize};

/// How a person signs in. A profile remembers the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginMethod {
    /// In a browser that comes back to this machine (RFC 8252).
    Browser,
    /// With a code that is entered in a browser on any device (RFC 8628).
    Device,
    /// In a browser on another machine, from which the address where it ends is pasted.
    Paste,
}

impl LoginMethod {
    /// What it is, for people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Browser => "in the browser",
            Self::Device => "with a code, on any device",
            Self::Paste => "in a browser elsewhere, by pasting its address",
        }
    }

    /// Whether somebody has to read what kclogin prints, so that without a terminal nobody would ever come.
    #[must_use]
    pub fn needs_a_reader(self) -> bool {
        match self {
            Self::Browser => false,
            Self::Device | Self::Paste => true,
        }
    }
}
