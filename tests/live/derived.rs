//! Tokens for other resource servers, with less scope, and of service accounts, at a Keycloak that allows them: its client `backend` may exchange tokens
//! for the audience `orders-api`.

use std::fs::{self, File};

use serde_json::Value;

use crate::bench::{Person, outcome};
use crate::provider::decode;

/// Somebody who is signed in by the client `backend`.
fn at_the_backend() -> Person {
    let person = Person::new();
    let file = person.path("secret");
    fs::write(&file, "backend-secret").expect("written");
    let arguments = ["login", "--issuer", &person.issuer(), "--client-id", "backend", "--client-secret-stdin", "--timeout", "90s"];
    let arguments = [&arguments[..], &["--scope", "openid profile email phone"]].concat();
    outcome(person.command(&arguments).stdin(File::open(&file).expect("opened")).output().expect("kclogin runs")).done();
    fs::remove_file(file).expect("removed");
    person
}

fn described(person: &Person, more: &[&str]) -> Value {
    serde_json::from_str(&person.run(&[&["token", "--format", "json"], more].concat()).done()).expect("JSON")
}

fn claims_of(token: &str) -> Value {
    decode(token).expect("a JWT").1
}

#[test]
fn a_token_is_exchanged_for_another_audience_and_kept() {
    let person = at_the_backend();
    let first = described(&person, &["--audience", "orders-api"]);
    let claims = claims_of(first["token"].as_str().expect("a token"));
    assert_eq!((&claims["aud"], &claims["sub"]), (&Value::from("orders-api"), &first["subject"]), "{claims}");
    assert_eq!(described(&person, &["--audience", "orders-api"])["token"], first["token"]);
    assert_ne!(described(&person, &[])["token"], first["token"]);
    let with_scope = described(&person, &["--audience", "orders-api", "--scope", "phone"]);
    assert!(with_scope["scope"].as_str().is_some_and(|scope| scope.split(' ').any(|name| name == "phone")), "{with_scope}");
    for (audience, said) in [("nobody", "the provider knows no such audience"), ("backend", "Requested audience not available: backend")] {
        let stderr = person.run(&["token", "--audience", audience]).failed(1);
        assert!(stderr.contains(said) && stderr.contains("\nhint: "), "{stderr}");
    }
    // Ended at Keycloak, the access token is refused before its time, and so is the refresh.
    person.end_sessions();
    let stderr = person.run(&["token", "--audience", "orders-api", "--force-refresh"]).failed(3);
    assert!(stderr.starts_with("error: the session is over: "), "{stderr}");
}

#[test]
fn a_token_has_less_scope_and_the_session_keeps_all_of_it() {
    let person = at_the_backend();
    let scope = |more: &[&str]| described(&person, more)["scope"].as_str().expect("a scope").to_owned();
    let own = scope(&[]);
    assert!(own.contains("openid") && own.contains("phone"), "{own}");
    // Keycloak always adds the client's default scopes.
    let small = scope(&["--scope", "email"]);
    assert!(small.contains("email") && !small.contains("phone") && !small.contains("openid"), "{small}");
    assert_eq!(scope(&["--force-refresh"]), own);
    person.run(&["whoami"]).done();
    let stderr = person.run(&["token", "--scope", "address"]).failed(1);
    assert!(stderr.contains("the session was not granted the scope `address`"), "{stderr}");
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn a_client_that_may_not_exchange_is_told_what_is_missing() {
    let person = Person::new();
    person.log_in(&[]).done();
    let stderr = person.run(&["token", "--audience", "orders-api"]).failed(1);
    assert!(stderr.contains("the client `kclogin` may not exchange tokens\nhint: ask an administrator for a client with a secret and"), "{stderr}");
}

#[test]
fn a_service_account_signs_in_by_itself() {
    let mut person = Person::new();
    let issuer = person.issuer();
    person.set("KCLOGIN_ISSUER", &issuer);
    person.set("KCLOGIN_CLIENT_ID", "backend");
    let stderr = person.run(&["token", "--client-credentials"]).failed(1);
    assert!(stderr.contains("the client `backend` needs its secret"), "{stderr}");
    person.set("KCLOGIN_CLIENT_SECRET", "backend-secret");
    person.set("DBUS_SESSION_BUS_ADDRESS", "");
    let token = described(&person, &["--client-credentials", "--scope", "phone"]);
    let claims = claims_of(token["token"].as_str().expect("a token"));
    assert_eq!((claims["preferred_username"].as_str(), &claims["sub"]), (Some("service-account-backend"), &token["subject"]));
    assert!(claims["scope"].as_str().is_some_and(|scope| scope.contains("phone")), "{claims}");
    assert_eq!(person.config(), "");
    person.set("KCLOGIN_CLIENT_ID", "kclogin-confidential");
    person.set("KCLOGIN_CLIENT_SECRET", "demo-secret");
    let stderr = person.run(&["token", "--client-credentials"]).failed(1);
    assert!(stderr.contains("the client `kclogin-confidential` has no service account\nhint: ask an administrator"), "{stderr}");
}

#[test]
fn a_token_is_looked_at_asked_about_and_ended() {
    let person = at_the_backend();
    for kind in [&[][..], &["--id-token"]] {
        let shown = person.run(&[&["decode", "--verify"], kind].concat()).done();
        assert!(shown.starts_with(&format!("Verified: signed by {}, and valid now.\n", person.issuer())), "{shown}");
    }
    let before = person.run(&["token"]).done();
    let file = person.path("token");
    fs::write(&file, &before).expect("written");
    let ask = |arguments: &[&str], secret: &str| {
        let mut command = person.command(arguments);
        outcome(command.env("KCLOGIN_CLIENT_SECRET", secret).stdin(File::open(&file).expect("opened")).output().expect("kclogin runs"))
    };
    // Keycloak answers those whom the token is for.
    let stderr = person.run(&["introspect"]).failed(1);
    assert!(stderr.contains("not for this client to know about"), "{stderr}");
    let config = person.path(".config/kclogin/config.toml");
    let api = format!("\n[profile.orders]\nissuer = \"{}\"\nclient-id = \"orders-api\"\n", person.issuer());
    fs::write(&config, person.config() + &api).expect("written");
    let shown = ask(&["introspect", "--profile", "orders", "-"], "orders-secret").done();
    assert!(shown.starts_with("Active\n") && shown.contains(&person.name), "{shown}");
    person.run(&["revoke"]).done();
    let object = ask(&["introspect", "--profile", "orders", "--json", "-"], "orders-secret");
    assert_eq!((object.code, object.stdout.trim_end()), (1, "{\"active\":false}"));
    // Its signature is as good as ever: only the provider knows.
    ask(&["decode", "--verify", "-"], "").done();
    assert_ne!(person.run(&["token"]).done(), before);
    person.run(&["whoami"]).done();
    assert_eq!(person.sessions(), 1);
}
