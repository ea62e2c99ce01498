//! The Credential Manager, past kclogin: what is in it, and how it is damaged.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyring_core::api::CredentialStoreApi;
use windows_native_keyring_store::Store;

/// `CRED_MAX_CREDENTIAL_BLOB_SIZE`: the library of the product enforces it, Wine does not, so the tests look at every credential.
pub(crate) const LIMIT: usize = 5 * 512;

/// What is kept under each name.
pub(crate) type Kept = BTreeMap<String, Vec<u8>>;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// For as long as this is held no other test changes credentials. What an earlier run has left of this profile is gone.
pub(crate) fn alone(profile: &str) -> MutexGuard<'static, ()> {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    kept(profile).keys().for_each(|name| remove(name));
    guard
}

/// What kclogin keeps of this profile in whatever case, of which each has to be within the limit.
#[track_caller]
pub(crate) fn kept(profile: &str) -> Kept {
    let found = Store::new().expect("a store").search(&HashMap::new()).expect("credentials");
    let ours = found.into_iter().filter_map(|entry| {
        let (service, name) = entry.get_specifiers()?;
        let is_theirs = service == "kclogin" && name.to_lowercase().contains(&format!("-{profile}-"));
        is_theirs.then(|| (name, entry.get_secret().expect("a secret")))
    });
    let kept: Kept = ours.collect();
    let large: Vec<_> = kept.iter().filter(|(_, secret)| secret.len() > LIMIT).map(|(name, secret)| (name, secret.len())).collect();
    assert!(large.is_empty(), "Windows would refuse {large:?}");
    kept
}

/// The names of the credentials that are parts and no manifest.
pub(crate) fn parts(kept: &Kept) -> Vec<&String> {
    kept.iter().filter(|(_, secret)| !secret.starts_with(b"kclogin-parts ")).map(|(name, _)| name).collect()
}

pub(crate) fn put(name: &str, secret: &[u8]) {
    Store::new().expect("a store").build("kclogin", name, None).expect("an entry").set_secret(secret).expect("written");
}

pub(crate) fn remove(name: &str) {
    Store::new().expect("a store").build("kclogin", name, None).expect("an entry").delete_credential().expect("removed");
}
