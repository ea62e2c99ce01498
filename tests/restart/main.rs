//! A restart of Keycloak while kclogin is in use.
//!
//! Apart from the other live tests, which share a Keycloak that must stay. `cargo xtask test` says where this one is to listen, and which program starts
//! it there; without it this test fails: it never skips.
#![cfg(unix)]
#![allow(missing_docs, reason = "tests say what they show by their names")]

#[path = "../live/bench.rs"]
#[allow(dead_code, reason = "the other live tests use the rest of it")]
mod bench;
#[allow(dead_code, reason = "the tests in process use the rest")]
#[path = "../integration/schemas.rs"]
mod schemas;
mod server;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use bench::{Outcome, Person, keycloak, new_realm, user_info_status, with_an_expired_token};
use server::{PATIENCE, Server};

#[test]
fn a_restart_of_keycloak_costs_nobody_their_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let realm = new_realm(&json!({"revokeRefreshToken": true, "refreshTokenMaxReuse": 0}));
    let (valid, offline) = (Person::in_realm(&realm), Person::in_realm(&realm));
    valid.log_in(&[]).done();
    offline.log_in(&["--scope", "openid profile email offline_access"]).done();
    let expired = with_an_expired_token(&realm);
    // What must survive is a rotated token.
    let token = valid.run(&["token", "--force-refresh"]).done();

    drop(server);
    let unreachable = format!(
        "the provider at {} can't be reached: nothing listens there (connection refused)",
        keycloak().strip_prefix("http://").expect("an address")
    );
    let given = valid.run(&["token"]);
    assert_eq!((given.code, given.stdout.as_str(), given.stderr.as_str()), (0, token.as_str(), ""));
    let given = valid.run(&["token", "--force-refresh"]);
    let warning = format!("warning: the access token was not refreshed, so this is the one from before: {unreachable}\n");
    assert_eq!((given.code, given.stdout.as_str(), given.stderr.as_str()), (0, token.as_str(), warning.as_str()));
    for arguments in [["token"].as_slice(), &["whoami"], &["token", "--login"]] {
        assert_eq!(expired.run(arguments).failed(5), format!("error: {unreachable}\n"), "{arguments:?}");
    }
    assert_eq!(valid.run(&["whoami"]).failed(5), format!("error: {unreachable}\n"));
    assert_eq!(expired.run(&["login"]).failed(5), format!("error: {unreachable}\n"));
    expired.run(&["status"]).done();

    // Whatever it answers while it starts, nothing but "try again later" is made of it.
    let _server = Server::begin(folder.path(), &[]);
    let until = Instant::now() + PATIENCE;
    let back: Outcome = loop {
        let outcome = expired.run(&["token"]);
        if outcome.code == 0 {
            break outcome;
        }
        assert_eq!(outcome.code, 5, "{}", outcome.stderr);
        assert!(Instant::now() < until, "Keycloak did not come back");
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(user_info_status(&expired.issuer(), back.stdout.trim_end()), 200);
    for person in [&valid, &offline, &expired] {
        let token = person.run(&["token", "--force-refresh"]).done();
        assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 200);
        assert!(person.run(&["whoami"]).done().starts_with("Live "));
        assert_eq!(person.events("REFRESH_TOKEN_ERROR"), 0);
    }
    assert_eq!((valid.sessions(), expired.sessions()), (1, 1));
}
