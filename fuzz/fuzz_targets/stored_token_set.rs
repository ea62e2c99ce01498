//! What a token store gives back, which somebody may have damaged or a newer kclogin may have written.
#![no_main]

use kclogin::secret::Secret;
use kclogin::token_set::{TokenSet, Unreadable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stored: &[u8]| {
    match TokenSet::from_stored(&Secret::new(stored.to_vec())) {
        Ok(set) => {
            let again = set.to_stored();
            assert_eq!(TokenSet::from_stored(&again).as_ref(), Ok(&set), "what is kept changes by being kept");
            assert_eq!(TokenSet::from_stored(&again).expect("read").to_stored().expose(), again.expose());
            // Whatever the tokens are, they leave no trace in what is shown.
            let another = TokenSet {
                access_token: Secret::from("another access token"),
                refresh_token: set.refresh_token.as_ref().map(|_| Secret::from("another refresh token")),
                id_token: Secret::from("another ID token"),
                ..set.clone()
            };
            assert_eq!(format!("{set:?}"), format!("{another:?}"));
        }
        Err(Unreadable::Newer(version)) => assert!(version > 1),
        Err(damaged @ Unreadable::Damaged) => assert_eq!(damaged.to_string(), "the stored session is damaged"),
    }
});
