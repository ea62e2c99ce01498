//! A token store in memory, which a test can make fail and ask what was asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kclogin::error::{Error, Result};
use kclogin::secret::Secret;
use kclogin::token_store::{Account, StoreName, Stores, SystemStores, TokenStore};

/// How a store can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Locked,
    Absent,
}

/// A store in memory, which can be made to fail and remembers what was asked of it.
#[derive(Clone, Default)]
pub(crate) struct MemoryStore(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    kept: BTreeMap<String, Vec<u8>>,
    calls: Vec<String>,
    /// The fault of the call after so many more.
    fault: Option<(usize, Fault)>,
    opening: Option<Fault>,
    spoils: bool,
}

impl MemoryStore {
    /// Makes every opening of the store fail.
    pub(crate) fn fail_to_open(&self, fault: Option<Fault>) {
        self.0.lock().expect("memory").opening = fault;
    }

    /// Changes a byte of whatever is saved, but for the probe.
    pub(crate) fn spoil_what_is_saved(&self) {
        self.0.lock().expect("memory").spoils = true;
    }

    /// Makes one call fail, after `after` more that don't.
    pub(crate) fn fail_once(&self, after: usize, fault: Fault) {
        self.0.lock().expect("memory").fault = Some((after, fault));
    }

    /// The calls so far, such as `load token-set demo kclogin http://...`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.0.lock().expect("memory").calls.clone()
    }

    /// What is kept, by account.
    pub(crate) fn kept(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().expect("memory").kept.clone()
    }

    /// Changes the one kept entry whose account starts with this.
    pub(crate) fn change(&self, account: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut memory = self.0.lock().expect("memory");
        let (_, kept) = memory.kept.iter_mut().find(|(key, _)| key.starts_with(account)).expect("an entry");
        change(kept);
    }

    /// Loses every entry whose account starts with this.
    pub(crate) fn forget(&self, account: &str) {
        self.0.lock().expect("memory").kept.retain(|key, _| !key.starts_with(account));
    }

    fn call<T>(&self, name: &str, account: &Account, act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>, String) -> T) -> Result<T> {
        let mut memory = self.0.lock().expect("memory");
        memory.calls.push(format!("{name} {account}"));
        match memory.fault {
            Some((0, fault)) => {
                memory.fault = None;
                return Err(Self::error(fault));
            }
            Some((after, fault)) => memory.fault = Some((after - 1, fault)),
            None => {}
        }
        Ok(act(&mut memory.kept, account.to_string()))
    }

    fn error(fault: Fault) -> Error {
        Error::store_unavailable(match fault {
            Fault::Locked => "the keyring is locked",
            Fault::Absent => "there is no keyring here",
        })
    }
}

impl TokenStore for MemoryStore {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        self.call("load", account, |kept, key| kept.get(&key).cloned().map(Secret::new))
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let mut bytes = secret.expose().clone();
        if self.0.lock().expect("memory").spoils && !account.to_string().starts_with("probe ") {
            bytes[0] ^= 1;
        }
        self.call("save", account, |kept, key| drop(kept.insert(key, bytes)))
    }

    fn delete(&self, account: &Account) -> Result<()> {
        self.call("delete", account, |kept, key| drop(kept.remove(&key)))
    }
}

/// The stores of a machine: memory in place of the keyring and of those that the test has put in, and else the real ones.
pub(crate) struct TestStores {
    pub(crate) memory: BTreeMap<String, MemoryStore>,
    pub(crate) system: SystemStores,
}

impl Stores for TestStores {
    fn open(&self, name: &StoreName) -> Result<Box<dyn TokenStore>> {
        let Some(memory) = self.memory.get(&name.to_string()) else { return self.system.open(name) };
        match memory.0.lock().expect("memory").opening {
            Some(fault) => Err(MemoryStore::error(fault)),
            None => Ok(Box::new(memory.clone())),
        }
    }

    fn describe(&self, name: &StoreName) -> String {
        self.system.describe(name)
    }
}
