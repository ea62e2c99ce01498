//! A session: a stored token set that can still yield a fresh one. This file owns when to refresh, under which lock, and what a failed refresh means.
//!
//! It never opens a browser: where only a person can go on, it says so (exit 3) and leaves them to `kclogin login`.

mod derive;
mod service_account;

use std::path::Path;
use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::derived::is_valid_for;
use crate::error::{Error, ErrorKind, Result};
use crate::issued::{Need, Refresh, TokenKind};
use crate::oidc::claims::unverified_payload;
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::Http;
use crate::oidc::provider::{Client, IdTokenChecks, Provider, TokenResponse};
use crate::profile::Profile;
use crate::refresh_lock;
use crate::secret::Secret;
use crate::terminal::Terminal;
use crate::token_set::TokenSet;
use crate::token_store::{Account, TokenStore};

pub use service_account::ServiceAccount;

/// One profile's session and what it takes to keep it fresh.
pub struct Session<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Where the token set is kept.
    pub store: &'a dyn TokenStore,
    /// How the provider is reached.
    pub http: &'a Http<'a>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Where locks are kept.
    pub state_dir: Option<&'a Path>,
    /// The client's secret, where the environment gives one in place of the stored one.
    pub client_secret: Option<Secret<String>>,
    /// Where warnings go.
    pub terminal: &'a Terminal,
}

/// The account of a profile's token set.
#[must_use]
pub fn account(profile: &Profile) -> Account {
    Account::token_set(&profile.name, &profile.settings.client_id, profile.provider())
}

/// A profile's stored token set; `None` where nothing is stored.
///
/// # Errors
/// The store fails, or what is stored can't be read or is another provider's or client's.
pub fn load(store: &dyn TokenStore, profile: &Profile) -> Result<Option<TokenSet>> {
    let Some(stored) = store.load(&account(profile))? else { return Ok(None) };
    let token_set = TokenSet::from_stored(&stored)?;
    // The key says so already; this is for somebody who copies entries about in their keyring's program.
    let issuer = profile.settings.issuer.as_deref();
    if issuer.is_some_and(|issuer| issuer != token_set.issuer) || profile.settings.client_id != token_set.client_id {
        return Err(
            Error::login_required("the stored session belongs to another provider or client, so it is not used").hint("sign in with `kclogin login`")
        );
    }
    Ok(Some(token_set))
}

/// The stored secret of a profile's client.
///
/// # Errors
/// The store fails.
pub fn stored_client_secret(store: &dyn TokenStore, profile: &Profile) -> Result<Option<Secret<String>>> {
    let stored = store.load(&account(profile).client_secret())?;
    Ok(stored.and_then(|secret| String::from_utf8(secret.expose().clone()).ok()).map(Secret::new))
}

/// The client of a profile, with the given secret or else the stored one.
///
/// # Errors
/// The store fails.
pub fn client_of(profile: &Profile, store: Option<&dyn TokenStore>, given: Option<Secret<String>>, provider: &Provider<'_>) -> Result<Client> {
    let settings = &profile.settings;
    let secret = match (given, store) {
        (None, Some(store)) => stored_client_secret(store, profile)?,
        (given, _) => given,
    };
    let unknown = || if secret.is_some() { provider.preferred_authentication() } else { ClientAuthentication::None };
    let authentication = settings.client_authentication.unwrap_or_else(unknown);
    Ok(Client { id: settings.client_id.clone(), secret, authentication })
}

impl Session<'_> {
    /// The stored token set.
    ///
    /// # Errors
    /// As [`load`], and [`ErrorKind::LoginRequired`] where nothing is stored.
    pub fn stored(&self) -> Result<TokenSet> {
        load(self.store, self.profile)?.ok_or_else(|| {
            let name = &self.profile.name;
            Error::login_required(format!("not logged in to {} (profile `{name}`)", self.profile.provider()))
                .hint(format!("sign in with `kclogin login --profile {name}`"))
        })
    }

    /// A token set whose token meets the need: the stored one without network or lock where it does, else a refreshed one, which is stored
    /// before it is returned.
    ///
    /// # Errors
    /// [`ErrorKind::LoginRequired`] where nothing is stored or the provider no longer accepts it; the store's and the provider's other failures, which
    /// leave what is stored as it was.
    pub fn fresh(&self, need: Need) -> Result<TokenSet> {
        let first = self.stored()?;
        let suffices = |set: &TokenSet| match need.kind {
            TokenKind::Access => set.is_fresh(self.clock.now(), need.min_validity),
            TokenKind::Id => is_valid_for(set.id_token_expiry(), self.clock.now(), need.min_validity),
        };
        if need.refresh == Refresh::WhereNeeded && suffices(&first) {
            return Ok(first);
        }
        self.refreshed(&first).or_else(|error| {
            if error.kind() == ErrorKind::ProviderUnreachable && need.refresh == Refresh::Wished && suffices(&first) {
                self.terminal.warning(format!("the {} was not refreshed, so this is the one from before: {error}", need.kind));
                return Ok(first);
            }
            Err(self.with_hint(error))
        })
    }

    /// The token set after `first`: another process's, where one has come meanwhile, else one from the provider.
    fn refreshed(&self, first: &TokenSet) -> Result<TokenSet> {
        let _lock = refresh_lock::take(self.state_dir, &self.profile.name)?;
        // Somebody else may have refreshed meanwhile. Their token is as new as one of ours would be, even where the provider's tokens never live as
        // long as is asked for: twenty scripts that wait here must not refresh twenty times.
        let current = self.stored()?;
        if self.is_newer(&current, first) { Ok(current) } else { self.refresh(&current) }
    }

    fn is_newer(&self, set: &TokenSet, than: &TokenSet) -> bool {
        set.access_token != than.access_token && set.is_fresh(self.clock.now(), Duration::ZERO)
    }

    /// Where only a login helps, and nothing better is known, says how.
    fn with_hint(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::LoginRequired || error.hint_text().is_some() {
            return error;
        }
        error.hint(format!("sign in again with `kclogin login --profile {}`", self.profile.name))
    }

    /// The provider a token set came from.
    #[must_use]
    pub fn provider(&self, set: &TokenSet) -> Provider<'_> {
        Provider::known(self.http, Some(set.issuer.clone()), set.endpoints.clone()).bound_to(set.proof_key.clone())
    }

    /// The client a token set was issued to.
    ///
    /// # Errors
    /// The store fails.
    pub fn client(&self, set: &TokenSet) -> Result<Client> {
        let secret = match (set.client_authentication, &self.client_secret) {
            (ClientAuthentication::None, _) => None,
            (_, Some(given)) => Some(given.clone()),
            (_, None) => stored_client_secret(self.store, self.profile)?,
        };
        Ok(Client { id: set.client_id.clone(), secret, authentication: set.client_authentication })
    }

    /// Refreshes under the lock that the caller holds, and stores what comes of it.
    fn refresh(&self, current: &TokenSet) -> Result<TokenSet> {
        self.refresh_and(current, &[], |current, response, provider, now| succeed(provider, current, response, now))
    }

    /// Refreshes for an access token with this scope, and stores what `next` makes of the answer.
    fn refresh_and(
        &self,
        current: &TokenSet,
        scope: &[String],
        next: impl FnOnce(&TokenSet, TokenResponse, &Provider<'_>, Timestamp) -> Result<TokenSet>,
    ) -> Result<TokenSet> {
        let Some(refresh_token) = &current.refresh_token else {
            return Err(self.not_refreshable(current));
        };
        let (client, provider) = (self.client(current)?, self.provider(current));
        let now = self.clock.now();
        // Where refresh tokens are for one use, what comes for this one must be kept or the session is lost.
        self.store.try_out(&account(self.profile), &current.to_stored())?;
        let response = match provider.refresh(&client, refresh_token, scope, now) {
            Err(refused) if refused.kind() == ErrorKind::LoginRequired => return self.replaced(current).ok_or(refused),
            response => response?,
        };
        let next = next(current, response, &provider, now)?;
        self.store.save(&account(self.profile), &next.to_stored())?;
        Ok(next)
    }

    /// OpenID Connect Core 1.0 section 11: a refresh token may be a matter of scope.
    fn not_refreshable(&self, set: &TokenSet) -> Error {
        let has_expired = !set.is_fresh(self.clock.now(), Duration::ZERO);
        let error = Error::login_required(if has_expired {
            "the access token has expired and the provider gave no refresh token"
        } else {
            "the provider gave no refresh token, so there is no newer access token without a login"
        });
        if set.scope.iter().any(|scope| scope == "offline_access") {
            return error;
        }
        let login = format!("kclogin login --profile {}", self.profile.name);
        error.hint(format!("sign in again with `{login}`; some providers give one only with the scope `offline_access` and `--prompt consent`"))
    }

    /// The provider has refused the refresh token for good. What is stored is of no more use and forgotten, unless it is no longer what was refused: a
    /// login that could not wait for the lock has replaced it, and that is the answer then.
    fn replaced(&self, refused: &TokenSet) -> Option<TokenSet> {
        let stored = load(self.store, self.profile).ok().flatten()?;
        if stored == *refused {
            // If this fails the next call is refused again, which is no worse.
            let _ = self.store.delete(&account(self.profile));
        }
        Some(stored).filter(|stored| self.is_newer(stored, refused))
    }
}

/// The token set that follows `current`: what the response leaves out stays as it was (RFC 6749 section 6, OpenID Connect Core 1.0 section 12.2).
fn succeed(provider: &Provider<'_>, current: &TokenSet, response: TokenResponse, now: Timestamp) -> Result<TokenSet> {
    let mut next = TokenSet {
        access_token: response.access_token,
        expiry: response.expiry,
        obtained: now,
        scope: response.scope.unwrap_or_else(|| current.scope.clone()),
        ..current.clone()
    };
    if let Some(refresh_token) = response.refresh_token {
        next.refresh_token = Some(refresh_token);
        next.refresh_expiry = response.refresh_expiry;
    }
    if let Some(id_token) = response.id_token {
        let checks = IdTokenChecks { client_id: &current.client_id, nonce: None, access_token: &next.access_token, now, signature: false };
        let verified = provider.verify_id_token(&id_token, &checks)?;
        if verified.identity.subject != current.identity.subject {
            return Err(Error::failed("the refresh was answered for somebody else than the one who signed in, so it is not used"));
        }
        let claims_of = |id_token: &Secret<String>| unverified_payload(id_token.expose()).unwrap_or_default();
        let (before, after) = (claims_of(&current.id_token), claims_of(&id_token));
        // Both may be left out, but must not change.
        let changed = |name| before.get(name).zip(after.get(name)).is_some_and(|(before, after)| before != after);
        if changed("auth_time") || changed("nonce") {
            return Err(Error::failed("the refresh was answered for another sign-in than the stored one, so it is not used"));
        }
        next.identity = verified.identity;
        next.id_token = id_token;
    }
    Ok(next)
}
