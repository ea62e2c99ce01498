//! The provider's key set: which key signs, which are published beside it, and how a signature can be wrong. Makes compact JWS.

use serde_json::{Value, json};

use super::keys::{Algorithm, Key, base64url, from_base64url, random_text, uuid, verifies};

/// How a signature is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// One bit of the signature is turned.
    TurnedBit,
    /// Signed by a key that nobody published, under the published key's ID.
    ForeignKey,
    /// The signature is empty, whatever the header says.
    Missing,
}

/// The keys, and what is done with them.
pub(crate) struct Signer {
    active: Key,
    beside: Vec<Key>,
    strange: Vec<Value>,
    encryption: Key,
    internal: Key,
    turn: usize,
    /// Whether headers name the key.
    pub(super) names_key: bool,
    /// How the signatures that a client verifies are wrong, if they are.
    pub(super) flaw: Option<Flaw>,
}

impl Signer {
    /// RS256 with a fixed key, and beside it the encryption key that Keycloak always publishes.
    pub(super) fn new() -> Self {
        let internal = Key::new(Algorithm::Hs512(random_text(64).into_bytes()), 0);
        let (active, encryption) = (Key::new(Algorithm::Rs256, 0), Key::new(Algorithm::Rs256, 2));
        Self { active, beside: Vec::new(), strange: Vec::new(), encryption, internal, turn: 0, names_key: true, flaw: None }
    }

    /// The algorithm in use.
    pub(super) fn algorithm(&self) -> &Algorithm {
        &self.active.algorithm
    }

    /// Signs with a new key for `algorithm` from now on; the old key is no longer published.
    pub(super) fn sign_with(&mut self, algorithm: Algorithm) -> Key {
        let key = Key::new(algorithm, self.turn);
        std::mem::replace(&mut self.active, key)
    }

    /// A new key for the same algorithm. The old one stays published only where `keep` says so.
    pub(super) fn rotate(&mut self, keep: bool) {
        self.turn = (self.turn + 1) % 2;
        let old = self.sign_with(self.active.algorithm.clone());
        if keep {
            self.beside.push(old);
        }
    }

    /// Publishes one more signing key, which signs nothing.
    pub(super) fn publish_beside(&mut self, algorithm: Algorithm) {
        self.beside.push(Key::new(algorithm, self.turn + 1));
    }

    /// Publishes keys of unknown types, curves and uses, which a client has to skip: [RFC 7517 5](https://www.rfc-editor.org/rfc/rfc7517#section-5).
    pub(super) fn publish_strange_keys(&mut self) {
        let mut unknown_use = self.encryption.jwk().unwrap_or_default();
        unknown_use["use"] = json!("wrap");
        unknown_use["kid"] = json!("unknown-use");
        let x = base64url(&[7; 32]);
        self.strange = vec![
            json!({ "kty": "FUTURE", "kid": "unknown-type", "use": "sig", "alg": "XX999", "payload": [1, 2, 3] }),
            json!({ "kty": "AKP", "kid": "post-quantum", "use": "sig", "alg": "ML-DSA-65", "pub": x }),
            json!({ "kty": "OKP", "kid": "unknown-curve", "use": "enc", "crv": "X448", "x": x }),
            json!({ "kty": "EC", "kid": "other-curve", "use": "sig", "alg": "ES256K", "crv": "secp256k1", "x": x, "y": x }),
            json!({ "kty": "oct", "kid": "symmetric", "use": "sig", "alg": "HS256", "k": x }),
            unknown_use,
        ];
    }

    /// The published key set. The keys that don't sign come first, so that a client which takes the first fails.
    pub(super) fn key_set(&self) -> Value {
        let mut encryption = self.encryption.jwk().unwrap_or_default();
        encryption["use"] = json!("enc");
        encryption["alg"] = json!("RSA-OAEP");
        let own = self.beside.iter().chain([&self.active]).filter_map(Key::jwk);
        let keys: Vec<Value> = self.strange.iter().cloned().chain([encryption]).chain(own).collect();
        json!({ "keys": keys })
    }

    /// The header of a token that the active key signs.
    pub(super) fn header(&self) -> Value {
        let mut header = json!({ "alg": self.active.algorithm.name(), "typ": "JWT" });
        if self.names_key && self.active.algorithm != Algorithm::None {
            header["kid"] = json!(self.active.kid);
        }
        header
    }

    /// A token that a client verifies, with the flaw that was asked for.
    pub(super) fn compact(&self, header: &Value, payload: &str) -> String {
        match self.flaw {
            None => seal(&self.active, header, payload),
            Some(Flaw::ForeignKey) => seal(&Key::new(self.active.algorithm.clone(), self.turn + 1), header, payload),
            Some(flaw) => {
                let sealed = seal(&self.active, header, payload);
                let (input, signature) = sealed.rsplit_once('.').unwrap_or_default();
                let mut signature = if flaw == Flaw::Missing { Vec::new() } else { from_base64url(signature).unwrap_or_default() };
                signature.iter_mut().skip(8).take(1).for_each(|byte| *byte ^= 1);
                format!("{input}.{}", base64url(&signature))
            }
        }
    }

    /// A token that only resource servers verify: never flawed.
    pub(super) fn faultless(&self, header: &Value, payload: &Value) -> String {
        seal(&self.active, header, &payload.to_string())
    }

    /// A token that only the provider itself reads, as Keycloak's refresh tokens are.
    pub(super) fn internal(&self, payload: &Value) -> String {
        seal(&self.internal, &json!({ "alg": "HS512", "typ": "JWT", "kid": uuid() }), &payload.to_string())
    }
}

fn seal(key: &Key, header: &Value, payload: &str) -> String {
    let input = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(payload.as_bytes()));
    let signature = base64url(&key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// Header and claims of a compact JWS, unverified.
pub(crate) fn decode(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.').map(|part| serde_json::from_slice(&from_base64url(part)?).ok());
    Some((parts.next()??, parts.next()??))
}

/// Whether a key of `key_set` with the header's key ID verifies the token.
pub(crate) fn verified_by(token: &str, key_set: &Value) -> bool {
    let Some((header, _)) = decode(token) else { return false };
    let Some((input, signature)) = token.rsplit_once('.') else { return false };
    let signature = from_base64url(signature).unwrap_or_default();
    let keys = key_set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    keys.iter().filter(|key| key["kid"] == header["kid"]).any(|key| verifies(key, input.as_bytes(), &signature))
}
