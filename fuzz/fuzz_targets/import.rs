//! Other programs' files, which hold a client's secret.
#![no_main]

use std::path::PathBuf;

use kclogin::profile::config_file::Config;
use kclogin::profile::import::{Imported, import};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Puts another secret in the places where one may be; says whether there was one.
fn replace_secrets(file: &mut Value, with: &str) -> bool {
    let places = [("/web/client_secret", "web"), ("/installed/client_secret", "installed"), ("/credentials/secret", "credentials")];
    let mut replaced = false;
    for (place, _) in places {
        if let Some(secret) = file.pointer_mut(place).filter(|secret| secret.as_str().is_some_and(|text| !text.is_empty())) {
            *secret = Value::from(with);
            replaced = true;
        }
    }
    replaced
}

/// All of it that is ever shown or kept in the clear.
fn shown(outcome: &Result<Imported, kclogin::error::Error>) -> String {
    match outcome {
        Ok(imported) => format!("{imported:?}"),
        Err(error) => format!("{error:?}"),
    }
}

fuzz_target!(|text: &str| {
    let outcome = import(text);
    if let Err(error) = &outcome {
        // The file may hold a secret anywhere, so nothing of it is repeated: a marker in it never comes back.
        assert!(!format!("{error:?}").contains("MARKER"), "{error:?}");
    }
    if let Ok(Imported { settings, client_secret, .. }) = &outcome {
        assert_eq!(client_secret.is_some(), settings.client_authentication.is_some());
        assert!(client_secret.as_ref().is_none_or(|secret| !secret.expose().is_empty()));
        assert!(settings.issuer.is_some() || settings.endpoints.complete().is_some(), "there is nowhere to sign in");
        settings.endpoints.complete().map_or(Ok(()), |endpoints| endpoints.require_secure()).expect("secrets are not sent in the clear");
        for url in [&settings.endpoints.authorization_endpoint, &settings.endpoints.token_endpoint].into_iter().flatten() {
            assert!(matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none(), "{url}");
        }
        // What is written of it is what is read.
        let toml = format!("[profile.a]\nclient-id = {}\n", Value::from(settings.client_id.as_str()));
        assert!(settings.client_id.contains(|c: char| c.is_control()) || Config::parse(PathBuf::from("config.toml"), &toml).is_ok(), "{toml}");
    }
    let Ok(mut file) = serde_json::from_str::<Value>(text) else { return };
    if replace_secrets(&mut file, "one secret") {
        let one = shown(&import(&file.to_string()));
        replace_secrets(&mut file, "another");
        assert_eq!(one, shown(&import(&file.to_string())), "the secret leaves a trace");
    }
});
