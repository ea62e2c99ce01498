//! Token sets in the Credential Manager: below its limit, whole or not read, and gone when they are deleted.

use kclogin::environment::Environment;
use kclogin::secret::Secret;
use kclogin::token_store::{Account, StoreName, Stores, SystemStores, TokenStore};

use crate::vault::{self, LIMIT};

fn store() -> Box<dyn TokenStore> {
    SystemStores::new(&Environment::of_process()).open(&StoreName::Keyring).expect("a store")
}

fn account(profile: &str) -> Account {
    Account::token_set(profile, "kclogin", "https://kc.example/realms/a")
}

/// So many bytes that are like no other such, in any part.
fn secret(seed: u32, length: usize) -> Secret<Vec<u8>> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    Secret::new((0..length).map(next).collect())
}

/// How many credentials a secret of so many bytes takes: it alone, or its parts and what says where they are.
fn count(length: usize) -> usize {
    if length > LIMIT { length.div_ceil(LIMIT) + 1 } else { 1 }
}

const HUNDRED_KILOBYTES: usize = 100 * 1024;

#[test]
fn a_hundred_kilobytes_round_trip_below_the_limit_and_are_replaced_and_removed_without_a_trace() {
    const PROFILE: &str = "kclogin-tests-large";
    let _alone = vault::alone(PROFILE);
    let (store, account) = (store(), account(PROFILE));
    assert_eq!(store.load(&account), Ok(None));
    let sizes = [HUNDRED_KILOBYTES, 3 * LIMIT + 1, 2 * HUNDRED_KILOBYTES, LIMIT, LIMIT + 1, 1, HUNDRED_KILOBYTES];
    for (seed, size) in (1..).zip(sizes) {
        store.save(&account, &secret(seed, size)).expect("saved");
        assert_eq!(store.load(&account), Ok(Some(secret(seed, size))), "{size}");
        assert_eq!(vault::kept(PROFILE).len(), count(size), "{size}");
    }
    store.delete(&account).expect("removed");
    assert_eq!((store.load(&account), vault::kept(PROFILE).len()), (Ok(None), 0));
}

#[test]
fn a_set_that_lacks_any_of_its_parts_or_has_an_older_one_is_never_read() {
    const PROFILE: &str = "kclogin-tests-damaged";
    let _alone = vault::alone(PROFILE);
    let (store, account) = (store(), account(PROFILE));
    store.save(&account, &secret(1, HUNDRED_KILOBYTES)).expect("saved");
    let older = vault::kept(PROFILE);
    // The second goes to the other place, the third to that of the first.
    store.save(&account, &secret(2, HUNDRED_KILOBYTES)).expect("saved");
    store.save(&account, &secret(3, HUNDRED_KILOBYTES)).expect("saved");
    let whole = vault::kept(PROFILE);
    assert!(whole.keys().eq(older.keys()));
    let parts = vault::parts(&whole);
    assert_eq!(parts.len(), 40);
    let is_refused = |what: &str| {
        let error = store.load(&account).expect_err(what);
        assert_eq!(error.sentence(), "what the token store keeps is not whole, so it is not used", "{what}");
    };
    for name in &parts {
        vault::remove(name);
        is_refused("a part is gone");
        vault::put(name, &older[*name]);
        is_refused("a part is older");
        vault::put(name, &whole[*name][1..]);
        is_refused("a part is cut");
        vault::put(name, &whole[*name]);
        assert_eq!(store.load(&account), Ok(Some(secret(3, HUNDRED_KILOBYTES))));
    }
    // Whatever comes next, what lay beyond the gap does not stay.
    vault::remove(parts[7]);
    store.save(&account, &secret(4, HUNDRED_KILOBYTES)).expect("saved");
    assert_eq!(store.load(&account), Ok(Some(secret(4, HUNDRED_KILOBYTES))));
    let whole = vault::kept(PROFILE);
    assert_eq!(whole.len(), 41);
    vault::remove(vault::parts(&whole)[7]);
    store.delete(&account).expect("removed");
    assert_eq!(vault::kept(PROFILE).len(), 0);
}

#[test]
fn a_writer_that_was_killed_leaves_the_old_set_and_the_next_one_tidies_up() {
    const PROFILE: &str = "kclogin-tests-killed";
    let _alone = vault::alone(PROFILE);
    let (store, account) = (store(), account(PROFILE));
    store.save(&account, &secret(1, HUNDRED_KILOBYTES)).expect("saved");
    let old = vault::kept(PROFILE);
    store.save(&account, &secret(2, HUNDRED_KILOBYTES)).expect("saved");
    let new = vault::kept(PROFILE);
    // Killed before the step that counts: the new one's first parts are there, and the old one as it was.
    let parts = vault::parts(&new);
    assert!(parts.iter().all(|name| !old.contains_key(*name)));
    parts[20..].iter().for_each(|name| vault::remove(name));
    old.iter().for_each(|(name, secret)| vault::put(name, secret));
    assert_eq!(store.load(&account), Ok(Some(secret(1, HUNDRED_KILOBYTES))));
    parts[..20].iter().for_each(|name| vault::put(name, &new[*name]));
    store.save(&account, &secret(3, HUNDRED_KILOBYTES)).expect("saved");
    assert_eq!(store.load(&account), Ok(Some(secret(3, HUNDRED_KILOBYTES))));
    assert_eq!(vault::kept(PROFILE).len(), count(HUNDRED_KILOBYTES));
    store.delete(&account).expect("removed");
    assert_eq!(vault::kept(PROFILE).len(), 0);
}

#[test]
fn names_that_differ_in_case_alone_and_long_ones_are_names_of_their_own() {
    const PROFILE: &str = "kclogin-tests-case";
    let _alone = vault::alone(PROFILE);
    let store = store();
    let long = format!("https://kc.example/{}", "a".repeat(2_000));
    let accounts = [
        account(PROFILE),
        account(&PROFILE.to_uppercase()),
        Account::token_set(PROFILE, "KCLOGIN", "https://kc.example/realms/a"),
        Account::token_set(PROFILE, "kclogin", &long),
    ];
    for (seed, account) in (1..).zip(&accounts) {
        store.save(account, &secret(seed, 100)).expect("saved");
    }
    for (seed, account) in (1..).zip(&accounts) {
        assert_eq!(store.load(account), Ok(Some(secret(seed, 100))), "{account}");
        store.delete(account).expect("removed");
    }
    assert_eq!(vault::kept(PROFILE).len(), 0);
}
