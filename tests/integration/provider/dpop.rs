//! Proofs of possession, verified for real ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)): at the token endpoint, where they bind what is issued, and
//! at the UserInfo endpoint, where a bound token is of no use without one.

use std::collections::{HashMap, HashSet};

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use url::Url;

use super::endpoints::error;
use super::keys::{base64url, from_base64url, sha256};
use super::script::Endpoint;
use super::signer::decode;
use super::state::State;
use super::wire::{Request, Response};

/// How far a proof's time may be from the provider's, in seconds.
const TOLERANCE: u64 = 10;

/// What the provider asks of proofs, and what it has bound to whose key.
#[derive(Default)]
pub(super) struct Proofs {
    pub(super) required: bool,
    /// The nonce that the token endpoint wants, and the one that UserInfo wants.
    pub(super) nonces: [Option<String>; 2],
    /// By session.
    pub(super) bound: HashMap<String, String>,
    /// The key of the token request under way.
    pub(super) current: Option<String>,
    seen: HashSet<String>,
}

/// The thumbprint of the key by which a request is proved; `None` where it has no proof.
fn proved(state: &mut State, request: &Request, at: Endpoint, access_token: Option<&str>, nonce: Option<&str>) -> Result<Option<String>, String> {
    let proofs: Vec<&str> = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("dpop")).map(|(_, value)| value.as_str()).collect();
    let [proof] = proofs[..] else {
        return if proofs.is_empty() { Ok(None) } else { Err("more than one proof".to_owned()) };
    };
    let (header, claims) = decode(proof).ok_or("no JWT")?;
    let jwk = &header["jwk"];
    let members: Vec<&String> = jwk.as_object().ok_or("no jwk")?.keys().collect();
    if members != ["crv", "kty", "x", "y"] || header["typ"] != "dpop+jwt" || header["alg"] != "ES256" || jwk["crv"] != "P-256" || jwk["kty"] != "EC" {
        return Err(format!("header: {header}"));
    }
    let coordinate = |name: &str| jwk[name].as_str().and_then(from_base64url).filter(|bytes| bytes.len() == 32).ok_or(format!("no {name}"));
    let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
    let (signed, signature) = proof.rsplit_once('.').ok_or("no signature")?;
    let signature = from_base64url(signature).ok_or("no base64url")?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).map_err(|_| "the signature is wrong")?;
    let mut url = Url::parse(&state.url(at)).map_err(|error| error.to_string())?;
    url.set_query(None);
    let mut expected = json!({ "htm": request.method, "htu": url.as_str() });
    if let Some(token) = access_token {
        expected["ath"] = json!(base64url(&sha256(token.as_bytes())));
    }
    if let Some(nonce) = nonce {
        expected["nonce"] = json!(nonce);
    }
    let mut rest = claims.clone();
    let (id, time) = (rest["jti"].take(), rest["iat"].take());
    rest.as_object_mut().ok_or("no claims")?.retain(|_, value| !value.is_null());
    if nonce.is_none() {
        // Whoever asks for none doesn't look at one.
        rest.as_object_mut().ok_or("no claims")?.remove("nonce");
    }
    if rest != expected {
        return Err(format!("claims: {rest}, and not {expected}"));
    }
    if time.as_u64().is_none_or(|time| time.abs_diff(state.now()) > TOLERANCE) {
        return Err("DPoP proof is not active".to_owned());
    }
    let id = id.as_str().filter(|id| id.len() >= 16).ok_or("no jti")?;
    if !state.proofs.seen.insert(id.to_owned()) {
        return Err("DPoP proof has already been used".to_owned());
    }
    let text = |name: &str| jwk[name].as_str().unwrap_or_default();
    Ok(Some(base64url(&sha256(format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y")).as_bytes()))))
}

fn has_nonce(request: &Request, nonce: Option<&String>) -> bool {
    let claims = request.header("dpop").and_then(decode).map(|(_, claims)| claims);
    nonce.is_none_or(|nonce| claims.is_none_or(|claims| claims["nonce"] == nonce.as_str()))
}

/// Looks at the proof of a token request, before anything else is.
pub(super) fn check_token_request(state: &mut State, request: &Request) -> Result<(), Response> {
    let nonce = state.proofs.nonces[0].clone();
    if !has_nonce(request, nonce.as_ref()) {
        let refused = error(400, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof");
        return Err(refused.header("DPoP-Nonce", nonce.as_deref().unwrap_or_default()));
    }
    match proved(state, request, Endpoint::Token, None, nonce.as_deref()) {
        Err(what) => Err(error(400, "invalid_dpop_proof", &what)),
        Ok(None) if state.proofs.required => Err(error(400, "invalid_request", "DPoP proof is missing")),
        Ok(thumbprint) => {
            state.proofs.current = thumbprint;
            Ok(())
        }
    }
}

/// Whether the key of this token request is the one that a code or a session is bound to.
pub(super) fn check_key(state: &State, bound_to: Option<&String>) -> Result<(), Response> {
    match (bound_to, &state.proofs.current) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(error(400, "invalid_request", "DPoP proof is missing")),
        (Some(bound), Some(current)) if bound == current => Ok(()),
        _ => Err(error(400, "invalid_grant", "DPoP proof and token binding verification failed")),
    }
}

/// The access token of a UserInfo request and whether it may be used so.
pub(super) fn check_resource_request(state: &mut State, request: &Request, session: &str, token: &str) -> Result<(), Response> {
    let refused = |error: &str| Response::empty(401).header("WWW-Authenticate", &format!("DPoP error=\"{error}\", algs=\"ES256\""));
    let by_scheme = request.header("authorization").is_some_and(|value| value.starts_with("DPoP "));
    let bound = state.proofs.bound.get(session).cloned();
    if bound.is_none() {
        return if by_scheme { Err(refused("invalid_token")) } else { Ok(()) };
    }
    let nonce = state.proofs.nonces[1].clone();
    if by_scheme && !has_nonce(request, nonce.as_ref()) {
        return Err(refused("use_dpop_nonce").header("DPoP-Nonce", nonce.as_deref().unwrap_or_default()));
    }
    match proved(state, request, Endpoint::UserInfo, Some(token), nonce.as_deref()) {
        Ok(current) if by_scheme && current == bound => Ok(()),
        _ => Err(refused("invalid_token")),
    }
}

/// Binds what is issued to the key of the request under way.
pub(super) fn bind(state: &mut State, session: &str, claims: Option<&mut Value>, response: Option<&mut Value>) {
    let Some(current) = state.proofs.current.clone() else { return };
    if let Some(claims) = claims {
        claims["cnf"] = json!({ "jkt": current });
        claims["typ"] = json!("DPoP");
    }
    if let Some(response) = response {
        response["token_type"] = json!("DPoP");
        state.proofs.bound.insert(session.to_owned(), current);
    }
}

impl super::Provider {
    /// Takes no token request without a proof.
    pub(crate) fn require_proofs(&self) {
        self.state().proofs.required = true;
    }

    /// Wants this nonce in the proofs of token requests, and this one in those of UserInfo requests.
    pub(crate) fn want_nonces(&self, authorization: Option<&str>, resource: Option<&str>) {
        self.state().proofs.nonces = [authorization, resource].map(|nonce| nonce.map(str::to_owned));
    }

    /// The thumbprints of the keys that sessions are bound to, each once.
    pub(crate) fn bound_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.state().proofs.bound.values().cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }
}
