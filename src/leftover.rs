//! What a profile may have left in token stores that are not its own: no longer, or not yet.
//!
//! A change of store is steps in two stores and a file, and whoever is killed between two of them would leave a session that no later command finds. So
//! a store is written down in the profile before anything gets there that would have to be removed, and struck out once it is clear.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::profile::config_file::Config;
use crate::profile::{Profile, Settings};
use crate::refresh_lock;
use crate::session::account;
use crate::terminal::Terminal;
use crate::token_store::{StoreName, Stores, clear};

/// Writes down that the store these settings name may hold something before the profile names it.
///
/// # Errors
/// The store's name is none, or the configuration can't be written.
pub fn announce(profile: &Profile, config: &mut Config) -> Result<()> {
    config.add_uncleared(&profile.name, &StoreName::of_setting(profile.settings.store.as_deref())?.to_string())
}

/// Has the settings say, in the same write as what their store is from now on, that the former one is not clear yet.
pub fn leave(settings: &mut Settings, former: &StoreName) {
    let own = StoreName::of_setting(settings.store.as_deref()).unwrap_or_default().to_string();
    let former = former.to_string();
    settings.uncleared_stores.retain(|store| *store != own && *store != former);
    if former != own {
        settings.uncleared_stores.push(former);
    }
}

/// What clears the stores that profiles have written down.
pub struct Leftovers<'a> {
    /// Where the stores are opened.
    pub stores: &'a dyn Stores,
    /// Where locks are kept.
    pub state_dir: Option<PathBuf>,
    /// Both streams.
    pub terminal: &'a Terminal,
    /// Whether the person may be asked to unlock a store: only by the command that leaves it, or each later one would ask again.
    pub asks: bool,
}

impl Leftovers<'_> {
    /// Clears what a profile has written down, and strikes it out. What can't be cleared stays written down, and is a warning.
    pub fn clear_or_warn(&self, name: &str, config: &mut Config) {
        if let Err(error) = self.clear(name, config) {
            self.terminal.warning(format!("{}; the next login or logout tries again", error.sentence()));
        }
    }

    /// Clears what a profile has written down, and strikes it out.
    ///
    /// # Errors
    /// A store fails, or the configuration can't be written: then the store stays written down, and the others are cleared all the same.
    pub fn clear(&self, name: &str, config: &mut Config) -> Result<()> {
        let is_clear = |profile: Option<Profile>| profile.is_none_or(|profile| profile.settings.uncleared_stores.is_empty());
        if is_clear(config.profile(name)) {
            return Ok(());
        }
        // Another process may be about to make one of these stores the profile's own: under the lock, the file says which it is.
        let _lock = self.state_dir.as_deref().map(|dir| refresh_lock::take(Some(dir), name)).transpose()?;
        config.read_again()?;
        let Some(profile) = config.profile(name) else { return Ok(()) };
        let own = StoreName::of_setting(profile.settings.store.as_deref()).ok();
        let clear_one = |store: &str| {
            let store = StoreName::parse(store)?;
            if own.as_ref() == Some(&store) { Ok(()) } else { self.clear_store(&profile, &store) }
        };
        let mut outcome = Ok(());
        for store in &profile.settings.uncleared_stores {
            let cleared = clear_one(store).and_then(|()| config.strike_uncleared(name, store));
            outcome = outcome.and(cleared.map_err(|error| {
                let described = StoreName::parse(store).map_or_else(|_| store.clone(), |store| self.stores.describe(&store));
                let sentence = format!(
                    "what the profile `{name}` may have left in another store, {described}, could not be removed there: {}",
                    error.sentence()
                );
                Error::new(error.kind(), sentence).hint(error.hint_text().unwrap_or("look at what keeps that store from working").to_owned())
            }));
        }
        outcome
    }

    fn clear_store(&self, profile: &Profile, store: &StoreName) -> Result<()> {
        let store = if self.asks { self.stores.open(store)? } else { self.stores.open_without_asking(store)? };
        clear(&*store, &account(profile))?;
        // A secret that came with an import is kept under what stood for the issuer until it was known.
        if profile.settings.endpoints.authorization_endpoint.is_some() {
            let settings = Settings { issuer: None, ..profile.settings.clone() };
            clear(&*store, &account(&Profile { settings, ..profile.clone() }))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_left_is_written_down_once_and_the_profile_s_own_never() {
        let uncleared_stores = ["file", "kernel", "keyring"].map(str::to_owned).to_vec();
        let mut settings = Settings { store: Some("file".to_owned()), uncleared_stores, ..Settings::default() };
        leave(&mut settings, &StoreName::Keyring);
        assert_eq!(settings.uncleared_stores, ["kernel", "keyring"]);
        settings.store = None;
        leave(&mut settings, &StoreName::File);
        assert_eq!(settings.uncleared_stores, ["kernel", "file"]);
        leave(&mut settings, &StoreName::Keyring);
        assert_eq!(settings.uncleared_stores, ["kernel", "file"], "nothing was left");
    }
}
