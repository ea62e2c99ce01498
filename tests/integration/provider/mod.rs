//! A scriptable OpenID provider on a real socket. By itself it answers as Keycloak does, for a user who is signed in already; a test makes it
//! say, or sign, anything else. It plays what a real Keycloak can't be made to do.
//!
//! ```ignore
//! let provider = Provider::start();
//! provider.sign_with(Algorithm::Es256);
//! provider.alter_id_token(|_header, claims| claims["nonce"] = json!("another"));
//! provider.respond(Endpoint::UserInfo, Respond::status(503).once());
//! // ... sign in to provider.issuer() ...
//! assert_eq!(provider.requests(Endpoint::Token).len(), 1);
//! assert_eq!(provider.leaks_in(&stderr), Vec::<&str>::new());
//! ```
//!
//! Each test has its own; dropping it closes the port and ends its threads. Closures given to it run under its lock: they must not call it.
//! This file owns what a test can set; `script.rs`, `alter.rs` and `record.rs` add what it can have said, changed and asked.
#![allow(dead_code, reason = "no single test uses everything a provider can be made to do")]

mod alter;
mod client;
mod device;
mod dpop;
mod endpoints;
mod keys;
mod mint;
mod params;
mod pushed;
mod record;
mod script;
#[cfg(test)]
mod self_test;
mod server;
mod sessions;
mod signer;
mod state;
mod tls;
mod token;
mod wire;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, MutexGuard};

use serde_json::Value;

#[allow(unused_imports, reason = "see above")]
pub(crate) use self::{
    alter::Members,
    client::{http, http_get, http_post_form, location},
    keys::{Algorithm, base64url, from_base64url, rsa_public_pem, sha256, to_base64},
    params::Params,
    record::KnownSecret,
    script::{Endpoint, Respond},
    sessions::{Rotation, User},
    signer::{Flaw, decode, verified_by},
    state::ClientAuthentication,
    tls::TlsSetup,
    wire::{Answer, Request, Response, header},
};

use server::{Core, Listening};
use state::State;

/// A running provider.
pub(crate) struct Provider {
    core: Arc<Core>,
    listening: Option<Listening>,
    ca: Option<String>,
    client: Option<(String, String)>,
}

impl Provider {
    /// Starts one on a free port of 127.0.0.1, over plain HTTP, with a public client `kclogin` and Alice at the browser.
    pub(crate) fn start() -> Self {
        Self::listen(Ipv4Addr::LOCALHOST.into(), None)
    }

    /// Starts one on a free port of `[::1]`.
    pub(crate) fn start_on_ipv6() -> Self {
        Self::listen(Ipv6Addr::LOCALHOST.into(), None)
    }

    /// Starts one over TLS. The certificate to trust is [`Provider::ca_pem`].
    pub(crate) fn start_tls(setup: TlsSetup) -> Self {
        Self::listen(Ipv4Addr::LOCALHOST.into(), Some(tls::Tls::new(setup)))
    }

    fn listen(at: IpAddr, tls: Option<tls::Tls>) -> Self {
        let listener = TcpListener::bind(SocketAddr::from((at, 0))).expect("a port of the loopback is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let ca = tls.as_ref().map(|tls| tls.ca().to_owned());
        let client = tls.as_ref().and_then(tls::Tls::client);
        let core = Arc::new(Core::new(State::new(format!("{scheme}://{address}")), tls));
        let listening = Listening::start(Arc::clone(&core), listener, address);
        Self { core, listening: Some(listening), ca, client }
    }

    /// Closes the port and every connection. What was recorded can still be asked for.
    pub(crate) fn stop(&mut self) {
        self.listening = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.core.state()
    }

    // Where it is.

    /// The issuer.
    pub(crate) fn issuer(&self) -> String {
        self.state().issuer.clone()
    }

    /// Scheme, host and port.
    pub(crate) fn base(&self) -> String {
        self.state().base.clone()
    }

    /// The URL of an endpoint.
    pub(crate) fn url(&self, endpoint: Endpoint) -> String {
        self.state().url(endpoint)
    }

    /// The CA certificate of a provider over TLS.
    pub(crate) fn ca_pem(&self) -> &str {
        self.ca.as_deref().expect("only a provider over TLS has a CA")
    }

    /// The certificate and the key to show to a provider that demands one.
    pub(crate) fn client_pem(&self) -> (&str, &str) {
        self.client.as_ref().map(|(certificate, key)| (certificate.as_str(), key.as_str())).expect("only a provider that demands one has it")
    }

    /// Goes by another host's name everywhere, at the same port.
    pub(crate) fn be_called(&self, host: &str) {
        let mut state = self.state();
        let change = |text: &str| {
            let mut url = url::Url::parse(text).expect("a URL");
            url.set_host(Some(host)).expect("a host");
            url.to_string().trim_end_matches('/').to_owned()
        };
        (state.base, state.issuer) = (change(&state.base), change(&state.issuer));
    }

    // What it is like: users, clients, lifetimes, time.

    /// Calls itself `issuer` everywhere: metadata, tokens, authorization responses. It still answers at the same place.
    pub(crate) fn set_issuer(&self, issuer: &str) {
        issuer.clone_into(&mut self.state().issuer);
    }

    /// Signs another user in from now on.
    pub(crate) fn sign_in_as(&self, user: User) {
        self.state().settings.user = user;
    }

    /// Registers a public client.
    pub(crate) fn public_client(&self, client_id: &str) {
        self.state().clients.insert(client_id.to_owned(), None);
    }

    /// Registers a confidential client.
    pub(crate) fn confidential_client(&self, client_id: &str, secret: &str) {
        let mut state = self.state();
        state.record.secret("client secret", secret);
        state.clients.insert(client_id.to_owned(), Some(secret.to_owned()));
    }

    /// How confidential clients have to authenticate from now on; the metadata says so as well.
    pub(crate) fn client_authentication(&self, by: ClientAuthentication) {
        self.state().settings.client_authentication = by;
        let methods = match by {
            ClientAuthentication::Either => serde_json::json!(["client_secret_basic", "client_secret_post"]),
            ClientAuthentication::Basic => serde_json::json!(["client_secret_basic"]),
            ClientAuthentication::Post => serde_json::json!(["client_secret_post"]),
        };
        self.alter_metadata(move |metadata| metadata["token_endpoint_auth_methods_supported"] = methods.clone());
    }

    /// Accepts these redirect URIs only, letter by letter; at first it is any on a loopback address.
    pub(crate) fn accept_redirect_uris(&self, uris: &[&str]) {
        self.state().settings.redirect_uris = Some(uris.iter().map(|uri| (*uri).to_owned()).collect());
    }

    /// Whether an authorization request without PKCE is refused, as it is at first.
    pub(crate) fn require_proof_key(&self, required: bool) {
        self.state().settings.proof_key_required = required;
    }

    /// The lifetime in seconds of access and ID tokens issued from now on; at first 300.
    pub(crate) fn access_lifetime(&self, seconds: u64) {
        self.state().settings.access_lifetime = seconds;
    }

    /// The lifetime in seconds of refresh tokens issued from now on; at first 1800. Offline tokens have none.
    pub(crate) fn refresh_lifetime(&self, seconds: u64) {
        self.state().settings.refresh_lifetime = seconds;
    }

    /// What becomes of used refresh tokens.
    pub(crate) fn rotation(&self, rotation: Rotation) {
        self.state().settings.rotation = rotation;
    }

    /// Issues access tokens that are no JWT.
    pub(crate) fn opaque_access_tokens(&self) {
        self.state().settings.opaque_access_tokens = true;
    }

    /// Answers UserInfo as a signed JWT.
    pub(crate) fn sign_user_info(&self) {
        self.state().settings.signed_user_info = true;
    }

    /// Ends every session, as an administrator can.
    pub(crate) fn end_sessions(&self) {
        self.state().sessions.sessions.values_mut().for_each(|session| session.alive = false);
    }

    /// How many sessions are alive.
    pub(crate) fn live_sessions(&self) -> usize {
        self.state().sessions.sessions.values().filter(|session| session.alive).count()
    }

    /// The time in its tokens, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.state().now()
    }

    /// Stops its clock at a time.
    pub(crate) fn set_now(&self, seconds: u64) {
        self.state().clock = state::Clock { fixed: Some(seconds), ahead: 0 };
    }

    /// Moves its clock, which stands or goes, ahead or (negative) back.
    pub(crate) fn advance(&self, seconds: i64) {
        self.state().clock.ahead += seconds;
    }

    // How it signs.

    /// Signs with a new key for `algorithm` from now on. The key before it is no longer published.
    pub(crate) fn sign_with(&self, algorithm: Algorithm) {
        self.state().signer.sign_with(algorithm);
    }

    /// Changes to a new key of the same algorithm, and no longer publishes the old one.
    pub(crate) fn rotate_key(&self) {
        self.state().signer.rotate(false);
    }

    /// Changes to a new key of the same algorithm, and keeps the old one published.
    pub(crate) fn rotate_key_keeping_the_old(&self) {
        self.state().signer.rotate(true);
    }

    /// Publishes one more key for `algorithm`, which signs nothing.
    pub(crate) fn publish_key_beside(&self, algorithm: Algorithm) {
        self.state().signer.publish_beside(algorithm);
    }

    /// Publishes keys of unknown types, curves and uses beside the right one.
    pub(crate) fn publish_strange_keys(&self) {
        self.state().signer.publish_strange_keys();
    }

    /// Leaves the key ID out of token headers.
    pub(crate) fn omit_key_id(&self) {
        self.state().signer.names_key = false;
    }

    /// Signs ID tokens and signed UserInfo wrongly: one bit is turned.
    pub(crate) fn sign_badly(&self) {
        self.sign_with_flaw(Flaw::TurnedBit);
    }

    /// Signs ID tokens and signed UserInfo wrongly, in a way of one's choice.
    pub(crate) fn sign_with_flaw(&self, flaw: Flaw) {
        self.state().signer.flaw = Some(flaw);
    }

    /// The published key set, unaltered.
    pub(crate) fn key_set(&self) -> Value {
        self.state().signer.key_set()
    }

    /// Ends an access token before its time; its session lives on.
    pub(crate) fn revoke_access_token(&self, token: &str) {
        self.state().sessions.access_tokens.get_mut(token).expect("an access token").spent = true;
    }

    /// Signs any header and claims text with the key in use, for tokens that no alteration makes.
    pub(crate) fn compact(&self, header: &Value, claims: &str) -> String {
        self.state().signer.compact(header, claims)
    }
}
