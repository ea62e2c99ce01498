//! Keys and signatures: what the provider signs with, the JSON Web Keys it publishes, hashes, PEM and randomness. Knows no endpoint and no claim.
//! The only file naming ring and base64. Signing is by ring, so that what the product verifies with another library was not signed by it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, rsa, signature};
use serde_json::{Value, json};
use signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};

/// Fixed, because making an RSA key takes seconds; no other program trusts them.
const RSA_KEYS: [&str; 3] = [include_str!("keys/rsa-1.pem"), include_str!("keys/rsa-2.pem"), include_str!("keys/rsa-3.pem")];
const RSA_PUBLIC_KEY: &str = include_str!("keys/rsa-1.pub.pem");

/// What a token is signed with. The symmetric ones carry their secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of RFC 7518")]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
    Hs256(Vec<u8>),
    Hs384(Vec<u8>),
    Hs512(Vec<u8>),
    /// Unsigned: `none`.
    None,
}

impl Algorithm {
    /// Every algorithm that a client verifies with a published key.
    pub(crate) const ASYMMETRIC: [Self; 9] =
        [Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Ps384, Self::Ps512, Self::Es256, Self::Es384, Self::EdDsa];

    /// The name in a token's header.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256(_) => "HS256",
            Self::Hs384(_) => "HS384",
            Self::Hs512(_) => "HS512",
            Self::None => "none",
        }
    }

    /// `at_hash` of an access token: half of the algorithm's own hash; Ed25519's is SHA-512. Unsigned tokens have none.
    /// [OpenID Connect Core 3.1.3.6](https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken)
    pub(crate) fn at_hash(&self, access_token: &str) -> Option<String> {
        let hash = match self.name().get(2..)? {
            "256" => &digest::SHA256,
            "384" => &digest::SHA384,
            "512" | "DSA" => &digest::SHA512,
            _ => return None,
        };
        let whole = digest::digest(hash, access_token.as_bytes());
        Some(base64url(&whole.as_ref()[..whole.as_ref().len() / 2]))
    }
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Secret(hmac::Key),
    Nothing,
}

/// One signing key, under a key ID of its own.
pub(crate) struct Key {
    /// The key ID.
    pub(crate) kid: String,
    /// What it signs with.
    pub(crate) algorithm: Algorithm,
    pair: Pair,
}

impl Key {
    /// A key for `algorithm`. `turn` chooses among the fixed RSA keys; the others are made afresh.
    pub(crate) fn new(algorithm: Algorithm, turn: usize) -> Self {
        let random = SystemRandom::new();
        let ecdsa = |kind: &'static signature::EcdsaSigningAlgorithm| {
            let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("ring makes an EC key");
            Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("ring reads its own EC key"))
        };
        let pair = match &algorithm {
            Algorithm::Es256 => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDsa => {
                let made = Ed25519KeyPair::generate_pkcs8(&random).expect("ring makes an Ed25519 key");
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).expect("ring reads its own Ed25519 key"))
            }
            Algorithm::Hs256(secret) => Pair::Secret(hmac::Key::new(hmac::HMAC_SHA256, secret)),
            Algorithm::Hs384(secret) => Pair::Secret(hmac::Key::new(hmac::HMAC_SHA384, secret)),
            Algorithm::Hs512(secret) => Pair::Secret(hmac::Key::new(hmac::HMAC_SHA512, secret)),
            Algorithm::None => Pair::Nothing,
            _ => Pair::Rsa(RsaKeyPair::from_pkcs8(&from_pem(RSA_KEYS[turn % RSA_KEYS.len()])).expect("the fixed keys are good")),
        };
        Self { kid: random_text(32), algorithm, pair }
    }

    /// Signs the signing input of a JWS.
    pub(crate) fn sign(&self, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match self.algorithm {
                    Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, input, &mut signed).expect("ring signs with RSA");
                signed
            }
            Pair::Ecdsa(pair) => pair.sign(&random, input).expect("ring signs with ECDSA").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(input).as_ref().to_vec(),
            Pair::Secret(key) => hmac::sign(key, input).as_ref().to_vec(),
            Pair::Nothing => Vec::new(),
        }
    }

    /// The public key as a JSON Web Key; nothing where there is no public key.
    pub(crate) fn jwk(&self) -> Option<Value> {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "n": base64url(&public.n), "e": base64url(&public.e) })
            }
            Pair::Ecdsa(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                let curve = if self.algorithm == Algorithm::Es256 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) })
            }
            Pair::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()) }),
            Pair::Secret(_) | Pair::Nothing => return None,
        };
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.algorithm.name());
        jwk["use"] = json!("sig");
        Some(jwk)
    }
}

/// The first fixed RSA key's public half as PEM: what an attacker would use as an HS256 secret.
pub(crate) fn rsa_public_pem() -> &'static str {
    RSA_PUBLIC_KEY
}

/// SHA-256, as PKCE's S256 wants it.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// Base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Undoes [`base64url`].
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Ordinary base64.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Undoes [`to_base64`].
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Wraps DER as PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = to_base64(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Undoes [`pem`].
pub(crate) fn from_pem(text: &str) -> Vec<u8> {
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    from_base64(&base64).expect("this is PEM")
}

/// `length` random bytes, as base64url.
pub(crate) fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    base64url(&bytes)
}

/// A random identifier in the shape of a UUID, as Keycloak uses them all over.
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    let hex = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Whether `signature` over `input` is good under the published `jwk`, for the self-tests.
pub(crate) fn verifies(jwk: &Value, input: &[u8], signed: &[u8]) -> bool {
    let part = |name: &str| from_base64url(jwk[name].as_str().unwrap_or_default()).unwrap_or_default();
    let rsa = |kind: &signature::RsaParameters| rsa::PublicKeyComponents { n: part("n"), e: part("e") }.verify(kind, input, signed).is_ok();
    let other = |kind: &'static dyn signature::VerificationAlgorithm, key: Vec<u8>| {
        signature::UnparsedPublicKey::new(kind, key).verify(input, signed).is_ok()
    };
    let point = || [vec![4], part("x"), part("y")].concat();
    match jwk["alg"].as_str().unwrap_or_default() {
        "RS256" => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => rsa(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => rsa(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => rsa(&signature::RSA_PSS_2048_8192_SHA512),
        "ES256" => other(&signature::ECDSA_P256_SHA256_FIXED, point()),
        "ES384" => other(&signature::ECDSA_P384_SHA384_FIXED, point()),
        "EdDSA" => other(&signature::ED25519, part("x")),
        _ => false,
    }
}
