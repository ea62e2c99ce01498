//! Tokens that are derived from a session's own: for other resource servers by token exchange (RFC 8693), with less scope by a refresh that asks for
//! less (RFC 6749 section 6). They are kept with the token set, under the same lock.

use super::{Session, account, succeed};
use crate::derived::{Derived, Target, derived_for, is_valid_for, keep_derived};
use crate::error::{Error, ErrorKind, Result};
use crate::issued::{Ask, Issued, Need, Refresh, Source, TokenKind};
use crate::oidc::provider::{Exchanged, TokenResponse};
use crate::refresh_lock;
use crate::token_set::TokenSet;

impl Source for Session<'_> {
    fn issue(&self, ask: &Ask) -> Result<Issued> {
        let Ask { target, need } = ask;
        if !target.is_default() {
            let (set, derived) = self.derived(target, *need)?;
            return Ok(Issued {
                token: derived.access_token,
                expiry: derived.expiry,
                scope: derived.granted,
                issuer: set.issuer,
                subject: Some(set.identity.subject),
            });
        }
        let set = self.fresh(*need)?;
        let expiry = if need.kind == TokenKind::Id { set.id_token_expiry() } else { set.expiry };
        let token = if need.kind == TokenKind::Id { set.id_token } else { set.access_token };
        Ok(Issued { token, expiry, scope: set.scope, issuer: set.issuer, subject: Some(set.identity.subject) })
    }
}

impl Session<'_> {
    /// The access token that was derived for a target and is kept, where it meets the need; else a new one.
    fn derived(&self, target: &Target, need: Need) -> Result<(TokenSet, Derived)> {
        let first = self.stored()?;
        let kept = derived_for(&first.derived, target).cloned();
        let suffices = |derived: &Derived| is_valid_for(derived.expiry, self.clock.now(), need.min_validity);
        match &kept {
            Some(derived) if need.refresh == Refresh::WhereNeeded && suffices(derived) => return Ok((first, derived.clone())),
            _ => {}
        }
        self.derive(&first, kept.as_ref(), target).or_else(|error| match &kept {
            Some(derived) if error.kind() == ErrorKind::ProviderUnreachable && need.refresh == Refresh::Wished && suffices(derived) => {
                self.terminal.warning(format!("the access token was not renewed, so this is the one from before: {error}"));
                Ok((first, derived.clone()))
            }
            _ => Err(self.with_hint(error)),
        })
    }

    /// The token after `before`: another process's, where one has come meanwhile, else one from the provider.
    fn derive(&self, first: &TokenSet, before: Option<&Derived>, target: &Target) -> Result<(TokenSet, Derived)> {
        let _lock = refresh_lock::take(self.state_dir, &self.profile.name)?;
        let current = self.stored()?;
        let theirs = derived_for(&current.derived, target).filter(|theirs| Some(*theirs) != before);
        if let Some(theirs) = theirs.filter(|theirs| is_valid_for(theirs.expiry, self.clock.now(), std::time::Duration::ZERO)).cloned() {
            return Ok((current, theirs));
        }
        let set = if target.audience().is_empty() { self.narrow(&current, target)? } else { self.exchange(first, current, target)? };
        let derived = derived_for(&set.derived, target).cloned();
        let derived = derived.ok_or_else(|| Error::login_required("somebody else has signed in meanwhile").hint("run this again"))?;
        self.warn_of_missing(target, &derived);
        Ok((set, derived))
    }

    /// Refreshes for less scope. The session's own tokens stay as they are, but for the refresh token, which may be for one use.
    fn narrow(&self, current: &TokenSet, target: &Target) -> Result<TokenSet> {
        let missing: Vec<&str> = target.scope().iter().filter(|scope| !current.scope.contains(scope)).map(String::as_str).collect();
        if !missing.is_empty() {
            let missing = missing.join(" ");
            return Err(Error::failed(format!("the session was not granted the scope `{missing}`, so no token of it can have it")).hint(format!(
                "sign in for it: `kclogin login --profile {} --scope '{} {missing}'`",
                self.profile.name,
                current.scope.join(" ")
            )));
        }
        self.refresh_and(current, target.scope(), |current, response, provider, now| {
            let derived = derived_of(target, &response);
            let next = succeed(provider, current, response, now)?;
            let mut set = TokenSet { refresh_token: next.refresh_token, refresh_expiry: next.refresh_expiry, ..current.clone() };
            keep_derived(&mut set.derived, derived, now);
            Ok(set)
        })
    }

    /// Exchanges the access token, refreshed first where it has expired, or where it is refused although it has not.
    fn exchange(&self, first: &TokenSet, current: TokenSet, target: &Target) -> Result<TokenSet> {
        let is_fresh = current.is_fresh(self.clock.now(), Need::USUAL.min_validity);
        let mut set = if is_fresh { current } else { self.refresh(&current)? };
        let mut is_new = !is_fresh || set.access_token != first.access_token;
        loop {
            let (client, provider, now) = (self.client(&set)?, self.provider(&set), self.clock.now());
            match provider.exchange_token(&client, &set.access_token, target, now)? {
                Exchanged::Token(response) => {
                    keep_derived(&mut set.derived, derived_of(target, &response), now);
                    self.store.save(&account(self.profile), &set.to_stored())?;
                    return Ok(set);
                }
                Exchanged::SubjectRefused(error) if is_new => return Err(error),
                Exchanged::SubjectRefused(_) => (set, is_new) = (self.refresh(&set)?, true),
            }
        }
    }

    /// Keycloak leaves out what it does not grant and says so in the answer's scope only.
    fn warn_of_missing(&self, target: &Target, derived: &Derived) {
        let missing: Vec<&str> = target.scope().iter().filter(|scope| !derived.granted.contains(scope)).map(String::as_str).collect();
        if !missing.is_empty() {
            self.terminal.warning(format!("the provider did not grant the scope `{}`", missing.join(" ")));
        }
    }
}

/// What is kept of an answer. One that names no scope granted what was asked for (RFC 6749 section 5.1).
pub(super) fn derived_of(target: &Target, response: &TokenResponse) -> Derived {
    Derived {
        target: target.clone(),
        access_token: response.access_token.clone(),
        expiry: response.expiry,
        granted: response.scope.clone().unwrap_or_else(|| target.scope().to_vec()),
    }
}
