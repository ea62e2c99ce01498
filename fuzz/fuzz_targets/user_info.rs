//! Signed UserInfo: as it comes over the wire, before keys that nobody has; and any payload under a true signature, against the same checks written anew.
#![no_main]

mod base64url;
mod common;
mod json;

use std::sync::LazyLock;

use base64url::base64url;
use common::{CLIENT, ISSUER, with_provider};
use ed25519_dalek::{Signer, SigningKey};
use json::is_sound;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const SUBJECT: &str = "42";
const KEY_SET: &str = include_str!("../keys/user_info_key_set.json");
/// All that these keys ever signed about the subject and for this client. There is more that they signed, which must be refused.
const SIGNED: [&str; 3] =
    [include_str!("../corpus/user_info/rs256.jwt"), include_str!("../corpus/user_info/ps256.jwt"), include_str!("../corpus/user_info/es256.jwt")];

/// The one key that payloads are signed with here; nothing in the corpus is.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(b"the key of the fuzzer, nobody's."));

/// The key set with that key, and with it once more as one for encryption.
static WITH_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut set: Value = serde_json::from_str(KEY_SET).expect("JSON");
    let x = base64url(KEY.verifying_key().as_bytes());
    let key = |id: &str, usage: &str| json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "use": usage, "x": x});
    set["keys"].as_array_mut().expect("keys").extend([key("fuzz", "sig"), key("encryption", "enc")]);
    set.to_string().into_bytes()
});

fn signed(header: &str, payload: &[u8]) -> String {
    let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
    let signature = base64url(&KEY.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

fn signed_part(token: &str) -> &str {
    token.trim().rsplit_once('.').map_or("", |(signed, _)| signed)
}

/// What is to be taken for UserInfo about the subject.
fn is_user_info(payload: &[u8]) -> Option<Value> {
    let claims: Value = serde_json::from_slice(payload).ok()?;
    let is_for_us = match &claims["aud"] {
        Value::Array(several) => several.contains(&Value::from(CLIENT)),
        one => *one == CLIENT || claims.get("aud").is_none(),
    };
    let is_of_issuer = claims["iss"] == ISSUER || claims.get("iss").is_none();
    (claims.is_object() && is_sound(payload, &claims) && claims["sub"] == SUBJECT && is_for_us && is_of_issuer).then_some(claims)
}

fuzz_target!(|bytes: &[u8]| {
    with_provider(Some(&WITH_KEY), |provider, known| {
        assert!(known);
        let verify = |body: &[u8]| provider.verify_user_info(body, CLIENT, SUBJECT);
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        match verify(bytes) {
            Ok(_) => assert!(SIGNED.iter().any(|one| signed_part(one) == signed_part(text)), "UserInfo was taken that nobody signed"),
            Err(_) => assert!(!SIGNED.contains(&text), "true UserInfo was refused"),
        }
        let good = r#"{"alg":"EdDSA","kid":"fuzz"}"#;
        let token = signed(good, bytes);
        let (Some(claims), taken) = (is_user_info(bytes), verify(token.as_bytes())) else {
            return assert!(verify(token.as_bytes()).is_err(), "a payload was taken that is no UserInfo for us");
        };
        let taken = taken.expect("it is UserInfo for us");
        assert_eq!((taken.document.as_bytes(), Value::Object(taken.claims)), (bytes, claims));
        assert!(provider.verify_user_info(token.as_bytes(), CLIENT, "another").is_err(), "it is about somebody else");
        // A true signature is worth nothing under a header that asks for another algorithm or key.
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256","kid":"fuzz"}"#,
            r#"{"alg":"ES256","kid":"fuzz"}"#,
            r#"{"alg":"EdDSA","kid":"unknown"}"#,
            r#"{"alg":"EdDSA","kid":"ec"}"#,
            r#"{"alg":"EdDSA","kid":"encryption"}"#,
            r#"{"alg":"EdDSA","kid":"fuzz","kid":"fuzz"}"#,
            r#"{"alg":"EdDSA","kid":"fuzz","x":1,"x":2}"#,
            r#"{"kid":"fuzz"}"#,
        ] {
            assert!(verify(signed(header, bytes).as_bytes()).is_err(), "{header}");
        }
        // Nor is the signature of something else.
        let (unsigned, _) = token.rsplit_once('.').expect("a JWT");
        let other = signed(good, &[bytes, b" "].concat());
        let (_, signature) = other.rsplit_once('.').expect("a JWT");
        assert!(verify(format!("{unsigned}.{signature}").as_bytes()).is_err());
    });
});
