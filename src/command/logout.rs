//! `kclogin logout`: ends the session at the provider as far as it can be reached, always removes it here, and says honestly which of the two happened.

use crate::error::{Error, ErrorKind, Result};
use crate::oidc::provider::Ended;
use crate::refresh_lock;
use crate::session::{Session, account, load};
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Whether to leave the network alone.
    pub local: bool,
    /// Whether this is one profile of several: then each is named, and those that are not logged in are passed over in silence.
    pub of_several: bool,
}

/// Logs a profile out. Not being logged in is success; the result says whether it was.
///
/// # Errors
/// The store fails: then the session is still here. That the provider could not be told is a warning.
pub fn logout(input: Input, session: &Session<'_>, terminal: &Terminal) -> Result<bool> {
    // Under the lock, or a refresh that is under way would store its result after the removal. If it can't be had, logging out matters more.
    let _lock = refresh_lock::take(session.state_dir, &session.profile.name);
    let (store, profile) = (session.store, session.profile);
    store.delete(&account(profile).service_account())?;
    let set = match load(store, profile) {
        Ok(Some(set)) => set,
        Ok(None) => {
            // A login that was killed may have left something that a store only removes when it is told to.
            store.delete(&account(profile))?;
            if !input.of_several {
                terminal.status(format!("Not logged in to {}.", profile.provider()));
            }
            return Ok(false);
        }
        Err(error) if error.kind() == ErrorKind::LoginRequired => {
            store.delete(&account(profile))?;
            terminal.warning(format!("{}; it was removed here, and may still be alive at the provider", error.sentence()));
            return Ok(true);
        }
        Err(error) => return Err(error),
    };
    let ended = if input.local { None } else { Some(end(session, &set)) };
    store.delete(&account(profile))?;
    let who = Line::new().plain("Logged out ").strong(set.identity.account_name()).plain(" from ").plain(&set.issuer);
    let who = if input.of_several { who.plain(format!(" (profile `{}`)", profile.name)) } else { who };
    match ended {
        Some(Ok(Ended::Now)) => terminal.status(who.plain(".")),
        Some(Ok(Ended::Before)) => terminal.status(who.plain("; the session at the provider was already over.")),
        Some(Err(error)) => {
            terminal.status(who.plain(", on this machine only."));
            terminal.warning(format!("the session at the provider could not be ended and lives on until it expires: {}", error.sentence()));
            terminal
                .status(format!("You can end it in the provider's account console, for Keycloak at {}/account.", set.issuer.trim_end_matches('/')));
        }
        None => terminal.status(who.plain(", on this machine only; the session at the provider lives on until it expires.")),
    }
    Ok(true)
}

/// Ends the provider's session and, where the session is an offline one (which survives that), revokes its refresh token.
fn end(session: &Session<'_>, set: &TokenSet) -> Result<Ended> {
    let Some(refresh_token) = &set.refresh_token else {
        return Err(Error::failed("the provider gave no refresh token that could name the session"));
    };
    let (client, provider) = (session.client(set)?, session.provider(set));
    if set.endpoints.end_session.is_none() {
        return provider.revoke(&client, refresh_token);
    }
    match provider.end_session(&client, refresh_token) {
        Err(error) if error.kind() == ErrorKind::ProviderUnreachable => Err(error),
        // The revocation is worth trying even where the other was refused; which of the two failed is said.
        ended if set.is_offline() => ended.and(provider.revoke(&client, refresh_token)),
        ended => ended,
    }
}
