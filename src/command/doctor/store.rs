//! The token store: that it is there, that it keeps what it is given, and whether a session is in it. What is in a session is not looked at.

use super::Parts;
use super::finding::Finding;
use crate::error::Error;
use crate::profile::Profile;
use crate::session::{account, load};
use crate::token_store::{Account, probe};

pub(super) fn look(profile: Option<&Profile>, parts: &Parts<'_>) -> Vec<Finding> {
    let rest = ["probe", "session"];
    let store = match (&parts.store.name, &parts.store.opened) {
        (Err(error), _) | (_, Err(error)) => {
            let failed = failed("store", error, parts);
            let rest = rest.map(|name| Finding::skipped(name, "there is no store"));
            return std::iter::once(failed).chain(rest).collect();
        }
        (Ok(_), Ok(store)) => store,
    };
    let named = Finding::ok("store", &parts.store.description);
    // Where no login can be, the store is tried all the same.
    let kept_under = profile.map_or_else(|| Account::token_set("doctor", "kclogin", "no provider"), account);
    if let Err(error) = probe(&**store, &kept_under) {
        return vec![named, failed(rest[0], &error, parts), Finding::skipped(rest[1], "the store does not work")];
    }
    let session = match profile.map(|profile| load(&**store, profile)) {
        None | Some(Ok(None)) => Finding::ok(rest[1], "none yet"),
        Some(Ok(Some(_))) => Finding::ok(rest[1], "there is one"),
        Some(Err(error)) => Finding::warning(rest[1], error.sentence(), error.hint_text().unwrap_or("sign in again with `kclogin login`")),
    };
    vec![named, Finding::ok(rest[0], "written, read and deleted"), session]
}

/// A locked keyring fails a login only where nobody can be asked to unlock it.
fn failed(name: &'static str, error: &Error, parts: &Parts<'_>) -> Finding {
    if error.sentence() == "the keyring is locked" && parts.environment.has_display() {
        return Finding::warning(name, error.sentence(), "a login waits for you to unlock it; or do so now, by your desktop's password program");
    }
    Finding::failed_by(name, error, "unlock it, or choose another store with `--store`")
}
