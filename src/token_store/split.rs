//! For stores with a small limit: keeps what is larger in parts. Which store has which limit is left to those who open it.
//!
//! The entry itself then holds a manifest: which of two slots the parts are in, how many they are, and the digest of the whole. New parts are written
//! to the slot that the manifest does not name, then the manifest, which is the one step that counts, and only then the old parts are removed. So a
//! process that is killed leaves the old whole or the new whole, and what is half-written is never read. What it leaves behind, the next saving or
//! removal finds: the parts in a slot are always numbered from nought without a gap.

use super::account::Slot;
use super::{Account, TokenStore};
use crate::encoding::sha256;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What a manifest begins with. Should anything that is kept begin so too, it is put into parts, and so never taken for one.
const MARK: &str = "kclogin-parts 1 ";
/// How often a set is read that others replace meanwhile.
const TRIES: usize = 5;

/// A store whose entries hold at most so many bytes each.
pub(super) struct Split<S> {
    store: S,
    limit: usize,
}

/// Where the parts are, and what they have to make.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Manifest {
    slot: Slot,
    parts: usize,
    digest: String,
}

impl Manifest {
    fn parse(stored: &Secret<Vec<u8>>) -> Option<Self> {
        let text = str::from_utf8(stored.expose()).ok()?.strip_prefix(MARK)?;
        let mut words = text.split(' ');
        let named = words.next()?;
        let slot = [Slot::A, Slot::B].into_iter().find(|slot| slot.as_str() == named)?;
        Some(Self { slot, parts: words.next()?.parse().ok()?, digest: words.next()?.to_owned() })
    }

    fn to_stored(&self) -> Secret<Vec<u8>> {
        Secret::new(format!("{MARK}{} {} {}", self.slot.as_str(), self.parts, self.digest).into_bytes())
    }
}

impl<S: TokenStore> Split<S> {
    pub(super) fn new(store: S, limit: usize) -> Self {
        Self { store, limit }
    }

    /// The whole, if the parts are all there and make what the manifest says.
    fn assemble(&self, account: &Account, manifest: &Manifest) -> Result<Option<Secret<Vec<u8>>>> {
        let mut parts = Vec::new();
        for index in 0..manifest.parts {
            let Some(part) = self.store.load(&account.part(manifest.slot, index))? else { return Ok(None) };
            parts.push(part);
        }
        // In one piece, since a buffer that grows leaves copies behind.
        let mut whole = Vec::with_capacity(parts.iter().map(|part| part.expose().len()).sum());
        parts.iter().for_each(|part| whole.extend_from_slice(part.expose()));
        let whole = Secret::new(whole);
        Ok((sha256(whole.expose()) == manifest.digest).then_some(whole))
    }

    fn manifest(&self, account: &Account) -> Result<Option<Manifest>> {
        Ok(self.store.load(account)?.as_ref().and_then(Manifest::parse))
    }

    /// Removes the parts in a slot from an index on; of those before `known` it is known that they may be there. From the last to the first, so that
    /// whoever is killed here leaves no gap.
    fn tidy(&self, account: &Account, slot: Slot, from: usize, known: usize) -> Result<()> {
        let mut end = from.max(known);
        while self.store.load(&account.part(slot, end))?.is_some() {
            end += 1;
        }
        (from..end).rev().try_for_each(|index| self.store.delete(&account.part(slot, index)))
    }

    fn save_parts(&self, account: &Account, slot: Slot, secret: &Secret<Vec<u8>>) -> Result<Manifest> {
        let parts = secret.expose().chunks(self.limit);
        let manifest = Manifest { slot, parts: parts.len(), digest: sha256(secret.expose()) };
        for (index, part) in parts.enumerate() {
            let saved = self.store.save(&account.part(slot, index), &Secret::new(part.to_vec()));
            saved.inspect_err(|_| drop(self.tidy(account, slot, 0, 0)))?;
        }
        // Should this fail it may have been done all the same, so the parts stay.
        self.store.save(account, &manifest.to_stored())?;
        Ok(manifest)
    }
}

impl<S: TokenStore> TokenStore for Split<S> {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        for _ in 0..TRIES {
            let Some(stored) = self.store.load(account)? else { return Ok(None) };
            let Some(manifest) = Manifest::parse(&stored) else { return Ok(Some(stored)) };
            if let Some(whole) = self.assemble(account, &manifest)? {
                return Ok(Some(whole));
            }
            // Another process has put other parts in place since the manifest was read, and so another manifest.
        }
        Err(Error::login_required("what the token store keeps is not whole, so it is not used").hint("`kclogin login` replaces it"))
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let before = self.manifest(account)?;
        let fits = secret.expose().len() <= self.limit && !secret.expose().starts_with(MARK.as_bytes());
        if fits {
            self.store.save(account, secret)?;
        }
        let slot = if before.as_ref().is_some_and(|before| before.slot == Slot::A) { Slot::B } else { Slot::A };
        let parts = if fits { 0 } else { self.save_parts(account, slot, secret)?.parts };
        // It is saved. What can't be removed now is removed the next time.
        let other = if slot == Slot::A { Slot::B } else { Slot::A };
        let _ = self.tidy(account, slot, parts, 0).and_then(|()| self.tidy(account, other, 0, known(before.as_ref(), other)));
        Ok(())
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let before = self.manifest(account)?;
        // From here on nothing is kept, though parts are still there.
        self.store.delete(account)?;
        [Slot::A, Slot::B].into_iter().try_for_each(|slot| self.tidy(account, slot, 0, known(before.as_ref(), slot)))
    }
}

/// How many parts there should be in a slot, and so may be beyond a gap that somebody else has made.
fn known(manifest: Option<&Manifest>, slot: Slot) -> usize {
    manifest.filter(|manifest| manifest.slot == slot).map_or(0, |manifest| manifest.parts)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::*;

    const LIMIT: usize = 128;

    type Kept = BTreeMap<String, Vec<u8>>;

    /// How a call can go wrong, where the process is not killed by it.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fault {
        /// It is killed: this call and all that follow do nothing.
        Killed,
        /// Nothing is done, and an error says so.
        Refused,
        /// An error says so, but it is done.
        DoneAllTheSame,
    }

    /// Memory that refuses what is too large, goes wrong at one call, and lets somebody else in before each.
    struct Memory<'a> {
        kept: &'a RefCell<Kept>,
        calls: Cell<usize>,
        fault: Option<(usize, Fault)>,
        between: Option<&'a dyn Fn(usize)>,
    }

    impl<'a> Memory<'a> {
        fn new(kept: &'a RefCell<Kept>) -> Split<Self> {
            Self::faulty(kept, None)
        }

        fn faulty(kept: &'a RefCell<Kept>, fault: Option<(usize, Fault)>) -> Split<Self> {
            Split::new(Self { kept, calls: Cell::new(0), fault, between: None }, LIMIT)
        }

        fn call<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> Result<T> {
            let number = self.calls.replace(self.calls.get() + 1);
            if let Some(between) = self.between {
                between(number);
            }
            let error = || Err(Error::store_unavailable("it went wrong"));
            match self.fault {
                Some((at, Fault::Killed)) if number >= at => error(),
                Some((at, Fault::Refused)) if number == at => error(),
                Some((at, Fault::DoneAllTheSame)) if number == at => {
                    act(&mut self.kept.borrow_mut());
                    error()
                }
                _ => Ok(act(&mut self.kept.borrow_mut())),
            }
        }
    }

    impl TokenStore for Memory<'_> {
        fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
            self.call(|kept| kept.get(&account.to_string()).cloned().map(Secret::new))
        }

        fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
            assert!(secret.expose().len() <= LIMIT, "the store takes {LIMIT} bytes");
            self.call(|kept| drop(kept.insert(account.to_string(), secret.expose().clone())))
        }

        fn delete(&self, account: &Account) -> Result<()> {
            self.call(|kept| drop(kept.remove(&account.to_string())))
        }
    }

    fn account() -> Account {
        Account::token_set("work", "kclogin", "https://kc.example/realms/a")
    }

    /// So many bytes that are like no other such.
    fn secret(seed: u8, length: usize) -> Secret<Vec<u8>> {
        Secret::new((0..length).map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed)).collect())
    }

    /// A store in which the first was saved, if there is one.
    fn with(first: Option<&Secret<Vec<u8>>>) -> RefCell<Kept> {
        let kept = RefCell::default();
        first.iter().for_each(|first| Memory::new(&kept).save(&account(), first).expect("saved"));
        kept
    }

    /// What is kept, in so many words: the one state for something that fits, or for what doesn't, one of two.
    fn is_tidy(kept: &Kept, secret: Option<&Secret<Vec<u8>>>) -> bool {
        let parts = secret.map_or(0, |secret| secret.expose().len()).div_ceil(LIMIT);
        kept.len() == if parts > 1 { parts + 1 } else { parts }
    }

    const SIZES: [usize; 7] = [1, LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT, 5 * LIMIT + 7, 3 * LIMIT];

    #[test]
    fn every_size_round_trips_over_every_other_and_leaves_nothing() {
        let kept = RefCell::default();
        let store = Memory::new(&kept);
        for (first, second) in SIZES.iter().flat_map(|first| SIZES.iter().map(move |second| (*first, *second))) {
            for secret in [secret(1, first), secret(2, second), secret(2, second)] {
                store.save(&account(), &secret).expect("saved");
                assert_eq!(store.load(&account()), Ok(Some(secret.clone())), "{first} {second}");
                assert!(is_tidy(&kept.borrow(), Some(&secret)), "{first} {second}: {:?}", kept.borrow().keys());
            }
        }
        store.delete(&account()).expect("removed");
        assert_eq!((store.load(&account()), kept.borrow().len()), (Ok(None), 0));
    }

    #[test]
    fn a_hundred_kilobytes_round_trip_under_a_small_limit() {
        let kept = RefCell::default();
        let store = Memory::new(&kept);
        store.save(&account(), &secret(1, 100 * 1024)).expect("saved");
        assert_eq!(store.load(&account()), Ok(Some(secret(1, 100 * 1024))));
        assert!(kept.borrow().values().all(|entry| entry.len() <= LIMIT));
    }

    #[test]
    fn killed_or_failing_at_any_call_the_old_or_the_new_is_whole_and_the_next_saving_tidies_up() {
        let olds = std::iter::once(None).chain(SIZES.map(|size| Some(secret(1, size))));
        let news = || std::iter::once(None).chain(SIZES.map(|size| Some(secret(2, size))));
        let mut count = 0;
        for (old, new) in olds.flat_map(|old| news().map(move |new| (old.clone(), new))) {
            for fault in [Fault::Killed, Fault::Refused, Fault::DoneAllTheSame] {
                for at in 0.. {
                    let kept = with(old.as_ref());
                    let store = Memory::faulty(&kept, Some((at, fault)));
                    // To save nothing stands for removing.
                    let done = new.as_ref().map_or_else(|| store.delete(&account()), |new| store.save(&account(), new));
                    let found = Memory::new(&kept).load(&account()).expect("it can be read");
                    assert!(found == new || (done.is_err() && found == old), "{fault:?} at call {at}: {:?}", kept.borrow().keys());
                    for last in [Some(secret(3, 1)), Some(secret(3, 2 * LIMIT)), None] {
                        let kept = RefCell::new(kept.borrow().clone());
                        let store = Memory::new(&kept);
                        last.as_ref().map_or_else(|| store.delete(&account()), |last| store.save(&account(), last)).expect("done");
                        assert_eq!(store.load(&account()), Ok(last.clone()));
                        assert!(is_tidy(&kept.borrow(), last.as_ref()), "{fault:?} at call {at}: {:?}", kept.borrow().keys());
                    }
                    count += 1;
                    if store.store.calls.get() <= at {
                        break;
                    }
                }
            }
        }
        assert!(count > 1_000, "{count} faults were tried");
    }

    #[test]
    fn a_reader_gets_one_or_the_other_however_often_others_write_meanwhile() {
        for (one, other) in [(5 * LIMIT, 3 * LIMIT), (3 * LIMIT, 5 * LIMIT), (5 * LIMIT, 1), (1, 5 * LIMIT)] {
            let values = [secret(1, one), secret(2, other), secret(3, one)];
            // At each call of the reader, so many savings by others in a row.
            for (at, times) in (0..16).flat_map(|at| (1..4).map(move |times| (at, times))) {
                let kept = with(Some(&values[0]));
                let others = |call: usize| {
                    let savings = values.iter().cycle().skip(1).take(if call == at { times } else { 0 });
                    savings.for_each(|value| Memory::new(&kept).save(&account(), value).expect("saved"));
                };
                let mut store = Memory::new(&kept);
                store.store.between = Some(&others);
                let found = store.load(&account()).expect("readable").expect("there");
                assert!(values.contains(&found), "{times} savings at call {at}");
            }
        }
    }

    #[test]
    fn a_set_that_is_not_whole_is_never_read_and_can_be_replaced_and_removed() {
        for (name, damage) in [("part-gone", 0), ("part-changed", 1), ("part-cut", 2)] {
            let kept = with(Some(&secret(1, 4 * LIMIT)));
            let part = account().part(Slot::A, 2).to_string();
            match damage {
                0 => drop(kept.borrow_mut().remove(&part)),
                1 => kept.borrow_mut().get_mut(&part).expect("a part")[3] ^= 1,
                _ => drop(kept.borrow_mut().get_mut(&part).expect("a part").pop()),
            }
            let store = Memory::new(&kept);
            let error = store.load(&account()).expect_err("it is not whole");
            assert_eq!(error.sentence(), "what the token store keeps is not whole, so it is not used", "{name}");
            let damaged = RefCell::new(kept.borrow().clone());
            Memory::new(&damaged).delete(&account()).expect("removed");
            assert_eq!(damaged.borrow().len(), 0, "{name}");
            store.save(&account(), &secret(2, 3 * LIMIT)).expect("saved");
            assert_eq!(store.load(&account()), Ok(Some(secret(2, 3 * LIMIT))));
            assert!(is_tidy(&kept.borrow(), Some(&secret(2, 3 * LIMIT))), "{name}");
            store.delete(&account()).expect("removed");
            assert_eq!(store.load(&account()), Ok(None));
        }
    }

    #[test]
    fn what_looks_like_a_manifest_is_kept_as_it_is() {
        let store_kept = RefCell::default();
        let store = Memory::new(&store_kept);
        let lookalike = Secret::new(format!("{MARK}a 1 {}", "0".repeat(64)).into_bytes());
        store.save(&account(), &lookalike).expect("saved");
        assert_eq!(store.load(&account()), Ok(Some(lookalike)));
    }
}
