//! A provider's key set, with true tokens to be verified by it.
#![no_main]

mod common;
mod login;

use common::with_provider;
use kclogin::secret::Secret;
use libfuzzer_sys::fuzz_target;
use login::{ACCESS_TOKEN, NONCE, checks};
use serde_json::Value;

const TRUE_KEYS: &str = include_str!("../keys/key_set.json");
/// Each with the `kty` of the key that signed it and the member that holds it.
const TOKENS: [(&str, &str, &str); 3] = [
    ("RSA", "n", include_str!("../corpus/id_token/rs256.jwt")),
    ("EC", "x", include_str!("../corpus/id_token/es256.jwt")),
    ("OKP", "x", include_str!("../corpus/id_token/eddsa.jwt")),
];

/// The true key, without its last characters: base64url can end in several ways that mean the same.
fn start_of_true_key(kty: &str, member: &str) -> String {
    let keys: Value = serde_json::from_str(TRUE_KEYS).expect("JSON");
    let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kty"] == kty).expect("a key");
    let text = key[member].as_str().expect("text");
    text[..text.len() - 2].to_owned()
}

fuzz_target!(|document: &[u8]| {
    let (nonce, access_token) = (Secret::from(NONCE), Secret::from(ACCESS_TOKEN));
    with_provider(Some(document), |provider, known| {
        if !known {
            return;
        }
        let keys: Value = serde_json::from_slice(document).expect("a key set is JSON");
        for (kty, member, token) in TOKENS {
            if provider.verify_id_token(&Secret::from(token), &checks(&nonce, &access_token, true)).is_err() {
                continue;
            }
            let start = start_of_true_key(kty, member);
            let is_the_key = |key: &Value| {
                let holds = key[member].as_str().is_some_and(|text| text.starts_with(&start));
                key["kty"] == kty && holds && key["use"] != "enc"
            };
            let held = keys["keys"].as_array().is_some_and(|keys| keys.iter().any(is_the_key));
            assert!(held, "a token was verified without the key that signed it");
        }
    });
});
