//! The Linux kernel's own keyring: in memory only, gone when the machine restarts. The only file that names the crate for it.
//!
//! Keys hang on the *user* keyring, so that every terminal, script and SSH session of a user finds them; the session keyring, where such things usually
//! go, is another one in each. Only who possesses a keyring may read the keys in it, and whether a process does depends on how its session was set up;
//! linking the user keyring to the process's own makes sure of it, and ends with the process.

use std::io;

use keyutils::keytypes::{BigKey, User};
use keyutils::{Key, Keyring, SpecialKeyring};

use super::{Account, TokenStore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The most that a key of the type `user` takes, in bytes.
const USER_LIMIT: usize = 32_767;
/// The most that a key of the type `big_key` takes, in bytes. Of these only a few count towards the quota of a user, which is 20,000 bytes.
const BIG_LIMIT: usize = 1024 * 1024 - 1;

/// The user keyring.
pub(super) struct Kernel {
    ring: Keyring,
    has_big_keys: bool,
}

impl Kernel {
    pub(super) fn open() -> Result<Self> {
        let user = Keyring::attach_or_create(SpecialKeyring::User).map_err(|error| unavailable(error.0))?;
        let mut process = Keyring::attach_or_create(SpecialKeyring::Process).map_err(|error| unavailable(error.0))?;
        process.link_keyring(&user).map_err(|error| unavailable(error.0))?;
        // An empty key is never made, but a kernel that knows the type says that it is empty, and others that there is no such type.
        let refused = user.clone().add_key::<BigKey, _, _>("kclogin:", &b""[..]);
        let has_big_keys = refused.is_err_and(|error| error.0 == libc::EINVAL);
        Ok(Self { ring: user, has_big_keys })
    }

    /// The most that one key takes, in bytes.
    pub(super) fn limit(&self) -> usize {
        if self.has_big_keys { BIG_LIMIT } else { USER_LIMIT }
    }

    fn find(&self, account: &Account) -> Result<Option<Key>> {
        let name = description(account);
        let found = if self.has_big_keys {
            self.ring.search_for_key::<BigKey, _, _>(name.as_str(), None)
        } else {
            self.ring.search_for_key::<User, _, _>(name.as_str(), None)
        };
        match found {
            Ok(key) => Ok(Some(key)),
            Err(error) if is_absent(error.0) => Ok(None),
            Err(error) => Err(unavailable(error.0)),
        }
    }
}

impl TokenStore for Kernel {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        let Some(key) = self.find(account)? else { return Ok(None) };
        match key.read() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            // Somebody else has removed it since it was found.
            Err(error) if is_absent(error.0) => Ok(None),
            Err(error) => Err(unavailable(error.0)),
        }
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let (mut ring, name, bytes) = (self.ring.clone(), description(account), secret.expose().as_slice());
        let added =
            if self.has_big_keys { ring.add_key::<BigKey, _, _>(name.as_str(), bytes) } else { ring.add_key::<User, _, _>(name.as_str(), bytes) };
        added.map(drop).map_err(|error| unavailable(error.0))
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let Some(key) = self.find(account)? else { return Ok(()) };
        match self.ring.clone().unlink_key(&key) {
            Ok(()) => Ok(()),
            Err(error) if is_absent(error.0) || error.0 == libc::ENOENT => Ok(()),
            Err(error) => Err(unavailable(error.0)),
        }
    }
}

fn description(account: &Account) -> String {
    format!("kclogin:{}", account.file_name())
}

/// Whether an error says that there is no such key, or not any more.
fn is_absent(error: i32) -> bool {
    matches!(error, libc::ENOKEY | libc::EKEYREVOKED | libc::EKEYEXPIRED)
}

/// The sentence for each way the kernel says no.
fn unavailable(error: i32) -> Error {
    let text = io::Error::from_raw_os_error(error).to_string();
    match error {
        libc::EPERM | libc::EACCES | libc::ENOSYS | libc::EOPNOTSUPP => Error::store_unavailable("the kernel's keyring can't be used here")
            .hint("containers and some services may not use it; choose another store with `--store`")
            .detail(text),
        libc::EDQUOT => Error::store_unavailable("the kernel's keyring has no room for the tokens within your quota")
            .hint("an administrator can raise kernel.keys.maxbytes; or choose another store with `--store`")
            .detail(text),
        _ => Error::store_unavailable(format!("the kernel's keyring fails: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_do() {
        for (error, start) in [(libc::EPERM, "the kernel's keyring can't be used here"), (libc::ENOSYS, "the kernel's keyring can't be used here")] {
            assert_eq!(unavailable(error).sentence(), start);
            assert!(unavailable(error).hint_text().is_some_and(|hint| hint.contains("containers") && hint.contains("--store")));
        }
        assert!(unavailable(libc::EDQUOT).hint_text().is_some_and(|hint| hint.contains("kernel.keys.maxbytes")));
        assert_eq!(unavailable(libc::ENOMEM).sentence(), "the kernel's keyring fails: Cannot allocate memory (os error 12)");
        assert_eq!(unavailable(libc::ENOMEM).kind(), crate::error::ErrorKind::StoreUnavailable);
    }
}
