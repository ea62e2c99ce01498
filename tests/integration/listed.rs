//! What a profile holds is shown: by `kclogin profile show` and `kclogin doctor` all of it, by `kclogin status` what decides how a session is used.

use std::path::PathBuf;

use kclogin::oidc::endpoints::ClientAuthentication;
use kclogin::profile::login_method::LoginMethod;
use kclogin::profile::{ExplicitEndpoints, Settings};
use url::Url;

use crate::doctor::doctor;
use crate::machine::Machine;
use crate::provider::Provider;

/// Each setting with the words for it: of `profile show`, of the doctor's configuration, and of `status`, where that is to show it. `=` is the value itself.
const SHOWN: [(&str, &str, &str, Option<&str>); 23] = [
    ("issuer", "=", "=", Some("=")),
    ("client-id", "=", "=", Some("=")),
    ("client-authentication", "sent by client_secret_post", "sent by client_secret_post (from the profile)", None),
    ("scope", "openid offline", "openid offline (from the profile)", None),
    ("redirect-uri", "=", "= (from the profile)", None),
    ("login-method", "with a code, on any device", "with a code, on any device (from the profile)", None),
    (
        "pushed-authorization-requests",
        "pushed before the browser opens",
        "pushed before the browser opens (from the profile)",
        Some("  Requests  pushed before the browser opens\n"),
    ),
    ("dpop", "bound to a key (DPoP)", "bound to a key (DPoP) (from the profile)", Some("  Tokens    bound to a key (DPoP)\n")),
    ("ca-file", "=", "= (from the profile)", None),
    ("client-certificate", "=", "= (from the profile)", None),
    ("client-key", "=", "= (from the profile)", None),
    ("store", "not encrypted", "tokens) (from the profile)", Some("not encrypted")),
    ("docker-username", "=", "as the user = (from the profile)", None),
    ("sites", "registry.example", "registry.example (from the profile)", None),
    ("uncleared-stores", "helper:former", "helper:former, until it can be cleared (from the profile)", None),
    ("authorization-endpoint", "=", "authorization-endpoint = (from the profile)", None),
    ("token-endpoint", "=", "token-endpoint = (from the profile)", None),
    ("userinfo-endpoint", "=", "userinfo-endpoint = (from the profile)", None),
    ("jwks-uri", "=", "jwks-uri = (from the profile)", None),
    ("end-session-endpoint", "=", "end-session-endpoint = (from the profile)", None),
    ("revocation-endpoint", "=", "revocation-endpoint = (from the profile)", None),
    ("device-authorization-endpoint", "=", "device-authorization-endpoint = (from the profile)", None),
    ("pushed-authorization-request-endpoint", "=", "pushed-authorization-request-endpoint = (from the profile)", None),
];

/// A profile with all that there is. A setting that is new is missed here by the compiler, and in the table above by the test.
fn full() -> Settings {
    let endpoint = |name: &str| Some(Url::parse(&format!("https://kc.invalid/{name}")).expect("a URL"));
    let path = |name: &str| Some(PathBuf::from(format!("/nowhere/{name}.pem")));
    Settings {
        issuer: Some("https://kc.invalid/realms/full".to_owned()),
        client_id: "client-of-its-own".to_owned(),
        client_authentication: Some(ClientAuthentication::ClientSecretPost),
        scope: Some(vec!["openid".to_owned(), "offline".to_owned()]),
        redirect_uri: Some(Url::parse("http://127.0.0.1/of-its-own").expect("a URL")),
        login_method: Some(LoginMethod::Device),
        pushed_authorization_requests: true,
        dpop: true,
        ca_file: path("authority"),
        client_certificate: path("certificate"),
        client_key: path("key"),
        store: Some("file".to_owned()),
        docker_username: Some("dockerhand".to_owned()),
        sites: vec!["registry.example".to_owned()],
        uncleared_stores: vec!["helper:former".to_owned()],
        endpoints: ExplicitEndpoints {
            authorization_endpoint: endpoint("authorize"),
            token_endpoint: endpoint("give-tokens"),
            userinfo_endpoint: endpoint("who"),
            jwks_uri: endpoint("public-keys"),
            end_session_endpoint: endpoint("finish"),
            revocation_endpoint: endpoint("withdraw"),
            device_authorization_endpoint: endpoint("give-codes"),
            pushed_authorization_request_endpoint: endpoint("push-here"),
        },
    }
}

#[test]
fn every_setting_of_a_profile_is_shown_with_where_it_came_from() {
    let machine = Machine::new();
    let table = toml_edit::ser::to_document(&full()).expect("a document");
    let settings: Vec<(String, String)> = table
        .iter()
        .flat_map(|(name, item)| match item.as_table_like() {
            Some(endpoints) => endpoints.iter().map(|(name, item)| (name.to_owned(), item.clone())).collect(),
            None => vec![(name.to_owned(), item.clone())],
        })
        .map(|(name, item)| (name, item.as_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(settings.len(), SHOWN.len(), "{settings:?}");
    let text = table.to_string();
    machine.write_config(&format!("default-profile = \"full\"\n[profile.full]\n{text}"));
    let shown = machine.run(&["profile", "show"]).done();
    let status = machine.run(&["status"]).stdout;
    let page = machine.run(&["doctor"]).stdout;
    let configuration = page.split("\nNetwork\n").next().expect("a first part");
    for (name, value) in &settings {
        let (_, in_show, in_doctor, in_status) = SHOWN.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("nothing is said of `{name}`"));
        for (words, text) in [(Some(in_show), &*shown), (Some(in_doctor), configuration), (in_status.as_ref(), &status)] {
            let words = words.map(|words| words.replace('=', value)).unwrap_or_default();
            assert!(text.contains(&words), "{name}: {words:?} is not in\n{text}");
        }
    }
}

#[test]
fn what_an_option_says_goes_before_the_profile_and_is_said_to() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let issuer = provider.issuer();
    let configuration = |more: &[&str]| machine.run(&[&["doctor"], more].concat()).stdout.split("\nNetwork\n").next().unwrap_or_default().to_owned();
    let plain = configuration(&["--issuer", &issuer]);
    for name in ["requests", "tokens", "endpoints", "login", "secret", "sites"] {
        assert!(!plain.contains(&format!("  ok       {name} ")), "what nobody has set is left out: {plain}");
    }
    let given = configuration(&["--issuer", &issuer, "--dpop", "--pushed-authorization-requests", "--jwks-uri", "https://kc.invalid/k"]);
    for line in [
        "  ok       requests       pushed before the browser opens (from --pushed-authorization-requests)\n",
        "  ok       tokens         bound to a key (DPoP) (from --dpop)\n",
        "  ok       endpoints      jwks-uri https://kc.invalid/k (from --jwks-uri)",
    ] {
        assert!(given.contains(line), "{line}: {given}");
    }
    machine.write_config(&format!("[profile.a]\nissuer = \"{issuer}\"\nclient-id = \"kclogin\"\ndpop = true\n"));
    let kept = configuration(&[]);
    assert!(kept.contains("  bound to a key (DPoP) (from the profile)"), "{kept}");
    let found = doctor(&machine, &["--dpop=false"]);
    found.is("Configuration tokens", "ok", "not bound to a key (from --dpop)");
}

#[test]
fn status_says_whether_the_session_is_bound_to_a_key_and_whether_the_next_will_be() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let issuer = provider.issuer();
    let set = |is_on: bool| {
        machine.write_config(&machine.config().replace(if is_on { "\ndpop = false" } else { "\ndpop = true" }, &format!("\ndpop = {is_on}")))
    };
    let bound = |is_bound: bool, dpop: bool, line: &str| {
        let text = machine.run(&["status"]).done();
        assert!(text.contains(line) && text.contains("  Tokens  ") != line.is_empty(), "{line:?}: {text}");
        let json: serde_json::Value = serde_json::from_str(&machine.run(&["status", "--json"]).done()).expect("JSON");
        assert_eq!((&json["token_is_bound"], &json["dpop"]), (&is_bound.into(), &dpop.into()));
    };
    machine.run(&["login", "--issuer", &issuer, "--dpop"]).done();
    bound(true, true, "\n  Tokens    bound to a key (DPoP)\n");
    set(false);
    bound(true, false, "\n  Tokens    bound to a key (DPoP) until the next login\n");
    machine.run(&["login"]).done();
    bound(false, false, "");
    set(true);
    bound(false, true, "\n  Tokens    bound to a key (DPoP) from the next login on\n");
}
