//! The claims of an ID token whose signature does not stand between them and the checks (as after a refresh), against the same checks written anew.
#![no_main]

mod base64url;
mod common;
mod login;

use base64url::base64url;
use common::{CLIENT, ISSUER, with_provider};
use kclogin::secret::Secret;
use libfuzzer_sys::fuzz_target;
use login::{ACCESS_TOKEN, NONCE, NOW, checks};
use serde_json::Value;

fuzz_target!(|payload: &[u8]| {
    let token = |header: &str| Secret::new(format!("{}.{}.c2ln", base64url(header.as_bytes()), base64url(payload)));
    let (nonce, access_token) = (Secret::from(NONCE), Secret::from(ACCESS_TOKEN));
    with_provider(None, |provider, _| {
        for refused in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{}"#] {
            assert!(provider.verify_id_token(&token(refused), &checks(&nonce, &access_token, false)).is_err());
        }
        let signed = token(r#"{"alg":"RS256"}"#);
        let Ok(verified) = provider.verify_id_token(&signed, &checks(&nonce, &access_token, false)) else { return };
        assert!(!verified.signature_checked);
        let claims: Value = serde_json::from_slice(payload).expect("JSON");
        let text = |name: &str| claims[name].as_str();
        assert_eq!((text("iss"), text("nonce"), text("sub")), (Some(ISSUER), Some(NONCE), Some(verified.identity.subject.as_str())));
        assert_eq!(verified.issuer, ISSUER);
        assert!(!verified.identity.subject.is_empty());
        let audiences: Vec<&str> = match &claims["aud"] {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        assert!(audiences.contains(&CLIENT), "a token for somebody else was taken");
        let party = &claims["azp"];
        assert!(party.as_str() == Some(CLIENT) || party.is_null() && audiences.len() == 1, "a token issued to somebody else was taken");
        #[allow(clippy::cast_precision_loss, reason = "small enough")]
        let (earliest, latest) = ((NOW - 31) as f64, (NOW + 31) as f64);
        assert!(claims["exp"].as_f64().expect("a time") > earliest, "an expired token was taken");
        assert!(claims["iat"].as_f64().expect("a time") < latest, "a token from the future was taken");
        assert!(claims["nbf"].as_f64().is_none_or(|nbf| nbf < latest), "a token was taken too early");
    });
});
