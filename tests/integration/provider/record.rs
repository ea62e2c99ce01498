//! What the provider saw and gave away: every request, and every secret that must never be seen on a stream.

use super::Provider;
use super::keys::from_base64;
use super::params::Params;
use super::script::Endpoint;
use super::wire::Request;

/// A secret that was issued or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownSecret {
    /// What it is: "access token", "code verifier", ...
    pub(crate) what: &'static str,
    /// The secret itself.
    pub(crate) value: String,
}

impl KnownSecret {
    /// Whether `text` shows it: whole, percent-encoded, or a part of a token that is telling by itself (claims or signature).
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let encoded: String = url::form_urlencoded::byte_serialize(self.value.as_bytes()).collect();
        let parts: Vec<&str> = self.value.split('.').collect();
        let is_token = parts.len() == 3 && self.value.starts_with("eyJ");
        text.contains(&self.value) || text.contains(&encoded) || is_token && parts[1..].iter().any(|part| part.len() > 16 && text.contains(part))
    }
}

/// Everything seen so far.
#[derive(Default)]
pub(super) struct Record {
    pub(super) requests: Vec<Request>,
    pub(super) secrets: Vec<KnownSecret>,
}

impl Record {
    /// Keeps a request, and the secrets in it.
    pub(super) fn request(&mut self, request: &Request) {
        self.secrets_in(&request.form);
        self.secrets_in(&request.query);
        if let Some((_, secret)) = request.basic() {
            self.secret("client secret", &secret);
        }
        if let Some((_, credentials)) = request.header("authorization").and_then(|value| value.split_once(' ')) {
            let what = if from_base64(credentials).is_some() { "basic credentials" } else { "bearer token" };
            self.secret(what, credentials);
        }
        self.requests.push(request.clone());
    }

    /// Keeps the secrets among parameters, by their names.
    pub(super) fn secrets_in(&mut self, params: &Params) {
        const SECRETS: [(&str, &str); 8] = [
            ("code", "authorization code"),
            ("device_code", "device code"),
            ("code_verifier", "code verifier"),
            ("client_secret", "client secret"),
            ("refresh_token", "refresh token"),
            ("access_token", "access token"),
            ("token", "token"),
            ("id_token_hint", "ID token"),
        ];
        for (name, what) in SECRETS {
            params.all(name).into_iter().for_each(|value| self.secret(what, value));
        }
    }

    /// Keeps a secret, once.
    pub(super) fn secret(&mut self, what: &'static str, value: &str) {
        if !value.is_empty() && self.secrets.iter().all(|known| known.value != value) {
            self.secrets.push(KnownSecret { what, value: value.to_owned() });
        }
    }
}

impl Provider {
    /// The requests to an endpoint, oldest first.
    pub(crate) fn requests(&self, endpoint: Endpoint) -> Vec<Request> {
        self.state().record.requests.iter().filter(|request| request.path == endpoint.path()).cloned().collect()
    }

    /// Every request, oldest first.
    pub(crate) fn all_requests(&self) -> Vec<Request> {
        self.state().record.requests.clone()
    }

    /// How many requests came in all.
    pub(crate) fn request_count(&self) -> usize {
        self.state().record.requests.len()
    }

    /// How many connections were opened, with or without a request.
    pub(crate) fn connection_count(&self) -> u64 {
        self.core.connections()
    }

    /// How many bytes it sent: with an endless response, how many were taken.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.core.bytes_sent()
    }

    /// Forgets the requests so far, not the secrets.
    pub(crate) fn forget_requests(&self) {
        self.state().record.requests.clear();
    }

    /// Every secret it issued or received.
    pub(crate) fn secrets(&self) -> Vec<KnownSecret> {
        self.state().record.secrets.clone()
    }

    /// What kinds of secrets `text` shows; none is what a test wants.
    pub(crate) fn leaks_in(&self, text: &str) -> Vec<&'static str> {
        self.state().record.secrets.iter().filter(|secret| secret.is_in(text)).map(|secret| secret.what).collect()
    }
}
