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
    /// The Linux kernel's keyring, in memory.
    Kernel,
    /// A program `docker-credential-NAME`.
    Helper(String),
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
            "kernel" => Ok(Self::Kernel),
            _ => match name.strip_prefix("helper:") {
                Some(helper) if is_plain(helper) => Ok(Self::Helper(helper.to_owned())),
                _ => Err(Error::usage(format!("there is no token store called `{name}`")).hint("the stores are: keyring, file, kernel, helper:NAME")),
            },
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
            Self::Keyring | Self::Kernel | Self::Helper(_) => None,
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
            Self::Kernel => "kernel (in memory, gone when the machine restarts)".to_owned(),
            Self::Helper(name) => format!("helper:{name} (docker-credential-{name})"),
        }
    }
}

/// The name.
impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File => f.write_str("file"),
            Self::Kernel => f.write_str("kernel"),
            Self::Helper(name) => write!(f, "helper:{name}"),
        }
    }
}

/// Whether this can be part of a program's name and nothing else: no path, no option.
fn is_plain(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=64).contains(&name.len()) && name.chars().all(allowed) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_what_it_was_parsed_from() {
        for name in ["keyring", "file", "kernel", "helper:pass", "helper:secretservice", "helper:my_own-1.2"] {
            assert_eq!(StoreName::parse(name).expect("a store").to_string(), name);
        }
    }

    #[test]
    fn a_helper_is_a_plain_name_and_no_path_or_option() {
        let long = format!("helper:{}", "x".repeat(65));
        for name in
            ["helper", "helper:", "helper:../pass", "helper:/bin/sh", "helper:-x", "helper:.x", "helper:a b", "helper:a\nb", "helper:ä", &long, ""]
        {
            assert_eq!(StoreName::parse(name).expect_err("no store").kind(), crate::error::ErrorKind::Usage, "{name}");
        }
    }
}
