//! The keychain of macOS and the credential manager of Windows: the only file that names keyring.
//!
//! The Secret Service of other systems is in `secret_service`.

use keyring::{Entry, Error as KeyringError};

use super::{Account, TokenStore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The name under which every entry of ours is found.
const SERVICE: &str = "kclogin";

/// The system's keyring, which is always there.
pub(super) struct Keyring;

/// Windows takes two names that differ in the case of letters for one, and none of more than 513 bytes; there the name is that of a file.
fn entry(account: &Account) -> Result<Entry> {
    let name = if cfg!(windows) { account.file_name() } else { account.to_string() };
    Entry::new(SERVICE, &name).map_err(|error| unavailable(&error))
}

impl TokenStore for Keyring {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        match entry(account)?.get_secret() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        entry(account)?.set_secret(secret.expose()).map_err(|error| unavailable(&error))
    }

    fn delete(&self, account: &Account) -> Result<()> {
        match entry(account)?.delete_credential() {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// The sentence for each way a keyring fails. Two of the library's errors hold the secret itself, so only the ones known not to are repeated.
fn unavailable(error: &KeyringError) -> Error {
    match error {
        KeyringError::NoStorageAccess(cause) => Error::store_unavailable("the keyring is locked")
            .hint("unlock it by its own program, or by signing in to the desktop again")
            .detail(cause.to_string()),
        KeyringError::PlatformFailure(cause) => Error::store_unavailable("the keyring fails").detail(cause.to_string()),
        KeyringError::Ambiguous(_) => Error::store_unavailable("the keyring has several items under one name, so none of them can be trusted")
            .hint("delete the items called `kclogin` in the keyring's own program, then `kclogin login`"),
        KeyringError::TooLong(_, limit) => Error::store_unavailable(format!("the keyring takes at most {limit} bytes, and the tokens are larger")),
        _ => Error::store_unavailable("the keyring gives something that can't be read"),
    }
}
