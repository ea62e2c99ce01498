//! The provider that the targets about what it signs stand before. Its keys were made once and their private halves thrown away, so that nobody can sign
//! anything but the tokens that are here.

use kclogin::environment::Environment;
use kclogin::oidc::endpoints::Endpoints;
use kclogin::oidc::http::{Http, Settings};
use kclogin::oidc::provider::Provider;

pub const ISSUER: &str = "https://kc.example/realms/fuzz";
pub const CLIENT: &str = "kclogin";

/// The provider with this key set, or none. It has no address for keys, so nothing here ever asks a network.
pub fn with_provider<T>(key_set: Option<&[u8]>, look: impl FnOnce(&Provider<'_>, bool) -> T) -> T {
    let http = Http::new(Settings::new(&Environment::default(), &kclogin::profile::Settings::default()), &|_| ());
    let endpoints = Endpoints { jwks: None, ..Endpoints::of_keycloak(ISSUER).expect("endpoints") };
    let provider = Provider::known(&http, Some(ISSUER.to_owned()), endpoints);
    let known = key_set.is_some_and(|document| provider.know_keys(document).is_ok());
    look(&provider, known)
}
