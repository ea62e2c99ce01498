//! Signing out: what is left at Keycloak.

use serde_json::json;

use crate::bench::{Person, new_client, refresh_answer, user_info_status};

/// The refresh token that is stored, read from the keyring as its owner may.
fn stored_refresh_token(person: &Person) -> String {
    let account = format!("token-set {} kclogin {}", person.name, person.issuer());
    let output =
        std::process::Command::new("secret-tool").args(["lookup", "service", "kclogin", "username", &account]).output().expect("secret-tool runs");
    let stored: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a stored token set");
    stored["refresh_token"].as_str().expect("a refresh token").to_owned()
}

#[test]
fn logout_ends_the_session_at_keycloak_and_here() {
    let person = Person::new();
    person.log_in(&[]).done();
    let (token, refresh_token) = (person.run(&["token"]).done(), stored_refresh_token(&person));
    assert_eq!((person.sessions(), user_info_status(&person.issuer(), token.trim_end())), (1, 200));

    let outcome = person.run(&["logout"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert_eq!(outcome.stderr, format!("Logged out {} from {}.\n", person.name, person.issuer()));
    assert_eq!(person.sessions(), 0);
    assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 401);
    assert_eq!(refresh_answer(&person.issuer(), &refresh_token), "invalid_grant");
    person.run(&["status"]);
    assert!(person.run(&["token"]).failed(3).starts_with("error: not logged in"));
    assert_eq!(person.run(&["logout"]).stderr, format!("Not logged in to {}.\n", person.issuer()), "not being logged in is success");
}

#[test]
fn logout_ends_an_offline_session_too() {
    let person = Person::new();
    person.log_in(&["--scope", "openid profile email offline_access"]).done();
    let (token, refresh_token) = (person.run(&["token"]).done(), stored_refresh_token(&person));
    assert_eq!(refresh_answer(&person.issuer(), &refresh_token), "ok");
    let card = person.run(&["whoami"]).done();
    assert!(card.contains("\n  Session   offline, no end known\n"), "{card}");

    person.run(&["logout"]).done();
    assert_eq!(refresh_answer(&person.issuer(), &refresh_token), "invalid_grant");
    assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 401);
}

#[test]
fn logout_of_this_machine_only_leaves_the_provider_alone_and_says_so() {
    let person = Person::new();
    person.log_in(&[]).done();
    let stderr = person.run(&["logout", "--local"]).stderr;
    assert!(stderr.contains("on this machine only; the session at the provider lives on"), "{stderr}");
    assert_eq!(person.sessions(), 1);
}

#[test]
fn logout_of_a_session_that_an_administrator_ended_is_success() {
    let person = Person::new();
    person.log_in(&[]).done();
    refresh_answer(&person.issuer(), &stored_refresh_token(&person));
    person.end_sessions();
    let outcome = person.run(&["logout"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(&format!("Logged out {} from ", person.name)), "{}", outcome.stderr);
}

#[test]
fn the_browser_ends_the_session_at_keycloak_and_comes_back() {
    let person = Person::new();
    // Without a setting of its own for it the client may come back to its redirect URIs.
    for client in ["kclogin", &person.name] {
        if client == person.name {
            new_client("demo", client, &json!({"post.logout.redirect.uris": "+"}));
        }
        person.log_in(&["--client-id", client, "--profile", client]).done();
        let token = person.run(&["token", "--profile", client]).done();
        person.forget_seen();
        let outcome = person.run(&["logout", "--browser", "--timeout", "60s", "--profile", client]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
        assert!(outcome.stderr.ends_with(&format!("\nLogged out {} from {}.\n", person.name, person.issuer())), "{}", outcome.stderr);
        let seen = person.seen();
        assert_eq!((&seen["title"], &seen["answered"]), (&"Signed out".into(), &json!([])), "{seen}");
        assert_eq!((person.sessions(), user_info_status(&person.issuer(), token.trim_end())), (0, 401));
        person.forget_seen();
    }
}

#[test]
fn where_keycloak_may_not_send_the_browser_back_the_session_ends_all_the_same() {
    let mut person = Person::new();
    new_client("demo", &person.name, &json!({"post.logout.redirect.uris": "-"}));
    person.log_in(&["--client-id", &person.name]).done();
    person.forget_seen();
    person.browser("open");
    let outcome = person.run(&["logout", "--browser", "--timeout", "15s"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("\nwarning: whether the session at the provider is over is not known: "), "{}", outcome.stderr);
    assert_eq!(person.seen()["status"], 400, "{}", person.seen());
    assert_eq!(person.sessions(), 0, "the refresh token was revoked, and its session with it");
}
