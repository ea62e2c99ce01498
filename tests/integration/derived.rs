//! Tokens for other resource servers, with less scope, and of service accounts: `--audience`, `--scope` and `--client-credentials`.

use kclogin::exit::Exit;
use serde_json::Value;

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider, Rotation, decode};
use crate::store::Fault;
use crate::token::{at_now, pass, token};

/// As `at_now`, with a client that has a secret.
pub(crate) fn confidential() -> (Provider, Machine) {
    let provider = Provider::start();
    provider.confidential_client("backend", "s3cret");
    provider.set_now(1_795_545_600);
    let machine = Machine::new();
    machine.clock.set(1_795_545_600);
    machine.type_in("s3cret");
    machine.run(&["login", "--issuer", &provider.issuer(), "--client-id", "backend", "--client-secret-stdin"]).done();
    provider.forget_requests();
    (provider, machine)
}

fn claims(token: &str) -> Value {
    decode(token).expect("a JWT").1
}

/// The value that each request to the token endpoint had in this field.
fn sent(provider: &Provider, field: &str) -> Vec<Option<String>> {
    provider.requests(Endpoint::Token).iter().map(|request| request.form.get(field).map(str::to_owned)).collect()
}

#[test]
fn rfc8693_2_1_an_audience_is_one_exchange_and_then_none() {
    let (provider, machine) = confidential();
    let first = token(&machine, &["--audience", "orders"]);
    assert_eq!(token(&machine, &["--audience", "orders"]), first, "kept");
    let [request] = &provider.requests(Endpoint::Token)[..] else { panic!("one request") };
    let field = |name| request.form.get(name);
    assert_eq!(field("grant_type"), Some("urn:ietf:params:oauth:grant-type:token-exchange"));
    assert_eq!((field("audience"), field("scope"), field("subject_token")), (Some("orders"), None, Some(token(&machine, &[]).as_str())));
    assert_eq!(field("subject_token_type"), field("requested_token_type"));
    assert!(request.basic().is_some() && field("client_secret").is_none());
    assert_ne!(token(&machine, &[]), first, "the session's own stays what it was");
    let other = token(&machine, &["--audience", "billing", "--scope", "pay"]);
    assert_eq!(token(&machine, &["--scope", "pay", "--audience", "billing"]), other);
    assert_eq!(sent(&provider, "audience"), [Some("orders".to_owned()), Some("billing".to_owned())]);
    assert_eq!(sent(&provider, "scope"), [None, Some("pay".to_owned())]);
}

#[test]
fn what_is_derived_is_described_as_what_it_is() {
    let (_provider, machine) = confidential();
    let text = machine.run(&["token", "--audience", "orders", "--format", "json"]).done();
    let described: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((described["scope"].as_str(), described["seconds_left"].as_i64()), (Some("profile email"), Some(300)));
    let claims = self::claims(described["token"].as_str().expect("a token"));
    assert_eq!(described["subject"], claims["sub"]);
}

#[test]
fn many_at_once_exchange_once() {
    let (provider, machine) = confidential();
    provider.advance(301);
    machine.clock.advance(301);
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| machine.run(&["token", "--audience", "orders"]).done()))));
    assert_eq!(sent(&provider, "audience"), [None, Some("orders".to_owned())], "one refresh, for an access token that had expired, and one exchange");
}

#[test]
fn an_access_token_that_was_ended_early_is_refreshed_once_and_a_session_s_end_is_said() {
    let (provider, machine) = confidential();
    let own = token(&machine, &[]);
    provider.revoke_access_token(&own);
    token(&machine, &["--audience", "orders"]);
    assert_eq!(sent(&provider, "grant_type").len(), 3, "refused, refreshed, exchanged");
    provider.end_sessions();
    let stderr = machine.run(&["token", "--audience", "billing"]).failed(Exit::LoginRequired);
    assert!(stderr.starts_with("error: the session is over: "), "{stderr}");
}

#[test]
fn a_derived_token_ends_with_the_session_and_never_outlives_a_login() {
    let (provider, machine) = confidential();
    let first = token(&machine, &["--audience", "orders"]);
    machine.run(&["login"]).done();
    assert_ne!(token(&machine, &["--audience", "orders"]), first);
    machine.run(&["logout"]).done();
    machine.run(&["token", "--audience", "orders"]).failed(Exit::LoginRequired);
    assert!(machine.store.kept().keys().all(|account| account.starts_with("client-secret ")), "{:?}", machine.store.kept().keys());
    drop(provider);
}

#[test]
fn an_outage_leaves_the_derived_token_and_the_session_as_they_were() {
    let (mut provider, machine) = confidential();
    let first = token(&machine, &["--audience", "orders"]);
    provider.stop();
    let outcome = machine.run(&["token", "--audience", "orders", "--force-refresh"]);
    assert_eq!((outcome.exit, outcome.stdout.trim_end()), (Exit::Done, first.as_str()));
    assert!(outcome.stderr.starts_with("warning: the access token was not renewed"), "{}", outcome.stderr);
    machine.run(&["token", "--audience", "orders", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
    assert_eq!(token(&machine, &["--audience", "orders"]), first);
}

#[test]
fn refusals_of_an_exchange_say_what_is_missing_at_the_provider() {
    let (_provider, machine) = confidential();
    let stderr = machine.run(&["token", "--audience", "nobody"]).failed(Exit::Failed);
    assert_eq!(stderr, "error: the token exchange failed: the provider knows no such audience\nhint: an audience is a client's ID\n");
    let (provider, machine) = at_now();
    let stderr = machine.run(&["token", "--audience", "orders"]).failed(Exit::Failed);
    assert_eq!(
        stderr,
        "error: the token exchange failed: the client `kclogin` may not exchange tokens\nhint: ask an administrator for a client with a secret and \
         `Standard token exchange` switched on\n"
    );
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    token(&machine, &[]);
}

#[test]
fn rfc8693_2_2_1_something_else_than_an_access_token_is_not_used() {
    let (provider, machine) = confidential();
    provider.alter_token_response(|response| response["issued_token_type"] = "urn:ietf:params:oauth:token-type:refresh_token".into());
    let stderr = machine.run(&["token", "--audience", "orders"]).failed(Exit::Failed);
    assert_eq!(stderr, "error: the token exchange failed: the provider gave something else than an access token\n");
}

#[test]
fn nothing_of_an_answer_that_can_t_be_read_is_repeated() {
    for member in ["access_token", "expires_in", "token_type", "scope"] {
        let (provider, machine) = confidential();
        provider.alter_token_response(move |response| response[member] = serde_json::json!({ "s3cr3t-value": ["s3cr3t-value"] }));
        let stderr = machine.run(&["-v", "token", "--audience", "orders"]).failed(Exit::Failed);
        assert!(stderr.contains("error: the token exchange failed: ") && !stderr.contains("s3cr3t-value"), "{member}: {stderr}");
    }
    let (provider, machine) = confidential();
    provider.alter_token_response(|response| response["expires_in"] = "s3cr3t-value".into());
    let stderr = machine.run(&["-v", "token", "--audience", "orders"]).failed(Exit::Failed);
    assert!(!stderr.contains("s3cr3t-value"), "{stderr}");
}

#[test]
fn a_scope_that_is_not_granted_is_said() {
    let (_provider, machine) = confidential();
    let outcome = machine.run(&["token", "--audience", "orders", "--scope", "nothing pay"]);
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, "warning: the provider did not grant the scope `nothing`\n"));
}

#[test]
fn rfc6749_6_less_scope_is_a_refresh_that_asks_for_less() {
    let (provider, machine) = at_now();
    provider.rotation(Rotation::RevokeOnReuse);
    let own = token(&machine, &[]);
    let small = token(&machine, &["--scope", "email"]);
    assert_eq!(claims(&small)["scope"], "email");
    assert_eq!((token(&machine, &["--scope", "email"]), token(&machine, &[])), (small, own), "both are kept");
    assert_eq!(sent(&provider, "scope"), [Some("email".to_owned())]);
    // The refresh token that came is the one that is used next, and it stands for all of the scope.
    pass(&provider, &machine, 301);
    assert_eq!(claims(&token(&machine, &[]))["scope"], "openid profile email");
    token(&machine, &["--scope", "email profile"]);
    assert_eq!(sent(&provider, "grant_type").len(), 3);
    let who = machine.run(&["status"]).done();
    assert!(who.contains("Alice Adams"), "{who}");
}

#[test]
fn more_scope_than_was_granted_takes_a_login() {
    let (provider, machine) = at_now();
    let stderr = machine.run(&["token", "--scope", "email phone"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the session was not granted the scope `phone`, so no token of it can have it\n"), "{stderr}");
    assert!(stderr.ends_with("hint: sign in for it: `kclogin login --profile test --scope 'openid profile email phone'`\n"), "{stderr}");
    assert_eq!(provider.request_count(), 0);
}

/// A machine without a profile whose environment names a client with a secret.
fn unattended(secret: Option<&str>) -> (Provider, Machine) {
    let provider = Provider::start();
    provider.confidential_client("ci", "s3cret");
    let machine = Machine::new();
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    machine.set("KCLOGIN_CLIENT_ID", "ci");
    secret.iter().for_each(|secret| machine.set("KCLOGIN_CLIENT_SECRET", secret));
    (provider, machine)
}

#[test]
fn rfc6749_4_4_a_service_account_needs_no_person_no_profile_and_no_store() {
    let (provider, machine) = unattended(Some("s3cret"));
    machine.store.fail_to_open(Some(Fault::Absent));
    let text = machine.run(&["token", "--client-credentials", "--format", "json"]).done();
    let described: Value = serde_json::from_str(&text).expect("JSON");
    let claims = self::claims(described["token"].as_str().expect("a token"));
    assert_eq!(claims["preferred_username"], "service-account-ci");
    assert_eq!((&described["subject"], described["issuer"].as_str()), (&claims["sub"], Some(provider.issuer().as_str())));
    assert_eq!(sent(&provider, "grant_type"), [Some("client_credentials".to_owned())]);
    assert_eq!(sent(&provider, "scope"), [None]);
    assert!(machine.store.calls().is_empty() && machine.config().is_empty() && machine.opened() == 0);
    machine.run(&["exec", "--client-credentials", "--", "make"]);
    assert_eq!(machine.programs.run_so_far().len(), 1);
}

#[test]
fn a_service_account_s_token_is_kept_where_a_store_is_named() {
    let (provider, machine) = unattended(Some("s3cret"));
    machine.set("KCLOGIN_STORE", "keyring");
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| machine.run(&["token", "--client-credentials"]).done()))));
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    token(&machine, &["--client-credentials", "--scope", "pay"]);
    token(&machine, &["--client-credentials", "--scope", "pay"]);
    assert_eq!(provider.requests(Endpoint::Token).len(), 2);
    provider.advance(301);
    machine.clock.advance(301);
    token(&machine, &["--client-credentials"]);
    assert_eq!(provider.requests(Endpoint::Token).len(), 3);
}

#[test]
fn a_service_account_uses_the_secret_that_a_login_has_stored_and_goes_with_the_logout() {
    let (provider, machine) = confidential();
    let first = token(&machine, &["--client-credentials"]);
    assert_eq!((token(&machine, &["--client-credentials"]), provider.requests(Endpoint::Token).len()), (first.clone(), 1));
    assert_ne!(token(&machine, &[]), first, "the person's own is another");
    machine.run(&["logout"]).done();
    assert_ne!(token(&machine, &["--client-credentials"]), first);
    machine.run(&["profile", "remove", "test"]).done();
    assert!(machine.store.kept().is_empty(), "{:?}", machine.store.kept().keys());
}

#[test]
fn a_store_that_fails_stops_a_service_account_only_where_its_secret_is_there() {
    let (_provider, machine) = confidential();
    machine.store.fail_to_open(Some(Fault::Locked));
    machine.run(&["token", "--client-credentials"]).failed(Exit::StoreUnavailable);
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cret");
    token(&machine, &["--client-credentials"]);
    machine.store.fail_to_open(None);
    // Asked twice what is kept, and then to keep.
    machine.store.fail_once(2, Fault::Locked);
    let outcome = machine.run(&["token", "--client-credentials"]);
    assert_eq!(outcome.exit, Exit::Done);
    assert!(outcome.stderr.starts_with("warning: the access token could not be kept for the next call: "), "{}", outcome.stderr);
}

#[test]
fn what_a_service_account_can_t_do_is_said() {
    let (provider, machine) = unattended(None);
    let stderr = machine.run(&["token", "--client-credentials"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the client `ci` needs its secret to sign in by itself\nhint: give it in KCLOGIN_CLIENT_SECRET"), "{stderr}");
    machine.set("KCLOGIN_CLIENT_SECRET", "wrong");
    let stderr = machine.run(&["token", "--client-credentials"]).failed(Exit::Failed);
    assert!(stderr.contains("the service account's sign-in failed: the provider does not accept the client `ci`"), "{stderr}");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cret");
    let stderr = machine.run(&["token", "--client-credentials", "--scope", "nothing"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the provider does not give the client `ci` the scope `nothing`\n"), "{stderr}");
    machine.set("KCLOGIN_CLIENT_ID", "kclogin");
    let stderr = machine.run(&["token", "--client-credentials"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the service account's sign-in failed: the client `kclogin` has no service account\n"), "{stderr}");
    for more in ["--id-token", "--audience=x", "--login"] {
        machine.run(&["token", "--client-credentials", more]).failed(Exit::Usage);
    }
    drop(provider);
}

#[test]
fn a_machine_of_ci_is_told_which_variables_it_takes() {
    let stderr = Machine::new().run(&["token", "--client-credentials"]).failed(Exit::Usage);
    assert_eq!(
        stderr,
        "error: it is not known which client's service account is meant\nhint: name it in KCLOGIN_ISSUER, KCLOGIN_CLIENT_ID and \
         KCLOGIN_CLIENT_SECRET\n"
    );
}

#[test]
fn an_id_token_is_judged_by_its_own_expiry() {
    let (provider, machine) = at_now();
    provider.alter_id_token(|_, claims| claims["exp"] = (claims["iat"].as_i64().expect("a time") + 60).into());
    machine.run(&["login"]).done();
    provider.forget_requests();
    let first = token(&machine, &["--id-token"]);
    assert_eq!(provider.request_count(), 0);
    pass(&provider, &machine, 40);
    token(&machine, &[]);
    assert_eq!(provider.request_count(), 0, "the access token lives for longer");
    assert_ne!(token(&machine, &["--id-token"]), first);
    let described: Value = serde_json::from_str(&machine.run(&["token", "--id-token", "--format", "json"]).done()).expect("JSON");
    assert_eq!((described["seconds_left"].as_i64(), provider.request_count()), (Some(60), 1));
}
