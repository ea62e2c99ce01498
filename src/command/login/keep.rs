//! From the provider's tokens to a stored token set and a profile that knows of it.

use super::Attempt;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::leftover::{announce, leave};
use crate::oidc::claims::unverified_payload;
use crate::oidc::provider::{IdTokenChecks, TokenResponse};
use crate::profile::config_file::Config;
use crate::refresh_lock;
use crate::secret::Secret;
use crate::session::{self, account};
use crate::token_set::TokenSet;

/// What the provider gave once the person had signed in.
pub(super) struct Granted {
    /// Its token response.
    pub(super) tokens: TokenResponse,
    /// What the ID token has to repeat, where the way there had room for it.
    pub(super) nonce: Option<Secret<String>>,
    /// When it was asked for.
    pub(super) obtained: Timestamp,
}

/// Verifies the ID token and keeps it all: the token set, the client's secret, and the profile, whose name is given back.
pub(super) fn keep(granted: Granted, attempt: Attempt<'_>, config: &mut Config) -> Result<(TokenSet, String)> {
    let Attempt { input, provider, client, parts } = attempt;
    let Granted { tokens, nonce, obtained } = granted;
    let id_token = tokens.id_token.ok_or_else(|| Error::failed("the provider gave no ID token, so it is not known who signed in"))?;
    let checks =
        IdTokenChecks { client_id: &client.id, nonce: nonce.as_ref(), access_token: &tokens.access_token, now: parts.clock.now(), signature: true };
    let verified = provider.verify_id_token(&id_token, &checks)?;
    input.demands.check(&unverified_payload(id_token.expose()).unwrap_or_default())?;
    let set = TokenSet {
        issuer: verified.issuer,
        client_id: client.id.clone(),
        identity: verified.identity,
        access_token: tokens.access_token,
        expiry: tokens.expiry,
        refresh_token: tokens.refresh_token,
        refresh_expiry: tokens.refresh_expiry,
        id_token,
        scope: tokens.scope.unwrap_or_else(|| input.profile.scope()),
        endpoints: provider.endpoints.clone(),
        client_authentication: client.authentication,
        proof_key: provider.proof_key().cloned(),
        obtained,
        derived: Vec::new(),
    };
    let mut profile = input.profile.clone();
    // Where an imported file named no issuer, this is the one from now on.
    profile.settings.issuer.get_or_insert_with(|| set.issuer.clone());
    let account = account(&profile);
    // A secret that came with an import is kept under what stood for the issuer until it was known.
    let has_moved = account != session::account(&input.profile);
    let is_elsewhere = has_moved || parts.former.is_some();
    // Under the lock, or a refresh that is under way for the session before this one would store its result over this one. If it can't be had, having
    // signed in matters more.
    let lock = refresh_lock::take(parts.state_dir, &profile.name);
    if parts.former.is_some() {
        announce(&profile, config)?;
    }
    if let Some(secret) = input.client_secret.as_ref().or(client.secret.as_ref().filter(|_| is_elsewhere)) {
        parts.store.save(&account.client_secret(), &Secret::new(secret.expose().clone().into_bytes()))?;
    }
    parts.store.save(&account, &set.to_stored())?;
    let written = config.profile(&profile.name);
    let is_new = written.is_none();
    profile.settings.uncleared_stores = written.map(|written| written.settings.uncleared_stores).unwrap_or_default();
    if let Some(former) = &parts.former {
        leave(&mut profile.settings, &former.name);
    }
    config.put(&profile).inspect_err(|_| {
        if is_new {
            // Where no profile says where it is, nobody would find the session again.
            let _ = parts.store.delete(&account);
            let _ = parts.store.delete(&account.client_secret());
        }
    })?;
    if has_moved {
        parts.store.delete(&session::account(&input.profile).client_secret())?;
    }
    drop(lock);
    Ok((set, profile.name))
}
