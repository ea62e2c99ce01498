//! Tokens for scripts.

use std::process::Command;

use crate::bench::{Person, user_info_status};

#[test]
fn a_token_is_accepted_by_keycloak_and_alone_on_stdout() {
    let person = Person::new();
    person.log_in(&[]).done();
    let outcome = person.run(&["token"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert_eq!(user_info_status(&person.issuer(), outcome.stdout.trim_end()), 200);
    let header = person.run(&["token", "--format", "header"]).done();
    assert_eq!(header, format!("Authorization: Bearer {}", outcome.stdout));
}

#[test]
fn an_expired_token_is_refreshed_by_exactly_one_request() {
    let person = Person::in_realm("rotating");
    person.log_in(&[]).done();
    let before = person.run(&["token"]).done();
    // The realm's access tokens never live that long, so the stored one counts as expired.
    let outcome = person.run(&["token", "-v", "--min-validity", "2h"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let requests: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("GET ") || line.starts_with("POST ")).collect();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].starts_with(&format!("POST {}/protocol/openid-connect/token: 200", person.issuer())), "{requests:?}");
    assert_ne!(outcome.stdout, before);
    assert_eq!((person.events("REFRESH_TOKEN"), person.events("CODE_TO_TOKEN")), (1, 1));
    assert_eq!(user_info_status(&person.issuer(), outcome.stdout.trim_end()), 200);
    // What was stored is the rotated refresh token: with the old one this would end the session.
    person.run(&["token", "--force-refresh"]).done();
    assert_eq!((person.events("REFRESH_TOKEN"), person.events("REFRESH_TOKEN_ERROR")), (2, 0));
}

#[test]
fn a_fresh_token_costs_no_network_no_thread_and_no_lock() {
    let person = Person::new();
    person.log_in(&[]).done();
    let trace = person.path("trace");
    let plain = person.command(&["token"]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-e", "trace=network,clone,clone3,fork,vfork,flock", "-o"]).arg(&trace).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    assert!(traced.output().expect("strace is installed").status.success());
    let calls = std::fs::read_to_string(trace).expect("a trace");
    assert!(calls.contains("AF_UNIX"), "the keyring is asked: {calls}");
    for not in ["AF_INET", "clone", "fork", "flock"] {
        assert!(!calls.contains(not), "{not} in {calls}");
    }
}

#[test]
fn without_a_session_a_token_asks_for_a_login_and_opens_no_browser() {
    let person = Person::new();
    let stderr = person.run(&["token"]).failed(2);
    assert!(stderr.contains(&format!("there is no profile called `{}`", person.name)), "{stderr}");
    person.log_in(&[]).done();
    person.run(&["logout"]).done();
    person.forget_seen();
    let stderr = person.run(&["token"]).failed(3);
    assert_eq!(
        stderr,
        format!(
            "error: not logged in to {} (profile `{}`)\nhint: sign in with `kclogin login --profile {}`\n",
            person.issuer(),
            person.name,
            person.name
        )
    );
    assert!(!person.path("browser.log").exists());
}
