//! Confidential clients: how their secret gets in, where it is kept, how it is sent (RFC 6749 2.3.1). And token responses of every permitted shape.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::person::error_in;
use crate::provider::{ClientAuthentication, Endpoint, Members, Provider};

/// With every character that form encoding or Basic authentication could trip over.
const ID: &str = "back end:ä+%&=";
const SECRET: &str = "s3:cr%40et+ &=ü\"\\";

fn provider(by: ClientAuthentication) -> Provider {
    let provider = Provider::start();
    provider.confidential_client(ID, SECRET);
    provider.client_authentication(by);
    provider
}

/// A machine on which the client has signed in with its secret on stdin.
fn signed_in(provider: &Provider) -> Machine {
    let machine = Machine::new();
    machine.type_in(&format!("{SECRET}\n"));
    machine.run(&["login", "--client-id", ID, "--client-secret-stdin", "--issuer", &provider.issuer()]).done();
    machine.type_in("");
    machine
}

#[test]
fn rfc6749_2_3_1_a_secret_with_reserved_characters_is_sent_by_basic() {
    let provider = provider(ClientAuthentication::Basic);
    signed_in(&provider);
    let request = &provider.requests(Endpoint::Token)[0];
    assert_eq!(request.basic(), Some((ID.to_owned(), SECRET.to_owned())));
    assert_eq!((request.form.get("client_secret"), request.query.names().len()), (None, 0));
}

#[test]
fn rfc6749_2_3_1_a_secret_with_reserved_characters_is_sent_by_post_where_the_provider_wants_that() {
    let provider = provider(ClientAuthentication::Post);
    signed_in(&provider);
    let request = &provider.requests(Endpoint::Token)[0];
    assert_eq!((request.form.get("client_id"), request.form.get("client_secret")), (Some(ID), Some(SECRET)));
    assert_eq!((request.header("authorization"), request.query.names().len()), (None, 0));
}

#[test]
fn where_both_ways_are_open_basic_is_used() {
    let provider = provider(ClientAuthentication::Either);
    signed_in(&provider);
    assert!(provider.requests(Endpoint::Token)[0].basic().is_some());
}

#[test]
fn the_secret_is_in_the_store_and_never_in_the_configuration() {
    let provider = provider(ClientAuthentication::Either);
    let machine = signed_in(&provider);
    let account = format!("client-secret test {ID} {}", provider.issuer());
    assert_eq!(machine.store.kept().get(&account).map(Vec::as_slice), Some(SECRET.as_bytes()));
    let config = machine.config();
    assert!(config.contains("client-authentication = \"client_secret_basic\""), "{config}");
    assert!(!config.contains("cr%40et") && provider.leaks_in(&config).is_empty(), "{config}");
}

#[test]
fn a_second_login_and_a_refresh_need_the_secret_from_nobody() {
    let provider = provider(ClientAuthentication::Either);
    let machine = signed_in(&provider);
    provider.forget_requests();
    machine.run(&["login"]).done();
    machine.run(&["token", "--force-refresh"]).done();
    let sent: Vec<_> = provider.requests(Endpoint::Token).iter().map(|request| request.basic().map(|(_, secret)| secret)).collect();
    assert_eq!(sent, [Some(SECRET.to_owned()), Some(SECRET.to_owned())]);
}

#[test]
fn the_secret_can_come_from_the_environment() {
    let (provider, machine) = (provider(ClientAuthentication::Either), Machine::new());
    machine.set("KCLOGIN_CLIENT_SECRET", SECRET);
    machine.run(&["login", "--client-id", ID, "--issuer", &provider.issuer()]).done();
    assert_eq!(provider.requests(Endpoint::Token)[0].basic(), Some((ID.to_owned(), SECRET.to_owned())));
}

#[test]
fn a_secret_on_stdin_goes_before_one_in_the_environment() {
    let (provider, machine) = (provider(ClientAuthentication::Either), Machine::new());
    machine.set("KCLOGIN_CLIENT_SECRET", "another");
    machine.type_in(&format!("{SECRET}\r\n"));
    machine.run(&["login", "--client-id", ID, "--client-secret-stdin", "--issuer", &provider.issuer()]).done();
}

#[test]
fn nothing_on_stdin_is_a_wrong_call() {
    let machine = Machine::new();
    let stderr = machine.run(&["login", "--client-secret-stdin", "--issuer", "http://127.0.0.1:1/realms/a"]).failed(Exit::Usage);
    assert_eq!(stderr, "error: there is no client secret on stdin\n");
}

#[test]
fn a_wrong_secret_is_refused_and_does_not_replace_the_right_one() {
    let provider = provider(ClientAuthentication::Either);
    let machine = signed_in(&provider);
    let before = machine.store.kept();
    machine.set("KCLOGIN_CLIENT_SECRET", "wrong-secret");
    let stderr = machine.run(&["login"]).failed(Exit::Failed);
    let expected = format!(
        "error: the sign-in failed: the provider does not accept the client `{ID}`: Invalid client or Invalid client credentials (unauthorized_client)\n\
         hint: look at the client's ID and secret; a new secret is given with `kclogin login --client-secret-stdin`\n"
    );
    assert_eq!(error_in(&stderr), expected);
    assert_eq!(machine.store.kept(), before);
}

#[test]
fn a_client_that_turns_out_to_need_a_secret_is_told_how_to_give_it() {
    let (provider, machine) = (provider(ClientAuthentication::Either), Machine::new());
    let stderr = machine.run(&["login", "--client-id", ID, "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let hint = "\nhint: if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`, or its certificate with \
                `--client-certificate`; if it has neither, look at its ID\n";
    assert!(stderr.ends_with(hint), "{stderr}");
}

#[test]
fn a_secret_that_is_gone_from_the_store_is_asked_for_before_the_browser_opens() {
    let provider = provider(ClientAuthentication::Either);
    let machine = signed_in(&provider);
    machine.store.forget("client-secret ");
    let opened = machine.opened();
    let stderr = machine.run(&["login"]).failed(Exit::Failed);
    let expected = format!(
        "error: the client `{ID}` has a secret at the provider, but none is stored here\n\
         hint: give it once with `kclogin login --client-secret-stdin`, or in KCLOGIN_CLIENT_SECRET\n"
    );
    assert_eq!((stderr, machine.opened()), (expected, opened));
}

#[test]
fn rfc6749_5_1_the_token_type_bearer_is_understood_in_any_case() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_token_response(|response| response["token_type"] = json!("bEARER"));
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
}

#[test]
fn rfc6749_5_1_an_unknown_token_type_is_refused() {
    for unknown in ["DPoP", "mac", "N_A"] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_token_response(move |response| response["token_type"] = json!(unknown));
        let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
        assert_eq!(error_in(&stderr), "error: the provider gave an access token of a type that is not `Bearer`\n");
        assert_eq!(machine.store.kept().len(), 0);
    }
}

#[test]
fn rfc6749_5_1_a_response_without_lifetimes_is_a_token_without_known_end() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_token_response(|response| {
        for name in ["expires_in", "refresh_expires_in", "scope", "session_state", "not-before-policy"] {
            response.remove(name);
        }
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    machine.clock.advance(1_000_000);
    provider.forget_requests();
    let described: serde_json::Value = serde_json::from_str(&machine.run(&["token", "--format", "json"]).done()).expect("JSON");
    assert_eq!((&described["expiry"], &described["seconds_left"]), (&json!(null), &json!(null)));
    assert_eq!(described["scope"], json!("openid profile email"), "what was asked for, where the response does not say (RFC 6749 5.1)");
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn rfc6750_2_1_an_access_token_that_no_header_can_carry_is_refused() {
    for hostile in ["", "two words", "line\r\nX-Injected: 1", "\u{1b}[31m", "ümlaut"] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_token_response(move |response| response["access_token"] = json!(hostile));
        let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
        assert_eq!(error_in(&stderr), "error: the provider gave an access token that no header can carry\n", "{hostile:?}");
    }
}
