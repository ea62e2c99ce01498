//! An ID token as it comes over the wire, before a provider whose keys are known.
#![no_main]

mod common;
mod login;

use common::{ISSUER, with_provider};
use kclogin::secret::Secret;
use libfuzzer_sys::fuzz_target;
use login::{ACCESS_TOKEN, NONCE, checks};

const KEY_SET: &[u8] = include_bytes!("../keys/key_set.json");
/// All that these keys ever signed and that this login may take.
const SIGNED: [&str; 4] = [
    include_str!("../corpus/id_token/rs256.jwt"),
    include_str!("../corpus/id_token/ps256.jwt"),
    include_str!("../corpus/id_token/es256.jwt"),
    include_str!("../corpus/id_token/eddsa.jwt"),
];

fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').map_or("", |(signed, _)| signed)
}

fuzz_target!(|text: &str| {
    let (token, nonce, access_token) = (Secret::from(text), Secret::from(NONCE), Secret::from(ACCESS_TOKEN));
    with_provider(Some(KEY_SET), |provider, known| {
        assert!(known);
        let verified = provider.verify_id_token(&token, &checks(&nonce, &access_token, true));
        let is_one_of_ours = SIGNED.iter().any(|one| signed_part(one) == signed_part(text));
        match verified {
            Ok(verified) => {
                assert!(is_one_of_ours, "a token that nobody signed was taken");
                assert!(verified.signature_checked && verified.issuer == ISSUER && verified.identity.subject == "42");
            }
            Err(_) => assert!(!SIGNED.contains(&text), "the true token was refused"),
        }
        // The same for another login, and with another access token.
        let (other_nonce, other_token) = (Secret::from("another-nonce"), Secret::from("another-access-token"));
        assert!(provider.verify_id_token(&token, &checks(&other_nonce, &access_token, true)).is_err());
        assert!(provider.verify_id_token(&token, &checks(&nonce, &other_token, true)).is_err());
    });
});
