//! `kclogin revoke`: ends a token before its time.

use crate::clock::{Clock, Timestamp};
use crate::error::Result;
use crate::oidc::provider::{Client, Ended, Provider};
use crate::refresh_lock;
use crate::secret::Secret;
use crate::session::{Session, account};
use crate::terminal::Terminal;

/// Revokes a token that somebody has given.
///
/// # Errors
/// The provider has no such endpoint, can't be reached, or refuses, as for another client's token.
pub fn revoke(token: &Secret<String>, provider: &Provider<'_>, client: &Client, terminal: &Terminal) -> Result<()> {
    match provider.revoke_any(client, token)? {
        Ended::Now => terminal.status("The token is revoked."),
        Ended::Before => terminal.status("The token was of no use any more."),
    }
    Ok(())
}

/// Revokes the stored access token and what was derived from it, and has the next call get another.
///
/// # Errors
/// Nothing is stored; the store fails; or as [`revoke`].
pub fn revoke_stored(session: &Session<'_>, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    let _lock = refresh_lock::take(session.state_dir, &session.profile.name)?;
    let mut set = session.stored()?;
    let (provider, client) = (session.provider(&set), session.client(&set)?);
    let derived = std::mem::take(&mut set.derived);
    for token in derived.iter().map(|derived| &derived.access_token).chain([&set.access_token]) {
        provider.revoke_any(&client, token)?;
    }
    // What is stored must not be handed out again, and a refresh finds the session as it was.
    set.expiry = Some(Timestamp(clock.now().0.saturating_sub(1)));
    session.store.save(&account(session.profile), &set.to_stored())?;
    terminal.status("The access token is revoked; the next command gets a new one.");
    Ok(())
}
