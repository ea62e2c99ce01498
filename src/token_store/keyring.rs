//! The operating system's keyring: the only file that names the keyring crates.
//!
//! `keyring` itself serves macOS and Windows. On Linux its documentation sends applications that want control to `keyring-core` and the stores, and
//! the one over the D-Bus library reads the same items as keyring's default with a third of its crates and no thread of its own.

#[cfg(all(unix, not(target_os = "macos")))]
use std::collections::HashMap;
#[cfg(all(unix, not(target_os = "macos")))]
use std::sync::Arc;

#[cfg(any(windows, target_os = "macos"))]
use keyring::{Entry, Error as KeyringError};
#[cfg(all(unix, not(target_os = "macos")))]
use keyring_core::{CredentialStore, Entry, Error as KeyringError};

use super::{Account, TokenStore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The attribute under which every item of ours is found.
const SERVICE: &str = "kclogin";

/// The keyring, opened.
pub(super) struct Keyring {
    #[cfg(all(unix, not(target_os = "macos")))]
    store: Arc<CredentialStore>,
}

impl Keyring {
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn open(has_session_bus: bool) -> Result<Self> {
        if !has_session_bus {
            return Err(Error::store_unavailable("there is no keyring here: no D-Bus session bus is running").hint(
                "sign in to a desktop, or start one with `dbus-run-session -- sh` and in it a keyring such as `gnome-keyring-daemon --unlock`",
            ));
        }
        let store = dbus_secret_service_keyring_store::Store::new().map_err(|error| unavailable(&error))?;
        Ok(Self { store })
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    fn entry(&self, account: &Account) -> Result<Entry> {
        let label = account.label();
        let modifiers = HashMap::from([("label", label.as_str())]);
        self.store.build(SERVICE, &account.to_string(), Some(&modifiers)).map_err(|error| unavailable(&error))
    }

    #[cfg(any(windows, target_os = "macos"))]
    pub(super) fn open(_has_session_bus: bool) -> Result<Self> {
        Ok(Self {})
    }

    #[cfg(any(windows, target_os = "macos"))]
    fn entry(&self, account: &Account) -> Result<Entry> {
        Entry::new(SERVICE, &account.to_string()).map_err(|error| unavailable(&error))
    }
}

impl TokenStore for Keyring {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        match self.entry(account)?.get_secret() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        self.entry(account)?.set_secret(secret.expose()).map_err(|error| unavailable(&error))
    }

    fn delete(&self, account: &Account) -> Result<()> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// The sentence for each way a keyring fails. Two of the library's errors hold the secret itself, so only the ones known not to are repeated.
fn unavailable(error: &KeyringError) -> Error {
    match error {
        KeyringError::NoStorageAccess(cause) if cause.to_string().contains("no result") || cause.to_string().contains("No result") => {
            Error::store_unavailable("the keyring has no default collection to keep anything in")
                .hint("create one in your desktop's password program (in GNOME's, a keyring called `Login` set as default)")
                .detail(cause.to_string())
        }
        KeyringError::NoStorageAccess(cause) => Error::store_unavailable("the keyring is locked")
            .hint("unlock it: on a desktop by its password program or by signing in again, elsewhere with `gnome-keyring-daemon --unlock`, which reads the password from stdin")
            .detail(cause.to_string()),
        KeyringError::PlatformFailure(cause) => {
            let text = cause.to_string();
            let absent = ["ServiceUnknown", "was not provided by any .service files", "Failed to connect", "Unable to autolaunch", "NoReply"];
            let slow = text.contains("NoReply") || text.contains("Did not receive a reply");
            if slow {
                Error::store_unavailable("the keyring does not answer")
                    .hint("look whether its program hangs or could not be started, or sign in to the desktop again")
                    .detail(text)
            } else if absent.iter().any(|mark| text.contains(mark)) {
                Error::store_unavailable("there is no keyring here: no program on the session bus offers one")
                    .hint("start one, such as gnome-keyring or KeePassXC with its Secret Service switched on")
                    .detail(text)
            } else {
                Error::store_unavailable("the keyring fails").detail(text)
            }
        }
        KeyringError::Ambiguous(_) => Error::store_unavailable("the keyring has several items under one name, so none of them can be trusted")
            .hint("delete the items called `kclogin ...` in your desktop's password program, then `kclogin login`"),
        KeyringError::TooLong(_, limit) => Error::store_unavailable(format!("the keyring takes at most {limit} bytes, and the tokens are larger")),
        _ => Error::store_unavailable("the keyring gives something that can't be read"),
    }
}
