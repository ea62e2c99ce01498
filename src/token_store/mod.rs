//! Keeping a secret under an account, and finding it again. One file for each store; choosing and probing one is here.
//!
//! What the kept bytes mean is left to `token_set`. A store that fails is never the same as a store that has nothing: a locked keyring must not start
//! a login or lose a session.

mod account;
mod file;
mod helper;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(any(windows, target_os = "macos"))]
mod keyring;
mod name;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod split;

use std::rc::Rc;

pub use account::{Account, Kept};
pub use name::StoreName;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::secret::Secret;
use split::Split;

/// The most that Windows keeps in one credential, in bytes (`CRED_MAX_CREDENTIAL_BLOB_SIZE`).
#[cfg(windows)]
const WINDOWS_LIMIT: usize = 5 * 512;

/// Where secrets are kept. Every error is of the kind "store unavailable", for what was kept is still there; but where it is found to be damaged, of the
/// kind "login required".
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

    /// Sees whether what is kept could be replaced by something as long, where that can fail although it could be read: asked before a refresh token
    /// that is for one use is spent. A keyring that has just been read is taken to be writable.
    ///
    /// # Errors
    /// It couldn't; what was there is kept.
    fn try_out(&self, _account: &Account, _kept: &Secret<Vec<u8>>) -> Result<()> {
        Ok(())
    }

    /// Removes what is kept under the account, if there is anything.
    ///
    /// # Errors
    /// The store is locked, absent, or fails.
    fn delete(&self, account: &Account) -> Result<()>;
}

/// Opens stores by name.
pub trait Stores {
    /// Opens one.
    ///
    /// # Errors
    /// It is not there, or can't be reached.
    fn open(&self, name: &StoreName) -> Result<Box<dyn TokenStore>>;

    /// Opens one that never asks the person for anything: where it is locked it says so at once.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn open_without_asking(&self, name: &StoreName) -> Result<Box<dyn TokenStore>> {
        self.open(name)
    }

    /// What a person calls it, with where it is.
    fn describe(&self, name: &StoreName) -> String {
        name.description()
    }
}

/// Tells the person what is awaited of them.
pub type Tell = Rc<dyn Fn(&str)>;

/// The stores of this machine.
pub struct SystemStores {
    environment: Environment,
    tell: Option<Tell>,
}

impl SystemStores {
    /// Those that this environment leads to: the session bus, which the Secret Service needs, the directory of the files, and the helpers in `PATH`. A
    /// locked keyring does not wait for the person: see [`telling`](Self::telling).
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone(), tell: None }
    }

    /// The same stores, which let the person unlock a locked one where there is a display to ask on, and say through `tell` that they wait.
    #[must_use]
    pub fn telling(self, tell: impl Fn(&str) + 'static) -> Self {
        Self { tell: Some(Rc::new(tell)), ..self }
    }

    #[cfg(windows)]
    fn keyring(&self, _tell: Option<Tell>) -> Result<Split<keyring::Keyring>> {
        Ok(Split::new(keyring::Keyring, WINDOWS_LIMIT))
    }

    #[cfg(target_os = "macos")]
    fn keyring(&self, _tell: Option<Tell>) -> Result<keyring::Keyring> {
        Ok(keyring::Keyring)
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    fn keyring(&self, tell: Option<Tell>) -> Result<secret_service::Keyring> {
        secret_service::Keyring::open(self.environment.session_bus().as_deref(), tell.filter(|_| self.environment.has_display()))
    }

    fn open_telling(&self, name: &StoreName, tell: Option<Tell>) -> Result<Box<dyn TokenStore>> {
        Ok(match name {
            StoreName::Keyring => Box::new(self.keyring(tell).map_err(or_another_store)?),
            StoreName::File => Box::new(file::Files::open(self.environment.state_dir().as_deref())?),
            StoreName::Kernel => open_kernel()?,
            StoreName::Helper(name) => {
                let helper = helper::Helper::open(name, &self.environment)?;
                let limit = helper.limit();
                Box::new(Split::new(helper, limit))
            }
        })
    }
}

impl Stores for SystemStores {
    fn open(&self, name: &StoreName) -> Result<Box<dyn TokenStore>> {
        self.open_telling(name, self.tell.clone())
    }

    fn open_without_asking(&self, name: &StoreName) -> Result<Box<dyn TokenStore>> {
        self.open_telling(name, None)
    }

    fn describe(&self, name: &StoreName) -> String {
        match (name, self.environment.state_dir()) {
            (StoreName::File, Some(state_dir)) => format!("file (not encrypted, in {})", file::directory(&state_dir).display()),
            _ => name.description(),
        }
    }
}

#[cfg(target_os = "linux")]
fn open_kernel() -> Result<Box<dyn TokenStore>> {
    let kernel = kernel::Kernel::open()?;
    let limit = kernel.limit();
    Ok(Box::new(Split::new(kernel, limit)))
}

#[cfg(not(target_os = "linux"))]
fn open_kernel() -> Result<Box<dyn TokenStore>> {
    Err(Error::usage("the token store `kernel` is there on Linux only").hint("choose another store with `--store`"))
}

/// A machine without a keyring has other stores, but which of them is safe enough there is for the person to say.
fn or_another_store(error: Error) -> Error {
    let hint = error.hint_text().map_or_else(String::new, |hint| format!("{hint}; "));
    error.hint(format!("{hint}where there is none, choose another store: `--store kernel` keeps the tokens until the machine restarts, `--store helper:pass` in pass, \
         `--store file` unencrypted"))
}

/// Removes all that may be kept for the profile of this account: its token set, its client's secret, and a probe that was cut short.
///
/// # Errors
/// The store fails.
pub fn clear(store: &dyn TokenStore, account: &Account) -> Result<()> {
    [account.clone(), account.client_secret(), account.service_account(), account.probe()].iter().try_for_each(|account| store.delete(account))
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
