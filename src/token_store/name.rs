//! The names of the token stores, as `--store`, `KCLOGIN_STORE` and the configuration have them. What each does is in its own file.

use std::fmt;

use crate::error::{Error, Result};

/// A store, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreName {
    /// The operating system's keyring.
    #[default]
    Keyring,
    /// Files that only their owner can read.
    File,
}

impl StoreName {
    /// The store of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "keyring" => Ok(Self::Keyring),
            "file" => Ok(Self::File),
            _ => Err(Error::usage(format!("there is no token store called `{name}`")).hint("the stores are: keyring, file")),
        }
    }

    /// The store that a setting names; the keyring where it names none.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn of_setting(setting: Option<&str>) -> Result<Self> {
        setting.map_or(Ok(Self::default()), Self::parse)
    }

    /// What a person has to know who chooses it.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        match self {
            Self::Keyring => None,
            Self::File => {
                Some("this store does not encrypt: every program you run, and whoever gets this disk or a backup of it, can read the tokens")
            }
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::Keyring if cfg!(windows) => "keyring (Windows Credential Manager)".to_owned(),
            Self::Keyring if cfg!(target_os = "macos") => "keyring (macOS Keychain)".to_owned(),
            Self::Keyring => "keyring (Secret Service)".to_owned(),
            Self::File => "file (not encrypted)".to_owned(),
        }
    }
}

/// The name.
impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File => f.write_str("file"),
        }
    }
}
