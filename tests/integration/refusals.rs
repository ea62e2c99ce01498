//! What Keycloak is known to refuse, in its own words, and what is made of it: a sentence, an exit code, and a session that is kept or forgotten.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider, Respond};
use crate::token::at_now;

/// Somebody whose access token has expired, at a provider that refuses its refresh once.
fn refused(respond: Respond) -> (Provider, Machine) {
    let (provider, machine) = at_now();
    provider.advance(301);
    machine.clock.advance(301);
    provider.respond(Endpoint::Token, respond.once());
    (provider, machine)
}

#[test]
fn a_refresh_token_that_is_refused_ends_the_session_and_says_why() {
    let again = "sign in again with `kclogin login --profile test`";
    let ended = "it was ended at the provider, by a logout, by an administrator, or by its idle time or lifetime";
    let offline = "the offline session was ended at the provider, by an administrator, or by its idle time or lifetime";
    for (description, because, hint) in [
        ("Token is not active", "it was not used for too long, or has reached its longest lifetime", again),
        ("Session not active", ended, again),
        ("Client session not active", ended, again),
        ("Offline user session not found", offline, again),
        ("Offline session not active", offline, again),
        ("Offline session invalid because offline access not granted anymore", "the account may have no offline session any more", again),
        ("Stale token", "an administrator ended all sessions at the provider", again),
        ("Invalid refresh token", "the provider does not recognise its refresh token, as after a change of the provider's keys", again),
        ("User disabled", "the account is disabled at the provider", "ask an administrator to enable it, and sign in again then"),
        ("Maximum allowed refresh token reuse exceeded", "the stored refresh token had already been used, so the provider ended the session", again),
        (
            "Invalid token issuer. Expected 'https://new.example/realms/a'",
            "the provider goes by another name now: Invalid token issuer. Expected 'https://new.example/realms/a'",
            "if that is the name you trust, sign in with `kclogin login --profile NEW --issuer ISSUER`",
        ),
    ] {
        let (_provider, machine) = refused(Respond::error(400, "invalid_grant", description));
        let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
        assert_eq!(stderr, format!("error: the session is over: {because}\nhint: {hint}\n"));
        assert_eq!((machine.store.kept().len(), machine.opened()), (0, 1), "{description}");
    }
}

#[test]
fn any_other_refusal_keeps_the_session_and_says_whom_to_ask() {
    let client = "error: the refresh failed: the provider does not accept the client `kclogin`: Invalid client or Invalid client credentials";
    let client_hint = "ask an administrator whether it was deleted, disabled, given a secret (for `kclogin login --client-secret-stdin`), or wants another certificate";
    for (respond, sentence, hint) in [
        (Respond::error(401, "invalid_client", "Invalid client or Invalid client credentials"), format!("{client} (invalid_client)"), client_hint),
        (
            Respond::error(401, "unauthorized_client", "Invalid client or Invalid client credentials"),
            format!("{client} (unauthorized_client)"),
            client_hint,
        ),
        (
            Respond::error(403, "access_denied", "Realm not enabled"),
            "error: the refresh failed: the realm is disabled at the provider".to_owned(),
            "ask an administrator to enable it; the session is still there",
        ),
        (
            Respond::error(400, "not_allowed", "Offline tokens not allowed for the user or client"),
            "error: the refresh failed: Offline tokens not allowed for the user or client (not_allowed)".to_owned(),
            "ask an administrator for the role `offline_access`, or do without: `kclogin login --scope 'openid profile email'`",
        ),
    ] {
        let (_provider, machine) = refused(respond);
        let before = machine.store.kept();
        assert_eq!(machine.run(&["token"]).failed(Exit::Failed), format!("{sentence}\nhint: {hint}\n"));
        assert_eq!((machine.store.kept(), machine.opened()), (before, 1));
        machine.run(&["token"]).done();
    }
}

#[test]
fn a_realm_that_is_gone_is_missed_at_both_endpoints_and_costs_nobody_their_session() {
    let gone = || Respond::json(&json!({ "error": "Realm does not exist" })).with_status(404);
    let (provider, machine) = refused(gone());
    let expected = format!(
        "error: there is no provider at {} any more: Realm does not exist\n\
         hint: ask an administrator whether the realm was deleted or renamed; sign in to a renamed one with `kclogin login --profile NEW --issuer ISSUER`\n",
        provider.issuer()
    );
    assert_eq!(machine.run(&["token"]).failed(Exit::Failed), expected);
    machine.run(&["token"]).done();
    provider.respond(Endpoint::UserInfo, gone().once());
    assert_eq!(machine.run(&["whoami"]).failed(Exit::Failed), expected);
    machine.run(&["whoami"]).done();
}
