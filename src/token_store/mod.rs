//! Keeping a secret under an account, and finding it again. One file for each store; choosing and probing one is here.
//!
//! What the kept bytes mean is left to `token_set`. A store that fails is never the same as a store that has nothing: a locked keyring must not start
//! a login or lose a session.

mod keyring;

use std::fmt;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What is kept under an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// The token set of a login.
    TokenSet,
    /// The secret of a confidential client, which outlives the login.
    ClientSecret,
    /// Nothing of worth: written and deleted to see whether the store works.
    Probe,
}

/// The key under which something is kept: the profile, the client and the issuer, so that a session can never be used for another provider than the
/// one it came from, and two people's sessions at one provider stay apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    profile: String,
    client_id: String,
    issuer: String,
    kept: Kept,
}

impl Account {
    /// The account of a profile's token set.
    #[must_use]
    pub fn token_set(profile: &str, client_id: &str, issuer: &str) -> Self {
        Self { profile: profile.to_owned(), client_id: client_id.to_owned(), issuer: issuer.to_owned(), kept: Kept::TokenSet }
    }

    /// The account of the same profile's client secret.
    #[must_use]
    pub fn client_secret(&self) -> Self {
        Self { kept: Kept::ClientSecret, ..self.clone() }
    }

    fn probe(&self) -> Self {
        Self { kept: Kept::Probe, ..self.clone() }
    }

    /// What a person sees in the keyring's own program.
    #[must_use]
    pub fn label(&self) -> String {
        let kept = match self.kept {
            Kept::TokenSet => "tokens",
            Kept::ClientSecret => "client secret",
            Kept::Probe => "a test that the keyring works",
        };
        format!("kclogin {}: {kept}", self.profile)
    }
}

/// The key as text. Profile names and issuers hold no spaces, so no two accounts have the same text whatever the client's ID is.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = match self.kept {
            Kept::TokenSet => "token-set",
            Kept::ClientSecret => "client-secret",
            Kept::Probe => "probe",
        };
        write!(f, "{kept} {} {} {}", self.profile, self.client_id, self.issuer)
    }
}

/// Where secrets are kept. Every error is of the kind "store unavailable": what was kept is still there.
pub trait TokenStore {
    /// What is kept under the account; `None` only where the store works and has nothing.
    ///
    /// # Errors
    /// The store is locked, absent, or fails.
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>>;

    /// Keeps the secret under the account, in place of what was there.
    ///
    /// # Errors
    /// The store is locked, absent, full, or fails; what was there is kept.
    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()>;

    /// Removes what is kept under the account, if there is anything.
    ///
    /// # Errors
    /// The store is locked, absent, or fails.
    fn delete(&self, account: &Account) -> Result<()>;
}

/// The stores there are, by the name that `--store` and the configuration use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreName {
    /// The operating system's keyring.
    #[default]
    Keyring,
}

impl StoreName {
    /// Every store, for messages.
    pub const ALL: [Self; 1] = [Self::Keyring];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
        }
    }

    /// The store of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|store| store.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::usage(format!("there is no token store called `{name}`")).hint(format!("the stores are: {known}"))
        })
    }

    /// What a person calls it.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Keyring if cfg!(windows) => "keyring (Windows Credential Manager)",
            Self::Keyring if cfg!(target_os = "macos") => "keyring (macOS Keychain)",
            Self::Keyring => "keyring (Secret Service)",
        }
    }
}

/// Opens stores by name.
pub trait Stores {
    /// Opens one.
    ///
    /// # Errors
    /// It is not there, or can't be reached.
    fn open(&self, name: StoreName) -> Result<Box<dyn TokenStore>>;
}

/// The stores of this machine.
#[derive(Debug)]
pub struct SystemStores {
    has_session_bus: bool,
}

impl SystemStores {
    /// Looks for the session bus, which the Secret Service needs.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self { has_session_bus: environment.has_session_bus() }
    }
}

impl Stores for SystemStores {
    fn open(&self, name: StoreName) -> Result<Box<dyn TokenStore>> {
        match name {
            StoreName::Keyring => Ok(Box::new(keyring::Keyring::open(self.has_session_bus)?)),
        }
    }
}

/// Sees whether a store can keep, give back and remove: a login that can't be kept is no login, so this comes before the browser opens.
///
/// # Errors
/// It can't.
pub fn probe(store: &dyn TokenStore, account: &Account) -> Result<()> {
    let (account, secret) = (account.probe(), Secret::new(b"probe".to_vec()));
    store.save(&account, &secret)?;
    let loaded = store.load(&account);
    store.delete(&account)?;
    if loaded?.as_ref() == Some(&secret) { Ok(()) } else { Err(Error::store_unavailable("the token store does not give back what it was given")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_accounts_share_a_key() {
        let account = |profile, client, issuer| Account::token_set(profile, client, issuer).to_string();
        let keys = [
            account("a", "b", "https://c"),
            account("a", "b https://c", "https://c"),
            account("a", "b", "https://c/d"),
            account("b", "b", "https://c"),
            Account::token_set("a", "b", "https://c").client_secret().to_string(),
            Account::token_set("a", "b", "https://c").probe().to_string(),
        ];
        let unique: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(unique.len(), keys.len(), "{keys:?}");
    }
}
