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
use crate::oidc::provider::Provider;
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
        let before = self.kept(&ask.target);
        let kept = before.clone().map(|before| self.issued(before));
        kept_or_new(kept, ask.need, self.clock, self.terminal, || self.renew(&ask.target, before.as_ref()))
    }
}

impl ServiceAccount<'_> {
    fn load(&self) -> Kept {
        let stored = self.store.and_then(|store| store.load(&account(self.profile).service_account()).ok().flatten());
        // What can't be read is as good as what isn't there.
        stored.and_then(|stored| serde_json::from_slice(stored.expose()).ok()).unwrap_or_default()
    }

    fn kept(&self, target: &Target) -> Option<Derived> {
        derived_for(&self.load().tokens, target).cloned()
    }

    /// The token after `before`: another process's, where one has come meanwhile, else one from the provider.
    fn renew(&self, target: &Target, before: Option<&Derived>) -> Result<Issued> {
        // Without a lock the worst is one request more, so that is no reason to fail.
        let _lock = self.store.map(|_| refresh_lock::take(self.state_dir, &self.profile.name));
        let mut kept = self.load();
        if let Some(theirs) = newer(&kept.tokens, target, before, self.clock.now()) {
            return Ok(self.issued(theirs.clone()));
        }

        let settings = &self.profile.settings;
        let provider = Provider::of_settings(self.http, settings)?;
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
        Ok(self.issued(derived))
    }

    fn issued(&self, derived: Derived) -> Issued {
        let issuer = self.profile.provider().to_owned();
        let claims =
            unverified_payload(derived.access_token.expose()).filter(|claims| claims.get("iss").and_then(|iss| iss.as_str()) == Some(&issuer));
        let subject = claims.and_then(|claims| Some(claims.get("sub")?.as_str()?.to_owned()));
        Issued { token: derived.access_token, expiry: derived.expiry, scope: derived.granted, issuer, subject, proof_key: None }
    }
}
