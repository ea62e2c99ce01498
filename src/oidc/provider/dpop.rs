//! Requests with a proof of possession (RFC 9449): the proof's place in the request, and the one repetition that a server may ask for with a nonce
//! (sections 8 and 9).

use std::sync::{Mutex, PoisonError};

use openidconnect::http::HeaderValue;
use serde_json::Value;
use url::Url;

use super::response::document;
use super::{Provider, random_secret};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::http::{Request, Response};
use crate::oidc::proof::{Proof, ProofKey, is_nonce};
use crate::secret::Secret;

/// The key that tokens are bound to, and the newest nonce of each side. Nonces live for one call: a server gives another to who has none.
pub(super) struct Binding {
    pub(super) key: ProofKey,
    authorization_nonce: Mutex<Option<String>>,
    resource_nonce: Mutex<Option<String>>,
}

/// What a request with a proof is made of.
#[derive(Clone, Copy)]
pub(super) struct Proving<'a> {
    /// The time.
    pub(super) now: Timestamp,
    /// The access token that goes with it; nothing at the authorization server.
    pub(super) access_token: Option<&'a Secret<String>>,
}

/// A new key.
#[must_use]
pub fn new_proof_key() -> ProofKey {
    loop {
        // 256 random bits are no key once in four thousand million times.
        if let Ok(key) = ProofKey::try_from(random_secret()) {
            return key;
        }
    }
}

impl Provider<'_> {
    /// The same, with its tokens bound to this key, where there is one.
    #[must_use]
    pub fn bound_to(mut self, key: Option<ProofKey>) -> Self {
        self.binding = key.map(|key| Binding { key, authorization_nonce: Mutex::default(), resource_nonce: Mutex::default() });
        self
    }

    /// The key that its tokens are bound to.
    #[must_use]
    pub fn proof_key(&self) -> Option<&ProofKey> {
        self.binding.as_ref().map(|binding| &binding.key)
    }

    /// Sends a request with a proof, where tokens are bound, and once more with the server's nonce, where it asks for that.
    pub(super) fn send_proved<E: From<Error>>(
        &self,
        request: Request,
        proving: Proving<'_>,
        send: &dyn Fn(Request) -> std::result::Result<Response, E>,
    ) -> std::result::Result<Response, E> {
        let Some(binding) = &self.binding else { return send(request) };
        let nonce = if proving.access_token.is_some() { &binding.resource_nonce } else { &binding.authorization_nonce };
        let known = || nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let remember = |response: &Response| {
            let given = response.headers().get("dpop-nonce").and_then(|value| value.to_str().ok()).filter(|text| is_nonce(text));
            if let Some(given) = given {
                *nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(given.to_owned());
            }
            given.is_some()
        };
        let response = send(with_proof(request.clone(), &binding.key, proving, known().as_deref())?)?;
        let has_given = remember(&response);
        if !(has_given && wants_nonce(&response)) {
            return Ok(response);
        }
        let response = send(with_proof(request, &binding.key, proving, known().as_deref())?)?;
        remember(&response);
        Ok(response)
    }
}

fn with_proof(mut request: Request, key: &ProofKey, proving: Proving<'_>, nonce: Option<&str>) -> Result<Request> {
    let url = Url::parse(&request.uri().to_string()).map_err(|error| Error::failed(format!("the endpoint is not a URL: {error}")))?;
    let id = random_secret();
    let proof =
        key.prove(&Proof { method: request.method().as_str(), url: &url, id: &id, now: proving.now, nonce, access_token: proving.access_token });
    let value = HeaderValue::from_str(proof.expose()).map_err(|_| Error::failed("the proof can't be sent in a header"))?;
    request.headers_mut().insert("dpop", value);
    Ok(request)
}

/// Whether a server refuses only for the want of a nonce: an authorization server in its document (section 8), a resource server in its challenge (section 9).
fn wants_nonce(response: &Response) -> bool {
    const WANTED: &str = "use_dpop_nonce";
    match response.status().as_u16() {
        400 | 401 => {
            let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
            let is_said = || document::<Value>(response).is_ok_and(|said| said["error"] == WANTED);
            challenge.is_some_and(|challenge| challenge.contains(WANTED)) || is_said()
        }
        _ => false,
    }
}
