//! A provider that is not Keycloak: NAV's mock-oauth2-server. It has no device grant, no session to end but in the browser, and paths of its own.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bench::{Outcome, outcome};
use crate::elsewhere::{Home, Process, free_port};

/// The provider, until it is dropped.
struct Other {
    _process: Process,
    port: u16,
}

impl Other {
    fn start() -> Self {
        Self::start_at(free_port())
    }

    fn start_at(port: u16) -> Self {
        let archives = std::env::var("KCLOGIN_LIVE_OTHER_PROVIDER").expect("KCLOGIN_LIVE_OTHER_PROVIDER is not set: run `cargo xtask test`");
        let mut command = Command::new("java");
        command.args(["-cp", &format!("{archives}/*"), "no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt"]);
        command.env("SERVER_HOSTNAME", "127.0.0.1").env("SERVER_PORT", port.to_string());
        let process = Process::start(command.stdout(Stdio::null()), &issuer_at(port));
        Self { _process: process, port }
    }

    fn issuer(&self) -> String {
        issuer_at(self.port)
    }
}

/// Any first word of the path is an issuer of its own there.
fn issuer_at(port: u16) -> String {
    format!("http://127.0.0.1:{port}/work")
}

/// Signs in at the provider's page, as the person of this name.
#[track_caller]
fn log_in(home: &Home, other: &Other, name: &str) -> Outcome {
    home.log_in(&other.issuer(), &["--no-browser"], |address| {
        let mut page = ureq::post(address).send_form([("username", name), ("claims", "")]).expect("the way back");
        let text = page.body_mut().read_to_string().expect("a page");
        assert!(text.contains(&format!("Signed in as {name}")), "{text}");
    })
}

fn signed_in() -> (Other, Home) {
    let (other, home) = (Other::start(), Home::new());
    let outcome = log_in(&home, &other, "carol");
    assert!(outcome.stderr.ends_with(&format!("Logged in as carol at {}.", other.issuer())), "{outcome:?}");
    outcome.done();
    (other, home)
}

#[test]
fn every_command_works_with_a_provider_that_is_not_keycloak() {
    let (other, home) = signed_in();
    let issuer = other.issuer();
    assert!(home.run(&["whoami"]).done().starts_with("carol\n"));
    let info: Value = serde_json::from_str(&home.run(&["whoami", "--json"]).done()).expect("JSON");
    assert_eq!(info["sub"], "carol");
    let first = home.run(&["token"]).done();
    assert_eq!(home.run(&["token"]).done(), first);
    let second = home.run(&["token", "--force-refresh"]).done();
    assert_ne!(second, first, "it was refreshed");
    let decoded = home.run(&["decode", "--id-token", "--verify"]).done();
    assert!(decoded.starts_with(&format!("Verified: signed by {issuer}, and valid now.\n")), "{decoded}");
    assert!(home.run(&["status"]).done().contains("  Session   no end known\n"), "it does not say when a session ends");
    let out = home.run(&["logout"]);
    assert!(out.stderr.contains("Logged out carol"), "{out:?}");
    out.done();
    assert!(std::fs::read_dir(home.store()).map_or(0, Iterator::count) == 0, "nothing is left");
    home.run(&["token"]).failed(3);
}

#[test]
fn its_session_is_ended_in_the_browser() {
    let (other, home) = signed_in();
    // Follows redirects, and keeps cookies while it does.
    let outcome =
        outcome(home.command(&["logout", "--browser", "--timeout", "30s"]).env("BROWSER", "curl -sLb none -o page").output().expect("kclogin runs"));
    assert!(outcome.stderr.ends_with(&format!("\nLogged out carol from {}.\n", other.issuer())), "{outcome:?}");
    outcome.done();
    let page = std::fs::read_to_string(home.path("page")).expect("a page");
    assert!(page.contains("<h1>Signed out</h1>"), "{page}");
    home.run(&["token"]).failed(3);
}

#[test]
fn a_provider_that_has_forgotten_everybody_is_not_believed() {
    let (other, home) = signed_in();
    let (port, before) = (other.port, home.run(&["token"]).done());
    drop(other);
    assert!(home.run(&["token", "--min-validity", "10h"]).failed(5).starts_with("error: "), "it is away, and the session is still there");
    // It takes any refresh token then, and answers for a person that it makes up.
    let other = Other::start_at(port);
    let said = home.run(&["token", "--min-validity", "10h"]).failed(1);
    assert_eq!(said, "error: the refresh was answered for somebody else than the one who signed in, so it is not used\n");
    assert_eq!(home.run(&["token"]).done(), before, "what was stored is as it was");
    log_in(&home, &other, "carol").done();
}

#[test]
fn what_it_does_not_have_is_said() {
    let (other, home) = signed_in();
    let said = home.run(&["login", "--device", "--issuer", &other.issuer()]).failed(1);
    assert!(said.contains("has no endpoint for signing in with a code"), "{said}");
    let said = home.run(&["introspect"]).failed(1);
    assert!(said.contains("introspection is for clients with a secret"), "{said}");
    let page = home.run(&["doctor"]);
    assert!(page.stdout.contains("  ok       discovery  ") && page.stdout.contains("no device grant"), "{}", page.stdout);
    assert!(!page.stdout.contains("  failed   "), "a login works here: {}", page.stdout);
}
