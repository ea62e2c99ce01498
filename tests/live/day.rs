//! Keycloak's day: what an administrator and the time do to a session, each said in words, and no session lost that could be kept.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::bench::{Person, admin, change_client, client_path, keycloak, new_client, new_realm, user_info_status};

/// The error of a session that is over, with the hint that goes with it.
fn over(person: &Person, because: &str) -> String {
    format!("error: the session is over: {because}\nhint: sign in again with `kclogin login --profile {}`\n", person.name)
}

/// A forced refresh says this and requires a login; what was stored is forgotten; signing in again works.
#[track_caller]
fn ends(person: &Person, login: &[&str], expected: &str) {
    assert_eq!(person.run(&["token", "--force-refresh"]).failed(3), expected);
    assert!(person.run(&["token"]).failed(3).starts_with("error: not logged in to "), "it is forgotten");
    person.log_in(login).done();
    person.run(&["token", "--force-refresh"]).done();
}

/// A forced refresh says this and fails; what was stored stays and is still given while it is valid.
#[track_caller]
fn fails_and_keeps(person: &Person, expected: &str) {
    let before = person.run(&["token"]).done();
    assert_eq!(person.run(&["token", "--force-refresh"]).failed(1), expected);
    assert_eq!(person.run(&["token"]).done(), before);
    assert!(person.run(&["status"]).code == 0, "it is kept");
}

/// The session goes on as if nothing had been.
#[track_caller]
fn goes_on(person: &Person) {
    let token = person.run(&["token", "--force-refresh"]).done();
    assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 200);
}

fn change_realm(realm: &str, change: &Value) {
    admin("PUT", &format!("/admin/realms/{realm}"), Some(change));
}

fn key_providers(realm: &str) -> Vec<String> {
    let components = admin("GET", &format!("/admin/realms/{realm}/components?type=org.keycloak.keys.KeyProvider"), None);
    components.as_array().expect("components").iter().map(|component| component["id"].as_str().expect("an id").to_owned()).collect()
}

/// Keys that sign everything from now on: RSA for access and ID tokens, HMAC for refresh tokens.
fn add_keys(realm: &str, priority: &str) {
    let parent = admin("GET", &format!("/admin/realms/{realm}"), None)["id"].clone();
    for (provider, algorithm) in [("rsa-generated", "RS256"), ("hmac-generated", "HS512")] {
        let config = json!({"priority": [priority], "enabled": ["true"], "active": ["true"], "algorithm": [algorithm]});
        let name = format!("{provider}-{priority}");
        let key =
            json!({"name": name, "providerId": provider, "providerType": "org.keycloak.keys.KeyProvider", "parentId": parent, "config": config});
        admin("POST", &format!("/admin/realms/{realm}/components"), Some(&key));
    }
}

fn delete_keys(realm: &str, ids: &[String]) {
    for id in ids {
        admin("DELETE", &format!("/admin/realms/{realm}/components/{id}"), None);
    }
}

#[test]
fn rotated_keys_cost_nobody_their_session_and_lost_ones_are_named() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    person.log_in(&[]).done();
    let first = key_providers(&realm);
    add_keys(&realm, "200");
    goes_on(&person);
    person.run(&["whoami"]).done();
    // The refresh has brought tokens that the new keys signed, so that the old ones can go.
    delete_keys(&realm, &first);
    goes_on(&person);
    let second = key_providers(&realm);
    add_keys(&realm, "300");
    delete_keys(&realm, &second);
    ends(&person, &[], &over(&person, "the provider does not recognise its refresh token, as after a change of the provider's keys"));
}

#[test]
fn a_session_that_was_not_used_for_too_long_is_over() {
    let person = Person::new();
    new_client("demo", &person.name, &json!({"client.session.idle.timeout": "4"}));
    let login = ["--client-id", &person.name];
    person.log_in(&login).done();
    thread::sleep(Duration::from_secs(5));
    // The access token outlives it by minutes: whoever only looks at its expiry takes it.
    let status = person.run(&["status"]).done();
    assert!(status.contains("  Token     for ") && status.contains("  Session   expired at "), "{status}");
    assert_eq!(
        person.run(&["token", "--min-validity", "2h"]).failed(3),
        over(&person, "it was not used for too long, or has reached its longest lifetime")
    );
    assert!(person.run(&["status"]).stderr.starts_with("error: not logged in to "));
    person.log_in(&login).done();
}

#[test]
fn a_session_at_the_end_of_its_longest_lifetime_is_over() {
    let person = Person::new();
    new_client("demo", &person.name, &json!({"client.session.max.lifespan": "8"}));
    person.log_in(&["--client-id", &person.name]).done();
    // Its use does not prolong it.
    person.run(&["token", "--force-refresh"]).done();
    thread::sleep(Duration::from_secs(9));
    let status = person.run(&["status"]);
    assert_eq!(status.code, 3);
    let expected = format!("error: the session at {} has expired\nhint: sign in with `kclogin login --profile {}`\n", person.issuer(), person.name);
    assert_eq!(status.stderr, expected);
    assert_eq!(person.run(&["token"]).failed(3), over(&person, "it was not used for too long, or has reached its longest lifetime"));
    person.log_in(&["--client-id", &person.name]).done();
}

#[test]
fn an_offline_session_outlives_the_time_after_which_an_ordinary_one_is_over() {
    let realm = new_realm(&json!({"ssoSessionIdleTimeout": 10, "ssoSessionMaxLifespan": 10}));
    let (ordinary, offline) = (Person::in_realm(&realm), Person::in_realm(&realm));
    ordinary.log_in(&[]).done();
    offline.log_in(&["--scope", "openid profile email offline_access"]).done();
    thread::sleep(Duration::from_secs(12));
    assert_eq!(ordinary.run(&["token"]).failed(3), over(&ordinary, "it was not used for too long, or has reached its longest lifetime"));
    goes_on(&offline);
    let status = offline.run(&["status"]).done();
    assert!(status.contains("  Session   offline, no end known\n"), "{status}");
    // What Keycloak revokes is what was issued in an earlier second.
    thread::sleep(Duration::from_secs(2));
    offline.end_sessions();
    assert_eq!(offline.run(&["token", "--force-refresh"]).failed(3), over(&offline, "an administrator ended all sessions at the provider"));
}

#[test]
fn without_its_role_an_offline_session_is_over_and_none_is_begun() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    let offline = ["--scope", "openid profile email offline_access"];
    person.log_in(&offline).done();
    let path = format!("/admin/realms/{realm}/roles/default-roles-{realm}/composites");
    let mut roles = admin("GET", &path, None);
    roles.as_array_mut().expect("roles").retain(|role| role["name"] == "offline_access");
    admin("DELETE", &path, Some(&roles));
    assert_eq!(person.run(&["token", "--force-refresh"]).failed(3), over(&person, "the account may have no offline session any more"));
    let stderr = person.log_in(&offline).failed(1);
    assert!(
        stderr.ends_with(
            "error: the sign-in failed: Offline tokens not allowed for the user or client (not_allowed)\n\
             hint: ask an administrator for the role `offline_access`, or do without: `kclogin login --scope 'openid profile email'`\n"
        ),
        "{stderr}"
    );
    person.log_in(&["--scope", "openid profile email"]).done();
    goes_on(&person);
    admin("POST", &path, Some(&roles));
    person.log_in(&offline).done();
    goes_on(&person);
}

#[test]
fn a_disabled_user_is_told_so_and_signs_in_again_once_enabled() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.change_user(&json!({"enabled": false}));
    let expected =
        "error: the session is over: the account is disabled at the provider\nhint: ask an administrator to enable it, and sign in again then\n";
    // The access token would do for minutes; whoami asks the provider, which says no.
    person.run(&["token"]).done();
    assert_eq!(person.run(&["whoami"]).failed(3), expected);
    person.change_user(&json!({"enabled": true}));
    person.log_in(&[]).done();
    person.change_user(&json!({"enabled": false}));
    assert_eq!(person.run(&["token", "--force-refresh"]).failed(3), expected);
    assert!(person.run(&["token"]).failed(3).starts_with("error: not logged in"));
}

#[test]
fn a_session_that_an_administrator_ended_is_over() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.end_sessions();
    let because = "it was ended at the provider, by a logout, by an administrator, or by its idle time or lifetime";
    assert_eq!(person.run(&["whoami"]).failed(3), over(&person, because));
    person.log_in(&[]).done();
    person.end_sessions();
    ends(&person, &[], &over(&person, because));
}

#[test]
fn sessions_revoked_for_the_whole_realm_are_over() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    person.log_in(&[]).done();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    change_realm(&realm, &json!({"notBefore": now + 1}));
    thread::sleep(Duration::from_secs(2));
    ends(&person, &[], &over(&person, "an administrator ended all sessions at the provider"));
}

#[test]
fn a_deleted_client_is_named_and_a_disabled_one_costs_nobody_their_session() {
    let person = Person::new();
    new_client("demo", &person.name, &json!({}));
    let login = ["--client-id", &person.name];
    person.log_in(&login).done();
    let expected = |code: &str| {
        format!(
            "error: the refresh failed: the provider does not accept the client `{}`: Invalid client or Invalid client credentials ({code})\n\
             hint: ask an administrator whether it was deleted, disabled, given a secret (for `kclogin login --client-secret-stdin`), or wants another certificate\n",
            person.name
        )
    };
    change_client("demo", &person.name, &json!({"enabled": false}));
    fails_and_keeps(&person, &expected("invalid_client"));
    assert_eq!(person.run(&["whoami"]).failed(1), expected("invalid_client"));
    change_client("demo", &person.name, &json!({"enabled": true, "publicClient": false, "secret": "a secret"}));
    fails_and_keeps(&person, &expected("unauthorized_client"));
    change_client("demo", &person.name, &json!({"publicClient": true}));
    goes_on(&person);

    admin("DELETE", &client_path("demo", &person.name), None);
    fails_and_keeps(&person, &expected("invalid_client"));
    assert_eq!(person.run(&["whoami"]).failed(1), expected("invalid_client"));
    new_client("demo", &person.name, &json!({}));
    person.log_in(&login).done();
    goes_on(&person);
}

#[test]
fn a_realm_that_was_renamed_or_deleted_is_missed_and_found_again_under_its_name() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    person.log_in(&[]).done();
    let expected = format!(
        "error: there is no provider at {} any more: Realm does not exist\n\
         hint: ask an administrator whether the realm was deleted or renamed; sign in to a renamed one with `kclogin login --profile NEW --issuer ISSUER`\n",
        person.issuer()
    );
    let other = format!("{realm}-renamed");
    change_realm(&realm, &json!({"realm": other}));
    fails_and_keeps(&person, &expected);
    assert_eq!(person.run(&["whoami"]).failed(1), expected);
    change_realm(&other, &json!({"realm": realm}));
    goes_on(&person);
    admin("DELETE", &format!("/admin/realms/{realm}"), None);
    fails_and_keeps(&person, &expected);
}

#[test]
fn a_realm_that_is_disabled_costs_nobody_their_session() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    person.log_in(&[]).done();
    change_realm(&realm, &json!({"enabled": false}));
    fails_and_keeps(
        &person,
        "error: the refresh failed: the realm is disabled at the provider\nhint: ask an administrator to enable it; the session is still there\n",
    );
    change_realm(&realm, &json!({"enabled": true}));
    goes_on(&person);
}

#[test]
fn a_provider_that_goes_by_another_name_now_is_said_to() {
    let realm = new_realm(&json!({}));
    let person = Person::in_realm(&realm);
    person.log_in(&[]).done();
    let base = keycloak().replace("127.0.0.1", "localhost");
    change_realm(&realm, &json!({"attributes": {"frontendUrl": base}}));
    let name = format!("{base}/realms/{realm}");
    let expected = format!(
        "error: the session is over: the provider goes by another name now: Invalid token issuer. Expected '{name}'\n\
         hint: if that is the name you trust, sign in with `kclogin login --profile NEW --issuer ISSUER`\n"
    );
    assert_eq!(person.run(&["token", "--force-refresh"]).failed(3), expected);
    let new = format!("{}-new", person.name);
    person.run(&["login", "--profile", &new, "--issuer", &name, "--timeout", "90s"]).done();
    person.run(&["token", "--profile", &new, "--force-refresh"]).done();
}
