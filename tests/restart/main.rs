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

use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use bench::{Outcome, Person, keycloak, new_realm, user_info_status, with_an_expired_token};

/// How long Keycloak may take to start: more than xtask itself waits.
const PATIENCE: Duration = Duration::from_secs(600);

/// A Keycloak that keeps its data in a folder. Stopped when this is dropped, however the test ends.
struct Server(Child);

impl Server {
    /// Does not wait until it is ready.
    fn begin(folder: &std::path::Path) -> Self {
        let program = std::env::var("KCLOGIN_LIVE_XTASK").expect("KCLOGIN_LIVE_XTASK is set by `cargo xtask test`");
        let address = keycloak();
        let (_, port) = address.rsplit_once(':').expect("a port");
        let mut command = Command::new(program);
        command.args(["keycloak", "run", "--port", port, "--folder"]).arg(folder);
        Self(command.spawn().expect("xtask starts"))
    }

    fn is_ready() -> bool {
        ureq::get(format!("{}/realms/master", keycloak())).call().is_ok()
    }

    fn start(folder: &std::path::Path) -> Self {
        let mut server = Self::begin(folder);
        let until = Instant::now() + PATIENCE;
        while !Self::is_ready() {
            assert!(server.0.try_wait().expect("a state").is_none(), "Keycloak has ended");
            assert!(Instant::now() < until, "Keycloak did not get ready");
            thread::sleep(Duration::from_millis(200));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, it ends Keycloak first.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn a_restart_of_keycloak_costs_nobody_their_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
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
    let _server = Server::begin(folder.path());
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
