//! `kclogin doctor` at a real Keycloak and a real keyring: what it says of each fault that an administrator or a machine can have.

use serde_json::{Value, json};

use crate::bench::{Outcome, Person, change_client, new_client, new_realm};

/// The outcome and the detail of a check, by its group and name.
#[track_caller]
fn check(outcome: &Outcome, group: &str, name: &str) -> (String, String) {
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    let checks = document["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["group"] == group && check["name"] == name).expect("the check");
    let text = |member: &str| found[member].as_str().expect("text").to_owned();
    (text("outcome"), text("detail"))
}

/// What the doctor finds at this person's realm.
#[track_caller]
fn doctor(person: &Person, more: &[&str]) -> Outcome {
    let issuer = person.issuer();
    person.run(&[&["doctor", "--json", "--issuer", &issuer], more].concat())
}

#[track_caller]
fn is(outcome: &Outcome, [group, name]: [&str; 2], expected: &str, detail: &str) {
    let found = check(outcome, group, name);
    assert!(found.0 == expected && found.1.contains(detail), "{group} {name}: {found:?}");
}

#[test]
fn the_doctor_finds_nothing_wrong_where_a_login_works_and_nobody_is_signed_in_by_it() {
    let person = Person::new();
    let outcome = doctor(&person, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for name in ["discovery", "PKCE", "keys", "endpoints", "client", "redirect URI", "scope", "client secret"] {
        is(&outcome, ["Provider", name], "ok", "");
    }
    // Keycloak sends no date; its signed answer tells the time.
    is(&outcome, ["Provider", "clock"], "ok", "by the expiry of a signed answer");
    is(&outcome, ["Store", "probe"], "ok", "");
    is(&outcome, ["Store", "session"], "ok", "none yet");
    assert_eq!(person.sessions(), 0);
    person.log_in(&[]).done();
    is(&doctor(&person, &[]), ["Store", "session"], "ok", "there is one");
    person.run(&["logout"]).done();
}

#[test]
fn the_doctor_tells_an_unknown_client_from_a_disabled_one_and_from_a_redirect_uri_that_is_not_allowed() {
    let person = Person::new();
    let outcome = doctor(&person, &["--client-id", "nobody"]);
    assert_eq!(outcome.code, 1);
    is(&outcome, ["Provider", "client"], "failed", "`nobody`: Client not found.");
    is(&outcome, ["Provider", "redirect URI"], "skipped", "");

    new_client("demo", &person.name, &json!({}));
    let mine = ["--client-id", person.name.as_str()];
    is(&doctor(&person, &mine), ["Provider", "client"], "ok", "");
    change_client("demo", &person.name, &json!({"redirectUris": ["http://127.0.0.1/elsewhere"]}));
    let outcome = doctor(&person, &mine);
    is(&outcome, ["Provider", "client"], "ok", "");
    is(&outcome, ["Provider", "redirect URI"], "failed", "Invalid parameter: redirect_uri");
    change_client("demo", &person.name, &json!({"standardFlowEnabled": false, "redirectUris": ["http://127.0.0.1/*"]}));
    is(&doctor(&person, &mine), ["Provider", "client"], "failed", "");
    change_client("demo", &person.name, &json!({"standardFlowEnabled": true, "enabled": false}));
    is(&doctor(&person, &mine), ["Provider", "client"], "failed", "");
    is(&doctor(&person, &["--scope", "openid nonsense"]), ["Provider", "scope"], "failed", "Invalid scopes");
}

#[test]
fn the_doctor_tries_the_client_s_secret_without_signing_in() {
    let mut person = Person::new();
    let call = ["--client-id", "kclogin-confidential"];
    is(&doctor(&person, &call), ["Provider", "client secret"], "failed", "none is known here");
    for (secret, expected) in [("wrong", "failed"), ("demo-secret", "ok")] {
        person.set("KCLOGIN_CLIENT_SECRET", secret);
        let outcome = doctor(&person, &call);
        is(&outcome, ["Provider", "client secret"], expected, "from KCLOGIN_CLIENT_SECRET");
        assert!(!outcome.stdout.contains("demo-secret") && !outcome.stderr.contains("demo-secret"));
    }
}

#[test]
fn the_doctor_says_which_realm_there_is_not_and_which_clock_can_t_be_trusted() {
    let person = Person::new();
    let nowhere = format!("{}x", person.issuer());
    let outcome = person.run(&["doctor", "--json", "--issuer", &nowhere]);
    is(&outcome, ["Provider", "discovery"], "failed", "Realm does not exist");
    is(&outcome, ["Network", "connection"], "ok", "");
    // A code that lives for an hour looks like a clock that is behind: a warning that names both.
    let realm = new_realm(&json!({"accessCodeLifespan": 3600}));
    let person = Person::in_realm(&realm);
    let outcome = doctor(&person, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    is(&outcome, ["Provider", "clock"], "warning", "behind the provider's, if its realm lets a code live for a minute");
}

#[test]
fn the_doctor_tells_a_keyring_that_is_there_from_none() {
    let mut person = Person::new();
    is(&doctor(&person, &[]), ["Store", "store"], "ok", "Secret Service");
    person.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    person.set("XDG_RUNTIME_DIR", "/nonexistent");
    let outcome = doctor(&person, &[]);
    assert_eq!(outcome.code, 1);
    is(&outcome, ["Store", "store"], "failed", "there is no keyring here");
    is(&outcome, ["Store", "probe"], "skipped", "");
    is(&doctor(&person, &["--store", "file"]), ["Store", "probe"], "ok", "");
}
