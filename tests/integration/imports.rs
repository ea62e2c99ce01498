//! `profile import`: the files that Keycloak's users already have, and signing in with what they say.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::person::{redirect_uri, sign_in};
use crate::provider::{Endpoint, Provider, Respond};

const SECRET: &str = "s3cr3t-of-the-import";

/// Imports a file, which must succeed: what was said.
#[track_caller]
fn import(machine: &Machine, name: &str, file: &Value, more: &[&str]) -> String {
    let path = machine.path(name);
    std::fs::write(&path, file.to_string()).expect("written");
    let outcome = machine.run(&[&["profile", "import", path.to_str().expect("UTF-8")], more].concat());
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    assert!(!machine.config().contains(SECRET) && !outcome.stderr.contains(SECRET), "{}", outcome.stderr);
    outcome.stderr
}

/// A Flask application's file for this provider.
fn flask(provider: &Provider, redirect: &str) -> Value {
    json!({ "web": {
        "client_id": "flask-app", "client_secret": SECRET, "auth_uri": provider.url(Endpoint::Authorization), "token_uri": provider.url(Endpoint::Token),
        "userinfo_uri": provider.url(Endpoint::UserInfo), "redirect_uris": ["https://app.example/oidc/callback", redirect],
    }})
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[test]
fn keycloak_s_own_file_makes_a_profile_that_signs_in() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("app", SECRET);
    let file = json!({ "realm": "test", "auth-server-url": format!("{}/", provider.base()), "ssl-required": "external", "resource": "app",
                       "credentials": { "secret": SECRET }, "confidential-port": 0 });
    let expected = "Imported the client app as the profile test.\n\
                    Note: the file does not say which redirect URIs the client has: it needs http://127.0.0.1/callback (or another loopback one, see \
                    `--redirect-uri`).\nSign in with `kclogin login --profile test`.\n";
    assert_eq!(import(&machine, "keycloak.json", &file, &[]), expected);
    machine.run(&["login"]).done();
    assert_eq!(provider.requests(Endpoint::Token)[0].basic(), Some(("app".to_owned(), SECRET.to_owned())));
}

#[test]
fn a_public_client_s_file_needs_no_secret() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let file = json!({ "realm": "test", "auth-server-url": provider.base(), "resource": "kclogin", "public-client": true });
    import(&machine, "keycloak.json", &file, &["--profile", "mine"]);
    machine.run(&["login", "-p", "mine"]).done();
    assert_eq!(machine.store.kept().into_keys().collect::<Vec<_>>(), [format!("token-set mine kclogin {}", provider.issuer())]);
}

#[test]
fn a_flask_application_s_client_signs_in_at_a_keycloak_without_discovery() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("flask-app", SECRET);
    provider.respond(Endpoint::Discovery, Respond::status(404));
    let redirect = format!("http://localhost:{}/oidc/callback", free_port());
    let expected = format!(
        "Imported the client flask-app as the profile test.\nNote: the file's URLs are Keycloak's, so the issuer is {}.\n\
         Sign in with `kclogin login --profile test`.\n",
        provider.issuer()
    );
    assert_eq!(import(&machine, "client_secrets.json", &flask(&provider, &redirect), &[]), expected);
    let visits = sign_in(&machine);
    machine.run(&["login", "-p", "test"]).done();
    assert_eq!(redirect_uri(&visits.next().0).as_str(), redirect);
    assert_eq!((provider.requests(Endpoint::Discovery).len(), provider.requests(Endpoint::Jwks).len()), (0, 1), "the signature is checked");
    assert!(machine.run(&["whoami"]).done().starts_with("Alice Adams (alice)\n"));
    assert_eq!(machine.run(&["logout"]).done(), "");
    assert_eq!(provider.live_sessions(), 0, "by the endpoints of Keycloak's shape");
}

/// A file whose URLs are not Keycloak's, and which names neither issuer nor keys.
fn foreign(provider: &Provider) -> Value {
    // The same endpoints by other paths: the provider takes two slashes for one.
    let other = |endpoint| provider.url(endpoint).replace("/protocol/", "/protocol//");
    json!({ "installed": { "client_id": "kclogin", "auth_uri": other(Endpoint::Authorization), "token_uri": other(Endpoint::Token),
                           "userinfo_uri": other(Endpoint::UserInfo), "redirect_uris": ["http://127.0.0.1"] }})
}

#[test]
fn what_can_t_be_verified_without_issuer_and_keys_is_said() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Discovery, Respond::status(404));
    let expected = "Imported the client kclogin as the profile test.\n\
                    Note: the file names no issuer, and its URLs are not Keycloak's: the issuer will be taken from the first ID token and held to from then on.\n\
                    Note: the file names no keys (jwks_uri): the ID token's signature can't be verified, only the connection it came over vouches for it.\n\
                    Sign in with `kclogin login --profile test`.\n";
    assert_eq!(import(&machine, "client_secrets.json", &foreign(&provider), &[]), expected);
    let outcome = machine.run(&["login", "--redirect-uri", "http://127.0.0.1/callback"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    let warning = "warning: no keys of the provider are known, so only the connection to its token endpoint vouches for the ID token\n";
    assert!(outcome.stderr.starts_with(warning), "{}", outcome.stderr);
    assert_eq!(provider.requests(Endpoint::Jwks).len() + provider.requests(Endpoint::Discovery).len(), 0);
}

#[test]
fn an_issuer_that_was_learnt_is_held_to() {
    let (provider, machine) = (Provider::start(), Machine::new());
    import(&machine, "client_secrets.json", &foreign(&provider), &[]);
    machine.run(&["login", "--redirect-uri", "http://127.0.0.1/callback"]).done();
    assert!(machine.config().contains(&format!("issuer = \"{}\"", provider.issuer())), "{}", machine.config());
    machine.run(&["token", "--force-refresh"]).done();
    provider.alter_id_token(|_, claims| claims["iss"] = json!("https://evil.example"));
    let stderr = machine.run(&["login"]).failed(Exit::Failed);
    assert!(stderr.contains(&format!("error: the provider's ID token is refused: it does not come from {}\n", provider.issuer())), "{stderr}");
}

#[test]
fn an_imported_secret_is_found_again_once_the_issuer_is_learnt() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("flask-app", SECRET);
    let mut file = foreign(&provider);
    file["installed"]["client_id"] = json!("flask-app");
    file["installed"]["client_secret"] = json!(SECRET);
    import(&machine, "client_secrets.json", &file, &[]);
    machine.run(&["login", "--redirect-uri", "http://127.0.0.1/callback"]).done();
    machine.run(&["token", "--force-refresh"]).done();
    let secrets: Vec<String> = machine.store.kept().into_keys().filter(|account| account.starts_with("client-secret ")).collect();
    assert_eq!(secrets, [format!("client-secret test flask-app {}", provider.issuer())], "and not under its first name any more");
}

#[test]
fn even_without_keys_an_id_token_s_claims_are_checked() {
    let (provider, machine) = (Provider::start(), Machine::new());
    import(&machine, "client_secrets.json", &foreign(&provider), &[]);
    for (claim, wrong) in [("nonce", json!("another")), ("aud", json!("another")), ("azp", json!("another")), ("exp", json!(7))] {
        provider.unaltered();
        provider.alter_id_token(move |_, claims| claims[claim] = wrong.clone());
        let stderr = machine.run(&["login", "--redirect-uri", "http://127.0.0.1/callback"]).failed(Exit::Failed);
        assert!(stderr.contains("error: the provider's ID token is refused: "), "{claim}: {stderr}");
    }
    assert_eq!(machine.store.kept().len(), 0);
}

#[test]
fn endpoints_can_be_given_by_hand() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Discovery, Respond::status(404));
    let url = |endpoint| provider.url(endpoint);
    let call = [
        "login",
        "--issuer",
        &provider.issuer(),
        "--authorization-endpoint",
        &url(Endpoint::Authorization),
        "--token-endpoint",
        &url(Endpoint::Token),
        "--jwks-uri",
        &url(Endpoint::Jwks),
        "--userinfo-endpoint",
        &url(Endpoint::UserInfo),
    ];
    machine.run(&call).done();
    assert_eq!((provider.requests(Endpoint::Discovery).len(), provider.requests(Endpoint::Jwks).len()), (0, 1));
}

#[test]
fn a_name_that_is_taken_is_not_overwritten() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let file = json!({ "realm": "test", "auth-server-url": provider.base(), "resource": "first" });
    import(&machine, "keycloak.json", &file, &["--profile", "mine"]);
    let before = machine.config();
    let stderr = machine.run(&["profile", "import", machine.path("keycloak.json").to_str().expect("UTF-8"), "-p", "mine"]).failed(Exit::Usage);
    assert_eq!(stderr, "error: there is already a profile called `mine`\nhint: choose another name with `--profile NAME`\n");
    assert_eq!(machine.config(), before);
    import(&machine, "keycloak.json", &file, &["--profile", "second-account"]);
    assert_eq!(machine.config().matches("[profile.").count(), 2);
}

#[test]
fn a_client_that_has_a_profile_already_is_not_given_another_unasked() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let file = json!({ "realm": "test", "auth-server-url": provider.base(), "resource": "first" });
    import(&machine, "keycloak.json", &file, &["--profile", "mine"]);
    let before = machine.config();
    let stderr = machine.run(&["profile", "import", machine.path("keycloak.json").to_str().expect("UTF-8")]).failed(Exit::Usage);
    let expected = "error: this client is already the profile `mine`\n\
                    hint: for another account with the same client, name a second profile with `--profile NAME`\n";
    assert_eq!((stderr.as_str(), machine.config()), (expected, before));
}

#[test]
fn what_is_neither_file_is_refused_without_repeating_any_of_it() {
    let machine = Machine::new();
    let path = machine.path("file.json");
    for text in
        ["", "{", "[]", "{}", "{\"web\":{\"client_secret\":[\"s3cr3t-of-the-import\"]}}", "{\"resource\":{\"s3cr3t-of-the-import\":1}}", "\u{0}\u{1}"]
    {
        std::fs::write(&path, text).expect("written");
        let stderr = machine.run(&["profile", "import", path.to_str().expect("UTF-8"), "-v"]).failed(Exit::Failed);
        assert!(stderr.starts_with("error: the file ") && stderr.contains("\nhint: ") && !stderr.contains(SECRET), "{stderr}");
    }
    let stderr = machine.run(&["profile", "import", "/nonexistent/file.json"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: /nonexistent/file.json can't be read: "), "{stderr}");
    assert_eq!(machine.config(), "");
}

#[test]
fn a_locked_store_keeps_an_import_with_a_secret_from_being_half_done() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::fs::write(machine.path("f.json"), flask(&provider, "http://localhost/cb").to_string()).expect("written");
    machine.store.fail_once(0, crate::store::Fault::Locked);
    let stderr = machine.run(&["profile", "import", machine.path("f.json").to_str().expect("UTF-8")]).failed(Exit::StoreUnavailable);
    assert_eq!((stderr.as_str(), machine.config().as_str()), ("error: the keyring is locked\n", ""));
}
