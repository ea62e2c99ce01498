//! `kclogin logout`: ends the session at the provider as far as it can be reached, always removes it here, and says honestly which of the two happened.

mod browser;

use crate::clock::lasting;
use crate::error::{Error, ErrorKind, Result};
use crate::oidc::provider::Ended;
use crate::refresh_lock;
use crate::session::{Session, account, load};
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;
use browser::{Return, address, leave_to_person, sign_out};

pub use browser::Way;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Whether to leave the network alone.
    pub local: bool,
    /// Whether this is one profile of several: then each is named, and those that are not logged in are passed over in silence.
    pub of_several: bool,
    /// The browser that is to end the session at the provider, where that was asked for.
    pub in_browser: Option<Way<'a>>,
}

/// What became of the session at the provider.
enum Remote {
    /// Nobody was asked.
    Untouched,
    /// It is over.
    Ended(Ended),
    /// The browser was asked, and did not come back in this time.
    Unknown(std::time::Duration),
    /// It could not be ended.
    Alive(Error),
}

/// Logs a profile out. Not being logged in is success; the result says whether it was.
///
/// # Errors
/// The store fails: then the session is still here. That the provider could not be told is a warning.
pub fn logout(input: Input<'_>, session: &Session<'_>, terminal: &Terminal) -> Result<bool> {
    // Under the lock, or a refresh that is under way would store its result after the removal. If it can't be had, logging out matters more.
    let lock = refresh_lock::take(session.state_dir, &session.profile.name);
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
    let remote = match input.in_browser {
        _ if input.local => {
            store.delete(&account(profile))?;
            Remote::Untouched
        }
        // A person may take their time, and an end that they don't wait for must leave nothing here.
        Some(way) => {
            store.delete(&account(profile))?;
            drop(lock);
            end_in_browser(way, session, &set)
        }
        None => {
            let remote = end(session, &set).map_or_else(Remote::Alive, Remote::Ended);
            store.delete(&account(profile))?;
            remote
        }
    };
    say(&remote, input, session, &set, terminal);
    Ok(true)
}

fn say(remote: &Remote, input: Input<'_>, session: &Session<'_>, set: &TokenSet, terminal: &Terminal) {
    let who = Line::new().plain("Logged out ").strong(set.identity.account_name()).plain(" from ").plain(&set.issuer);
    let who = if input.of_several { who.plain(format!(" (profile `{}`)", session.profile.name)) } else { who };
    let account_console = || format!("the provider's account console, for Keycloak at {}/account", set.issuer.trim_end_matches('/'));
    match remote {
        Remote::Ended(Ended::Now) => terminal.status(who.plain(".")),
        Remote::Ended(Ended::Before) => terminal.status(who.plain("; the session at the provider was already over.")),
        Remote::Unknown(time) => {
            terminal.status(who.plain(", on this machine."));
            let limit = lasting(*time);
            terminal.warning(format!("whether the session at the provider is over is not known: the browser did not come back within {limit}"));
            terminal.status("Look at its page: it may ask you to confirm, or not allow this client's redirect URI after a logout.");
        }
        Remote::Alive(error) => {
            terminal.status(who.plain(", on this machine only."));
            terminal.warning(format!("the session at the provider could not be ended and lives on until it expires: {}", error.sentence()));
            // Only Keycloak's can be ended without one.
            let needs_browser = error.kind() != ErrorKind::ProviderUnreachable && set.endpoints.keycloak_issuer().is_none();
            match address(&set.endpoints, &set.client_id).filter(|_| needs_browser) {
                Some(address) => leave_to_person(&address, terminal),
                None => terminal.status(format!("You can end it in {}.", account_console())),
            }
        }
        Remote::Untouched => terminal.status(who.plain(", on this machine only; the session at the provider lives on until it expires.")),
    }
}

/// Has the browser end the session; where that can't be, ends it as without one. What outlives the session is revoked.
fn end_in_browser(way: Way<'_>, session: &Session<'_>, set: &TokenSet) -> Remote {
    let returned = match sign_out(way, session, set) {
        Ok(returned) => returned,
        Err(error) => {
            session.terminal.warning(format!("the session can't be ended in the browser: {}", error.sentence()));
            return end(session, set).map_or_else(Remote::Alive, Remote::Ended);
        }
    };
    let revoke = |token| session.client(set).and_then(|client| session.provider(set).revoke(&client, token));
    // Best effort: a session that is over takes its refresh token along, unless that is an offline one.
    let revoked = set.refresh_token.as_ref().filter(|_| set.endpoints.revocation.is_some()).map(revoke);
    match (returned, revoked) {
        (Return::Ended, Some(Err(error))) if set.is_offline() => Remote::Alive(error),
        (Return::Ended, _) => Remote::Ended(Ended::Now),
        (Return::Unknown, _) => Remote::Unknown(way.timeout),
    }
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
        // Another provider than Keycloak has no way to end a session but the browser; what this login got can be ended.
        Err(_) if set.endpoints.revocation.is_some() && set.endpoints.keycloak_issuer().is_none() => provider.revoke(&client, refresh_token),
        // Keycloak looks at no proof there, so it takes every bound refresh token for an invalid one. A revocation ends the session as well.
        Ok(Ended::Before) if set.proof_key.is_some() && set.endpoints.revocation.is_some() => provider.revoke(&client, refresh_token),
        // The revocation is worth trying even where the other was refused; which of the two failed is said.
        ended if set.is_offline() => ended.and(provider.revoke(&client, refresh_token)),
        ended => ended,
    }
}
