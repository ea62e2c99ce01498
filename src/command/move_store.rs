//! `kclogin profile move-store`: a profile's session and client secret from one token store to another.
//!
//! The order is the promise: copied, read back and compared, then written down in the profile, then removed from the store before. Whoever is killed in
//! between loses nothing: until it is written down the store before is in use, from then on the new one. The other of the two is written down too, so
//! that a later command can clear it; see `leftover`.

use std::path::Path;

use crate::error::{Error, Result};
use crate::leftover::{Leftovers, announce, leave};
use crate::profile::Profile;
use crate::profile::config_file::Config;
use crate::refresh_lock;
use crate::session::account;
use crate::terminal::{Line, Terminal};
use crate::token_store::{StoreName, Stores, TokenStore, probe};

/// What is asked for.
#[derive(Debug)]
pub struct Input<'a> {
    /// The profile.
    pub profile: Profile,
    /// The store to move from, where it is another than the profile's.
    pub from: Option<&'a str>,
    /// The store to move to.
    pub to: &'a str,
    /// The store that the environment names, which goes before the profile's.
    pub environment: Option<&'a str>,
}

/// Moves what a profile keeps. Nothing being kept is success too: the profile then uses the new store from now on.
///
/// # Errors
/// Either store fails, the new one does not give back what it was given, a refresh is under way for too long, or the configuration can't be written.
/// What is kept is then still in the store before.
pub fn move_store(input: Input<'_>, stores: &dyn Stores, state_dir: Option<&Path>, config: &mut Config, terminal: &Terminal) -> Result<()> {
    let profile = input.profile;
    let to_name = StoreName::parse(input.to)?;
    let from_name = StoreName::of_setting(input.from.or(profile.settings.store.as_deref()))?;
    if to_name == from_name {
        return Err(Error::usage(format!("the profile `{}` is in that store already", profile.name)));
    }
    let (from, to) = (stores.open(&from_name)?, stores.open(&to_name)?);
    // Or a refresh that is under way would store its result where nobody looks any more.
    let lock = refresh_lock::take(state_dir, &profile.name)?;
    let moved = copy_and_write_down(&profile, (&from_name, &*from), (&to_name, &*to), config);
    drop(lock);
    if let (Ok(_), Some(caution)) = (&moved, to_name.caution()) {
        terminal.warning(caution);
    }
    // Whichever of the two is not the profile's now: a copy that is not in use would only lie about.
    let leftovers = Leftovers { stores, state_dir: state_dir.map(Path::to_owned), terminal, asks: true };
    leftovers.clear_or_warn(&profile.name, config);
    let copied = moved?;
    let what = if copied { "What the profile " } else { "Nothing is kept yet for the profile " };
    let line = Line::new().plain(what).strong(&profile.name);
    let line = if copied { line.plain(" keeps is now in ") } else { line.plain("; it will be kept in ") };
    terminal.status(line.strong(stores.describe(&to_name)).plain("."));
    if let Some(set) = input.environment.filter(|set| *set != to_name.to_string()) {
        terminal.warning(format!("KCLOGIN_STORE is `{set}`, which goes before the profile: change it too"));
    }
    Ok(())
}

/// Makes the new store the profile's own, with all that the store before keeps; says whether there was anything.
fn copy_and_write_down(
    profile: &Profile,
    (from_name, from): (&StoreName, &dyn TokenStore),
    (to_name, to): (&StoreName, &dyn TokenStore),
    config: &mut Config,
) -> Result<bool> {
    let mut profile = profile.clone();
    profile.settings.store = Some(to_name.to_string());
    announce(&profile, config)?;
    probe(to, &account(&profile))?;
    let copied = copy(&profile, from, to)?;
    if let Some(written) = config.profile(&profile.name) {
        profile.settings.uncleared_stores = written.settings.uncleared_stores;
    }
    leave(&mut profile.settings, from_name);
    config.put(&profile)?;
    Ok(copied)
}

/// Copies what is kept for a profile and reads it back; says whether there was anything.
fn copy(profile: &Profile, from: &dyn TokenStore, to: &dyn TokenStore) -> Result<bool> {
    let mut copied = false;
    for account in [account(profile), account(profile).client_secret()] {
        let Some(secret) = from.load(&account)? else {
            // What the new store may have from an earlier time is not this profile's session.
            to.delete(&account)?;
            continue;
        };
        to.save(&account, &secret)?;
        if to.load(&account)?.as_ref() != Some(&secret) {
            return Err(Error::store_unavailable("the new token store does not give back what it was given, so nothing was moved"));
        }
        copied = true;
    }
    Ok(copied)
}
