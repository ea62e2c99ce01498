//! Proofs of possession (DPoP, RFC 9449): the key that a session's tokens are bound to, and the proof that goes with each request. The only file that names
//! the crate that signs.
//!
//! Sending a proof, and what a provider says to it, is left to `provider`; keeping the key, to the token set, which holds it like a token.

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::clock::Timestamp;
use crate::encoding::{from_base64url, sha256_base64url, to_base64url};
use crate::oidc::claims::unverified_payload;
use crate::secret::Secret;

/// The longest nonce that is repeated, in bytes. It goes into a header.
const LONGEST_NONCE: usize = 512;

/// A private key of P-256, for ES256. It is made for one login and lives as long as its session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Secret<String>", try_from = "Secret<String>")]
pub struct ProofKey(Secret<String>);

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofKey({})", self.thumbprint())
    }
}

impl From<ProofKey> for Secret<String> {
    fn from(key: ProofKey) -> Self {
        key.0
    }
}

impl TryFrom<Secret<String>> for ProofKey {
    type Error = &'static str;

    /// Takes 32 bytes in base64url for a key, as the member `d` of a JWK has it (RFC 7518 section 6.2.2.1).
    fn try_from(text: Secret<String>) -> Result<Self, Self::Error> {
        match signing_key(&text) {
            Some(_) => Ok(Self(text)),
            None => Err("it is no key of P-256"),
        }
    }
}

fn signing_key(text: &Secret<String>) -> Option<SigningKey> {
    let bytes = Secret::new(from_base64url(text.expose())?);
    SigningKey::from_slice(bytes.expose()).ok().filter(|_| bytes.expose().len() == 32)
}

/// What a proof is for.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The request's method.
    pub method: &'a str,
    /// Where it goes; query and fragment are left out (section 4.2).
    pub url: &'a Url,
    /// A random name that no other proof has.
    pub id: &'a Secret<String>,
    /// When it is made.
    pub now: Timestamp,
    /// The server's nonce, where it has given one (section 8).
    pub nonce: Option<&'a str>,
    /// The access token that goes with it, if one does (section 7).
    pub access_token: Option<&'a Secret<String>>,
}

impl ProofKey {
    /// The public key as a JWK, with the members of its thumbprint only (RFC 7638 section 3.2).
    fn public(&self) -> Value {
        let point = signing_key(&self.0).map(|key| key.verifying_key().to_sec1_bytes()).unwrap_or_default();
        // 4, then both coordinates (SEC 1 section 2.3.3).
        let coordinate = |at: usize| to_base64url(point.get(at..at + 32).unwrap_or_default());
        json!({ "crv": "P-256", "kty": "EC", "x": coordinate(1), "y": coordinate(33) })
    }

    /// The public key's thumbprint, by which tokens name it (`jkt`, section 6.1).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let public = self.public();
        let text = |name: &str| public[name].as_str().unwrap_or_default().to_owned();
        sha256_base64url(format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y")))
    }

    /// The proof for a request, as it goes into the header `DPoP` (section 4.2).
    #[must_use]
    pub fn prove(&self, proof: &Proof<'_>) -> Secret<String> {
        let mut url = proof.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut claims = json!({ "jti": proof.id.expose(), "htm": proof.method, "htu": url.as_str(), "iat": proof.now.0 });
        if let Some(nonce) = proof.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = proof.access_token {
            claims["ath"] = sha256_base64url(token.expose()).into();
        }
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.public() });
        let signed = format!("{}.{}", to_base64url(header.to_string()), to_base64url(claims.to_string()));
        // A key that could not sign was never taken for one.
        let signature = signing_key(&self.0).map(|key| -> Signature { key.sign(signed.as_bytes()) });
        let signature = signature.map_or_else(String::new, |signature| to_base64url(signature.to_bytes()));
        Secret::new(format!("{signed}.{signature}"))
    }

    /// Whether an access token, where it can be read, is bound to another key (`cnf`, section 6.1). One that can't be, or does not say, may be bound all the
    /// same: its resource server asks the provider then.
    #[must_use]
    pub fn is_of_another(&self, access_token: &Secret<String>) -> bool {
        let bound_to = unverified_payload(access_token.expose()).and_then(|claims| claims.get("cnf")?.get("jkt").cloned());
        bound_to.is_some_and(|jkt| jkt.as_str() != Some(&self.thumbprint()))
    }
}

/// A nonce that can be repeated (section 8.1): printable, without quotes and backslashes.
#[must_use]
pub fn is_nonce(text: &str) -> bool {
    (1..=LONGEST_NONCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7515, appendix A.3.
    fn key() -> ProofKey {
        ProofKey::try_from(Secret::from("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")).expect("a key")
    }

    fn parts(proof: &Secret<String>) -> (Value, Value, Vec<u8>) {
        let parts: Vec<Vec<u8>> = proof.expose().split('.').map(|part| from_base64url(part).expect("base64url")).collect();
        let json = |part: &[u8]| serde_json::from_slice(part).expect("JSON");
        (json(&parts[0]), json(&parts[1]), parts[2].clone())
    }

    #[test]
    fn the_public_key_is_the_private_one_s_and_alone_in_the_header() {
        let id = Secret::from("id");
        let url = Url::parse("https://api.example.com/orders?page=2#top").expect("a URL");
        let access_token = Secret::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let proof = Proof { method: "GET", url: &url, id: &id, now: Timestamp(7), nonce: Some("n-1"), access_token: Some(&access_token) };
        let (header, claims, signature) = parts(&key().prove(&proof));
        let jwk = json!({"crv": "P-256", "kty": "EC", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        assert_eq!(header, json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}));
        // The token and its hash are those of RFC 9449, section 7.1.
        let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
        assert_eq!(claims, json!({"jti": "id", "htm": "GET", "htu": "https://api.example.com/orders", "iat": 7, "nonce": "n-1", "ath": ath}));
        assert_eq!(signature.len(), 64);
    }

    #[test]
    fn the_thumbprint_is_that_of_the_public_key() {
        // Computed with another implementation of RFC 7638.
        assert_eq!(key().thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn debug_shows_no_key_and_what_is_no_key_is_not_taken() {
        assert!(!format!("{:?}", key()).contains("jpsQnnGQmL"));
        let (short, zero, too_large) = (to_base64url([1; 31]), to_base64url([0; 32]), to_base64url([255; 32]));
        for bad in ["", "!", &short, &zero, &too_large] {
            assert!(ProofKey::try_from(Secret::from(bad)).is_err(), "{bad}");
        }
        assert_eq!(serde_json::from_value::<ProofKey>(serde_json::to_value(key()).expect("JSON")).expect("a key"), key());
    }

    #[test]
    fn only_a_token_that_names_another_key_is_another_s() {
        let token = |claims: Value| Secret::new(format!("e30.{}.e30", to_base64url(claims.to_string())));
        assert!(!key().is_of_another(&token(json!({"cnf": {"jkt": key().thumbprint()}}))));
        for other in [json!({"cnf": {"jkt": "other"}}), json!({"cnf": {"jkt": 1}})] {
            assert!(key().is_of_another(&token(other.clone())), "{other}");
        }
        assert!(!key().is_of_another(&Secret::from("opaque")) && !key().is_of_another(&token(json!({"sub": "a"}))));
    }

    #[test]
    fn a_nonce_is_what_a_header_and_a_claim_can_carry() {
        assert!(is_nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v") && !is_nonce(""));
        for bad in ["a b", "a\"b", "a\\b", "a\nb", "\u{e4}", &"x".repeat(LONGEST_NONCE + 1)] {
            assert!(!is_nonce(bad), "{bad:?}");
        }
    }
}
