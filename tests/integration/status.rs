//! `kclogin status`: what is stored, exactly, and without the network.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::provider::{Provider, Rotation, User};
use crate::store::Fault;
use crate::token::at_now;

fn store_name() -> String {
    kclogin::token_store::StoreName::default().description()
}

#[test]
fn the_text_says_who_where_and_for_how_long_without_the_network() {
    let (provider, machine) = at_now();
    let connections = provider.connection_count();
    let outcome = machine.run(&["status"]);
    let expected = format!(
        "  Profile   test\n  User      alice (Alice Adams)\n  Issuer    {}\n  Client    kclogin\n  Store     {}\n  \
         Token     for 5 min (until 2026-11-24T18:45:00Z)\n  Session   for 30 min (until 2026-11-24T19:10:00Z)\n",
        provider.issuer(),
        store_name()
    );
    assert_eq!((outcome.exit, outcome.stdout, outcome.stderr.as_str()), (Exit::Done, expected, ""));
    assert_eq!(provider.connection_count(), connections);
}

#[test]
fn the_json_document_is_complete() {
    let (provider, machine) = at_now();
    let outcome = machine.run(&["status", "--json"]);
    let user = User::alice();
    let expected = json!({
        "profile": "test", "logged_in": true, "issuer": provider.issuer(), "client_id": "kclogin",
        "pushed_authorization_requests": false, "dpop": false, "token_is_bound": false, "store": "keyring", "subject": user.sub,
        "username": "alice", "name": "Alice Adams", "email": "alice@example.test", "scope": "openid profile email",
        "token_expiry": "2026-11-24T18:45:00Z", "session_expiry": "2026-11-24T19:10:00Z", "can_refresh": true,
    });
    assert_eq!((outcome.exit, outcome.stdout, outcome.stderr.as_str()), (Exit::Done, format!("{expected:#}\n"), ""));
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn an_expired_token_with_a_session_that_lives_is_still_a_login() {
    let (_provider, machine) = at_now();
    machine.clock.advance(301);
    let outcome = machine.run(&["status"]);
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, ""));
    assert!(outcome.stdout.contains("\n  Token     expired at 2026-11-24T18:45:00Z\n  Session   for 24 min (until"), "{}", outcome.stdout);
}

#[test]
fn a_session_that_is_over_requires_a_login() {
    let (provider, machine) = at_now();
    machine.clock.advance(1800);
    let outcome = machine.run(&["status"]);
    let expected = format!("error: the session at {} has expired\nhint: sign in with `kclogin login --profile test`\n", provider.issuer());
    assert_eq!((outcome.exit, outcome.stderr), (Exit::LoginRequired, expected));
    assert!(outcome.stdout.contains("\n  Session   expired at 2026-11-24T19:10:00Z\n"), "{}", outcome.stdout);
}

#[test]
fn a_session_without_a_refresh_token_ends_with_its_token() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.rotation(Rotation::Never);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let outcome = machine.run(&["status"]);
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.stderr);
    assert!(outcome.stdout.ends_with("\n  Session   ends with the token, which can't be refreshed\n"), "{}", outcome.stdout);
    machine.clock.advance(300);
    assert_eq!(machine.run(&["status"]).exit, Exit::LoginRequired);
}

#[test]
fn nothing_stored_requires_a_login_and_says_what_there_is() {
    let (provider, machine) = at_now();
    machine.store.forget("token-set ");
    let outcome = machine.run(&["status"]);
    let (issuer, hint) = (provider.issuer(), "hint: sign in with `kclogin login --profile test`\n");
    let card = format!("  Profile   test\n  Issuer    {issuer}\n  Client    kclogin\n  Store     {}\n", store_name());
    assert_eq!((outcome.exit, outcome.stdout, outcome.stderr), (Exit::LoginRequired, card, format!("error: not logged in to {issuer}\n{hint}")));
    let outcome = machine.run(&["status", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!((outcome.exit, &document["logged_in"], &document["subject"]), (Exit::LoginRequired, &json!(false), &json!(null)));
}

#[test]
fn no_profile_at_all_requires_a_login() {
    let stderr = Machine::new().run(&["status"]).failed(Exit::LoginRequired);
    assert_eq!(stderr, "error: not logged in: no profile is set up yet\nhint: sign in with `kclogin login --issuer https://HOST/realms/NAME`\n");
}

#[test]
fn a_locked_store_is_said_and_nothing_is_claimed() {
    let (_provider, machine) = at_now();
    machine.store.fail_once(0, Fault::Locked);
    assert_eq!(machine.run(&["status"]).failed(Exit::StoreUnavailable), "error: the keyring is locked\n");
}
