//! A service account: a client's own access tokens (RFC 6749 section 4.4), for where there is no person, such as CI.
//!
//! There is nothing to lose here, as there is with a session: a token that is not kept is asked for again. So where no store can be had, none is used.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::derive::{derived_of, kept_or_new, newer};
use super::{account, client_of};
use crate::clock::Clock;
use crate::derived::{Derived, Target, derived_for, keep_derived};
use crate::error::{Error, Result};
use crate::issued::{Ask, Issued, Source, TokenKind};
use crate::oidc::claims::unverified_payload;
use crate::oidc::http::Http;
use crate::oidc::proof::ProofKey;
use crate::oidc::provider::{Provider, new_proof_key};
use crate::profile::Profile;
use crate::refresh_lock;
use crate::secret::Secret;
use crate::terminal::Terminal;
use crate::token_store::TokenStore;

/// A client with a service account, and what it takes to ask for its tokens.
pub struct ServiceAccount<'a> {
    /// The profile that names the provider and the client. It may be made for this call alone.
    pub profile: &'a Profile,
    /// Where tokens are kept and the client's secret may be; nothing where they are asked for anew each time.
    pub store: Option<&'a dyn TokenStore>,
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

/// What is kept of a service account.
#[derive(Default, Deserialize, Serialize)]
struct Kept {
    tokens: Vec<Derived>,
    /// The key that all of them are bound to, where the profile wants that (DPoP, RFC 9449 section 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof_key: Option<ProofKey>,
}

impl Source for ServiceAccount<'_> {
    fn issue(&self, ask: &Ask) -> Result<Issued> {
        if ask.need.kind == TokenKind::Id {
            return Err(Error::usage("a service account has no ID token: nobody has signed in"));
        }
        if !ask.target.audience().is_empty() {
            return Err(Error::usage("a service account's token is for the audience that the provider gives it")
                .hint("ask an administrator for a mapper, or ask for a scope that brings the audience: `--scope SCOPE`"));
        }
        let kept = self.load();
        let before = derived_for(&kept.tokens, &ask.target).cloned();
        let kept = before.clone().map(|before| self.issued(before, kept.proof_key));
        kept_or_new(kept, ask.need, self.clock, self.terminal, || self.renew(&ask.target, before.as_ref()))
    }
}

impl ServiceAccount<'_> {
    fn load(&self) -> Kept {
        let stored = self.store.and_then(|store| store.load(&account(self.profile).service_account()).ok().flatten());
        // What can't be read is as good as what isn't there; so is what was bound to a key, or to none, before the profile wished otherwise.
        let kept = stored.and_then(|stored| serde_json::from_slice::<Kept>(stored.expose()).ok());
        kept.filter(|kept| kept.proof_key.is_some() == self.profile.settings.dpop).unwrap_or_default()
    }

    /// The token after `before`: another process's, where one has come meanwhile, else one from the provider.
    fn renew(&self, target: &Target, before: Option<&Derived>) -> Result<Issued> {
        // Without a lock the worst is one request more, so that is no reason to fail.
        let _lock = self.store.map(|_| refresh_lock::take(self.state_dir, &self.profile.name));
        let mut kept = self.load();
        if let Some(theirs) = newer(&kept.tokens, target, before, self.clock.now()) {
            return Ok(self.issued(theirs.clone(), kept.proof_key));
        }

        let settings = &self.profile.settings;
        kept.proof_key = kept.proof_key.or_else(|| settings.dpop.then(new_proof_key));
        let provider = Provider::of_settings(self.http, settings)?.bound_to(kept.proof_key.clone());
        let client = client_of(self.profile, self.store, self.client_secret.clone(), &provider)?;
        if client.secret.is_none() {
            return Err(Error::failed(format!("the client `{}` needs its secret to sign in by itself", settings.client_id))
                .hint("give it in KCLOGIN_CLIENT_SECRET, or store it with `kclogin login --client-secret-stdin`"));
        }
        let now = self.clock.now();
        let derived = derived_of(target, &provider.client_credentials(&client, target.scope(), now)?);
        if let Some(store) = self.store {
            keep_derived(&mut kept.tokens, derived.clone(), now);
            let stored = Secret::new(serde_json::to_vec(&kept).unwrap_or_default());
            if let Err(error) = store.save(&account(self.profile).service_account(), &stored) {
                self.terminal.warning(format!("the access token could not be kept for the next call: {}", error.sentence()));
            }
        }
        Ok(self.issued(derived, kept.proof_key))
    }

    fn issued(&self, derived: Derived, proof_key: Option<ProofKey>) -> Issued {
        let issuer = self.profile.provider().to_owned();
        let claims =
            unverified_payload(derived.access_token.expose()).filter(|claims| claims.get("iss").and_then(|iss| iss.as_str()) == Some(&issuer));
        let subject = claims.and_then(|claims| Some(claims.get("sub")?.as_str()?.to_owned()));
        Issued { token: derived.access_token, expiry: derived.expiry, scope: derived.granted, issuer, subject, proof_key }
    }
}
