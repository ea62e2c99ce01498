//! Tokens that are derived from a session's own: for other resource servers by token exchange (RFC 8693), with less scope by a refresh that asks for
//! less (RFC 6749 section 6). They are kept with the token set, under the same lock.

use std::time::Duration;

use super::{Session, account, succeed};
use crate::clock::{Clock, Timestamp};
use crate::derived::{Derived, Target, derived_for, is_valid_for, keep_derived};
use crate::error::{Error, ErrorKind, Result};
use crate::issued::{Ask, Issued, Need, Refresh, Source, TokenKind};
use crate::oidc::provider::{Exchanged, TokenResponse};
use crate::refresh_lock;
use crate::terminal::Terminal;
use crate::token_set::TokenSet;

impl Source for Session<'_> {
    fn issue(&self, ask: &Ask) -> Result<Issued> {
        if !ask.target.is_default() {
            return self.derived(ask);
        }
        let set = self.fresh(ask.need)?;
        let (expiry, token, proof_key) = match ask.need.kind {
            TokenKind::Access => (set.expiry, set.access_token, set.proof_key),
            TokenKind::Id => (set.id_token_expiry(), set.id_token, None),
        };
        Ok(Issued { token, expiry, scope: set.scope, issuer: set.issuer, subject: Some(set.identity.subject), proof_key })
    }
}

/// What is kept where it meets the need, else what `renew` gives; but where the provider can't be reached and a new one was only wished for, what is kept
/// will do.
pub(super) fn kept_or_new(
    kept: Option<Issued>,
    need: Need,
    clock: &dyn Clock,
    terminal: &Terminal,
    renew: impl FnOnce() -> Result<Issued>,
) -> Result<Issued> {
    let sufficient = || kept.clone().filter(|kept| is_valid_for(kept.expiry, clock.now(), need.min_validity));
    if need.refresh == Refresh::WhereNeeded
        && let Some(kept) = sufficient()
    {
        return Ok(kept);
    }
    renew().or_else(|error| {
        let is_away = error.kind() == ErrorKind::ProviderUnreachable && need.refresh == Refresh::Wished;
        let Some(kept) = sufficient().filter(|_| is_away) else { return Err(error) };
        terminal.warning(format!("the access token was not renewed, so this is the one from before: {error}"));
        Ok(kept)
    })
}

/// The token of another process, where one came after `before` and is still valid.
pub(super) fn newer<'a>(kept: &'a [Derived], target: &Target, before: Option<&Derived>, now: Timestamp) -> Option<&'a Derived> {
    derived_for(kept, target).filter(|theirs| Some(*theirs) != before && is_valid_for(theirs.expiry, now, Duration::ZERO))
}

impl Session<'_> {
    /// The access token that was derived for a target and is kept, where it meets the need; else a new one.
    fn derived(&self, ask: &Ask) -> Result<Issued> {
        let first = self.stored()?;
        let before = derived_for(&first.derived, &ask.target);
        let kept = before.map(|before| issued(&first, before));
        let renew = || self.derive(&first, before, &ask.target);
        kept_or_new(kept, ask.need, self.clock, self.terminal, renew).map_err(|error| self.with_hint(error))
    }

    /// The token after `before`: another process's, where one has come meanwhile, else one from the provider.
    fn derive(&self, first: &TokenSet, before: Option<&Derived>, target: &Target) -> Result<Issued> {
        let _lock = refresh_lock::take(self.state_dir, &self.profile.name)?;
        let current = self.stored()?;
        if let Some(theirs) = newer(&current.derived, target, before, self.clock.now()) {
            return Ok(issued(&current, theirs));
        }
        let set = if target.audience().is_empty() { self.narrow(&current, target)? } else { self.exchange(first, current, target)? };
        let derived = derived_for(&set.derived, target);
        let derived = derived.ok_or_else(|| Error::login_required("somebody else has signed in meanwhile").hint("run this again"))?;
        // Keycloak leaves out what it does not grant and says so in the answer's scope only.
        if let Some(missing) = missing(target, &derived.granted) {
            self.terminal.warning(format!("the provider did not grant the scope `{missing}`"));
        }
        Ok(issued(&set, derived))
    }

    /// Refreshes for less scope. The session's own tokens stay as they are, but for the refresh token, which may be for one use.
    fn narrow(&self, current: &TokenSet, target: &Target) -> Result<TokenSet> {
        if let Some(missing) = missing(target, &current.scope) {
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
}

fn issued(set: &TokenSet, derived: &Derived) -> Issued {
    Issued {
        token: derived.access_token.clone(),
        expiry: derived.expiry,
        scope: derived.granted.clone(),
        issuer: set.issuer.clone(),
        subject: Some(set.identity.subject.clone()),
        proof_key: set.proof_key.clone(),
    }
}

/// The scopes of a target that are not among the granted ones.
fn missing(target: &Target, granted: &[String]) -> Option<String> {
    let missing: Vec<&str> = target.scope().iter().filter(|scope| !granted.contains(scope)).map(String::as_str).collect();
    Some(missing.join(" ")).filter(|missing| !missing.is_empty())
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
