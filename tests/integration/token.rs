//! `kclogin token`: a token that is valid now, with as few requests as can be, and never a browser.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::provider::{Endpoint, Members, Provider, Respond, Rotation, User, decode};
use crate::store::Fault;

const NOW: i64 = 1_795_545_600;

/// A provider and a machine whose clocks stand at [`NOW`], signed in; the access token expires in 300 s, the session in 1800 s.
pub(crate) fn at_now() -> (Provider, Machine) {
    let provider = Provider::start();
    provider.set_now(NOW.unsigned_abs());
    let machine = Machine::new();
    machine.clock.set(NOW);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    (provider, machine)
}

/// Moves both clocks.
pub(crate) fn pass(provider: &Provider, machine: &Machine, seconds: i64) {
    machine.clock.advance(seconds);
    provider.advance(seconds);
}

/// A run that printed one token on stdout and nothing on stderr: the token.
#[track_caller]
pub(crate) fn token(machine: &Machine, more: &[&str]) -> String {
    let outcome = machine.run(&[&["token"], more].concat());
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, ""), "{}", outcome.stdout);
    outcome.stdout.strip_suffix('\n').expect("a newline").to_owned()
}

/// What is stored of the session.
fn stored(machine: &Machine) -> Value {
    let kept = machine.store.kept();
    let (_, bytes) = kept.iter().find(|(account, _)| account.starts_with("token-set ")).expect("a session");
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn a_fresh_token_costs_no_request_no_connection_and_no_lock() {
    let (provider, machine) = at_now();
    let connections = provider.connection_count();
    let calls = machine.store.calls().len();
    std::fs::remove_dir_all(machine.path(".local/state")).expect("the login's lock");
    let token = token(&machine, &[]);
    assert_eq!(provider.leaks_in(&token), ["access token"]);
    assert_eq!((provider.request_count(), provider.connection_count()), (0, connections));
    assert!(!machine.path(".local/state").exists(), "no lock file is made");
    assert_eq!(machine.store.calls()[calls..], [format!("load token-set test kclogin {}", provider.issuer())], "the store is asked once");
}

#[test]
fn a_shell_is_given_a_command_that_sets_a_variable() {
    let (_provider, machine) = at_now();
    let value = token(&machine, &[]);
    let env = |more: &[&str]| machine.run(&[&["token", "--format", "env"], more].concat()).done();
    assert_eq!(env(&[]), format!("export KCLOGIN_TOKEN='{value}'\n"));
    assert_eq!(env(&["--shell", "fish"]), format!("set -gx KCLOGIN_TOKEN '{value}'\n"));
    assert_eq!(env(&["--shell", "powershell", "--env", "A_TOKEN"]), format!("$env:A_TOKEN = '{value}'\n"));
    for bad in ["A B", "A;id", "1", "$(id)"] {
        let stderr = machine.run(&["token", "--format", "env", "--env", bad]).failed(Exit::Usage);
        assert_eq!(stderr, format!("error: `{bad}` can't be the name of a variable\n"));
    }
}

#[test]
fn kubernetes_is_answered_in_the_version_it_asks_for() {
    let (_provider, machine) = at_now();
    let answer = || -> Value { serde_json::from_str(&machine.run(&["token", "--format", "exec-credential"]).done()).expect("JSON") };
    let expected = |version: &str| {
        json!({
            "apiVersion": format!("client.authentication.k8s.io/{version}"), "kind": "ExecCredential",
            "status": {"token": token(&machine, &[]), "expirationTimestamp": "2026-11-24T18:45:00Z"},
        })
    };
    let now = expected("v1");
    assert_eq!(answer()["apiVersion"], now["apiVersion"]);
    assert_eq!(answer()["status"]["token"], now["status"]["token"]);
    machine.set("KUBERNETES_EXEC_INFO", r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{}}"#);
    assert_eq!(answer(), expected("v1beta1"));
    machine.set("KUBERNETES_EXEC_INFO", r#"{"apiVersion":"client.authentication.k8s.io/v1alpha1"}"#);
    machine.run(&["token", "--format", "exec-credential"]).failed(Exit::Usage);
}

#[test]
fn an_expired_token_costs_exactly_one_request() {
    let (provider, machine) = at_now();
    let before = token(&machine, &[]);
    pass(&provider, &machine, 301);
    assert_ne!(token(&machine, &[]), before);
    let requests = provider.all_requests();
    assert_eq!(requests.iter().map(|request| request.path.as_str()).collect::<Vec<_>>(), [Endpoint::Token.path()]);
    let form = &requests[0].form;
    assert_eq!((form.get("grant_type"), form.get("client_id"), form.get("code_verifier")), (Some("refresh_token"), Some("kclogin"), None));
    assert_eq!(machine.opened(), 1, "only the login opened a browser");
}

#[test]
fn a_token_is_fresh_for_as_long_as_is_asked_and_not_a_second_less() {
    for (min_validity, left, requests) in [("30s", 30, 0), ("30s", 29, 1), ("0s", 1, 0), ("0s", 0, 1), ("0s", -1, 1), ("5m", 300, 0), ("5m", 299, 1)]
    {
        let (provider, machine) = at_now();
        machine.clock.advance(300 - left);
        token(&machine, &["--min-validity", min_validity]);
        assert_eq!(provider.requests(Endpoint::Token).len(), requests, "{min_validity} with {left} s left");
    }
}

#[test]
fn half_a_minute_is_needed_where_nothing_is_asked() {
    for (left, requests) in [(30, 0), (29, 1)] {
        let (provider, machine) = at_now();
        machine.clock.advance(300 - left);
        token(&machine, &[]);
        assert_eq!(provider.requests(Endpoint::Token).len(), requests, "{left} s left");
    }
}

#[test]
fn a_refresh_that_still_gives_too_short_a_token_is_not_repeated_and_said() {
    let (provider, machine) = at_now();
    let outcome = machine.run(&["token", "--min-validity", "10m"]);
    let warning = "warning: the provider's newest access token is valid for 300 s only, less than the 600 s asked for\n";
    assert_eq!((outcome.exit, outcome.stderr.as_str(), outcome.stdout.lines().count()), (Exit::Done, warning, 1));
    assert_eq!(provider.request_count(), 1);
}

#[test]
fn a_fresh_token_is_refreshed_where_that_is_forced() {
    let (provider, machine) = at_now();
    let before = token(&machine, &[]);
    assert_ne!(token(&machine, &["--force-refresh"]), before);
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
}

#[test]
fn the_rotated_refresh_token_is_stored_before_anything_is_printed() {
    let (provider, machine) = at_now();
    provider.rotation(Rotation::RevokeOnReuse);
    let before = stored(&machine);
    pass(&provider, &machine, 301);
    let printed = token(&machine, &[]);
    let after = stored(&machine);
    assert_eq!(after["access_token"], json!(printed));
    assert_ne!(after["refresh_token"], before["refresh_token"]);
    assert_eq!((&after["expiry"], &after["refresh_expiry"]), (&json!(NOW + 601), &json!(NOW + 2101)));
    pass(&provider, &machine, 301);
    token(&machine, &[]);
}

#[test]
fn a_refreshed_token_that_can_t_be_stored_is_not_printed() {
    let (provider, machine) = at_now();
    pass(&provider, &machine, 301);
    // After the loads before and under the lock, the save.
    machine.store.fail_once(2, Fault::Locked);
    let stderr = machine.run(&["token"]).failed(Exit::StoreUnavailable);
    assert_eq!(stderr, "error: the keyring is locked\n");
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    let last = machine.store.calls().pop().expect("a call");
    assert_eq!(last, format!("save token-set test kclogin {}", provider.issuer()));
}

#[test]
fn a_locked_store_is_not_the_same_as_no_login() {
    let (provider, machine) = at_now();
    machine.store.fail_once(0, Fault::Locked);
    assert_eq!(machine.run(&["token"]).failed(Exit::StoreUnavailable), "error: the keyring is locked\n");
    machine.store.fail_to_open(Some(Fault::Absent));
    assert_eq!(machine.run(&["token"]).failed(Exit::StoreUnavailable), "error: there is no keyring here\n");
    machine.store.fail_to_open(None);
    token(&machine, &[]);
    assert_eq!((provider.request_count(), machine.opened()), (0, 1));
}

#[test]
fn without_any_profile_a_login_is_required() {
    let machine = Machine::new();
    let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
    assert_eq!(stderr, "error: not logged in: no profile is set up yet\nhint: sign in with `kclogin login --issuer https://HOST/realms/NAME`\n");
    assert_eq!(machine.opened(), 0);
}

#[test]
fn with_nothing_stored_a_login_is_required() {
    let (provider, machine) = at_now();
    machine.store.forget("token-set ");
    let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
    let expected = format!("error: not logged in to {} (profile `test`)\nhint: sign in with `kclogin login --profile test`\n", provider.issuer());
    assert_eq!((stderr, machine.opened(), provider.request_count()), (expected, 1, 0));
}

#[test]
fn a_refresh_token_the_provider_no_longer_accepts_is_forgotten() {
    let (provider, machine) = at_now();
    provider.end_sessions();
    pass(&provider, &machine, 301);
    let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
    let expected = "error: the session is over: it was ended at the provider, by a logout, by an administrator, or by its idle time or lifetime\n\
                    hint: sign in again with `kclogin login --profile test`\n";
    assert_eq!((stderr.as_str(), machine.store.kept().len(), machine.opened()), (expected, 0, 1));
}

#[test]
fn without_a_refresh_token_an_expired_token_requires_a_login() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.rotation(Rotation::Never);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    pass(&provider, &machine, 301);
    let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
    let hint = "hint: sign in again with `kclogin login --profile test`; some providers give one only with the scope `offline_access` and `--prompt consent`\n";
    let expected = format!("error: the access token has expired and the provider gave no refresh token\n{hint}");
    assert_eq!((stderr, provider.request_count()), (expected, 0));
}

#[test]
fn without_a_refresh_token_a_valid_token_is_not_said_to_have_expired() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.rotation(Rotation::Never);
    machine.run(&["login", "--issuer", &provider.issuer(), "--scope", "openid offline_access"]).done();
    let stderr = machine.run(&["token", "--force-refresh"]).failed(Exit::LoginRequired);
    let expected = "error: the provider gave no refresh token, so there is no newer access token without a login\n\
                    hint: sign in again with `kclogin login --profile test`\n";
    assert_eq!(stderr, expected, "it has asked for one already");
}

/// What an expired token's refresh says when the token endpoint responds so. The session must survive it.
#[track_caller]
fn failing_refresh(respond: Respond, exit: Exit) -> String {
    let (provider, machine) = at_now();
    pass(&provider, &machine, 301);
    let before = machine.store.kept();
    provider.respond(Endpoint::Token, respond.once());
    let stderr = machine.run(&["token"]).failed(exit);
    assert_eq!((machine.store.kept(), machine.opened()), (before, 1), "the session is still there");
    token(&machine, &[]);
    stderr
}

#[test]
fn a_provider_in_trouble_costs_nobody_their_session() {
    for (status, reason) in [(503, "503 Service Unavailable"), (500, "500 Internal Server Error"), (429, "429 Too Many Requests")] {
        let stderr = failing_refresh(Respond::status(status), Exit::ProviderUnreachable);
        assert_eq!(stderr, format!("error: the provider at 127.0.0.1 is in trouble: it answers {reason}\nhint: try again later\n"));
    }
}

#[test]
fn garbage_instead_of_a_token_response_costs_nobody_their_session() {
    let (unreadable, none) = ("the provider's token response can't be read", "the provider's answer is not a token response\n");
    for (text, expected) in
        [("{}", unreadable), ("[]", unreadable), ("null", unreadable), ("{\"access_token\":7}", unreadable), ("", none), ("{\"access_token\":", none)]
    {
        let stderr = failing_refresh(Respond::body("application/json", text), Exit::ProviderUnreachable);
        assert!(stderr.starts_with(&format!("error: the refresh failed: {expected}")) && stderr.lines().count() == 1, "{text}: {stderr}");
    }
    let stderr = failing_refresh(Respond::body("text/html", "<html>Please sign in to the hotel's Wi-Fi</html>"), Exit::ProviderUnreachable);
    assert!(stderr.starts_with("error: the refresh failed: "), "{stderr}");
}

#[test]
fn a_broken_connection_costs_nobody_their_session() {
    let stderr = failing_refresh(Respond::reset(), Exit::ProviderUnreachable);
    assert!(stderr.starts_with("error: the provider at 127.0.0.1:") && stderr.ends_with("closed the connection without an answer\n"), "{stderr}");
}

#[test]
fn another_error_than_invalid_grant_costs_nobody_their_session() {
    let stderr = failing_refresh(Respond::error(400, "invalid_request", "Missing parameter"), Exit::Failed);
    assert_eq!(stderr, "error: the refresh failed: the provider refuses: Missing parameter (invalid_request)\n");
}

#[test]
fn a_redirecting_token_endpoint_is_not_followed() {
    let elsewhere = Provider::start();
    for status in [301, 302, 303, 307, 308] {
        let stderr = failing_refresh(Respond::redirect(&elsewhere.url(Endpoint::Token)).with_status(status), Exit::Failed);
        assert!(stderr.contains("redirects elsewhere, which is not followed\n"), "{stderr}");
    }
    assert_eq!(elsewhere.connection_count(), 0);
}

#[test]
fn a_provider_that_is_gone_costs_nobody_their_session() {
    let (mut provider, machine) = at_now();
    pass(&provider, &machine, 301);
    provider.stop();
    let stderr = machine.run(&["token"]).failed(Exit::ProviderUnreachable);
    let address = provider.base().replace("http://", "");
    assert_eq!(stderr, format!("error: the provider at {address} can't be reached: nothing listens there (connection refused)\n"));
    assert_eq!(machine.store.kept().len(), 1);
}

#[test]
fn the_header_format_is_what_curl_reads() {
    let (provider, machine) = at_now();
    let raw = token(&machine, &[]);
    assert_eq!(token(&machine, &["--format", "raw"]), raw);
    assert_eq!(token(&machine, &["--format", "header"]), format!("Authorization: Bearer {raw}"));
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn the_json_format_describes_the_token() {
    let (provider, machine) = at_now();
    let raw = token(&machine, &[]);
    let expected = json!({
        "token": raw, "type": "Bearer", "expiry": "2026-11-24T18:45:00Z", "seconds_left": 300, "scope": "openid profile email",
        "issuer": provider.issuer(), "subject": User::alice().sub, "proof": null,
    });
    assert_eq!(token(&machine, &["--format", "json"]), format!("{expected:#}"));
}

#[test]
fn the_id_token_is_printed_where_it_is_asked_for() {
    let (provider, machine) = at_now();
    let id_token = token(&machine, &["--id-token"]);
    let (_, claims) = decode(&id_token).expect("a JWT");
    assert_eq!((claims["typ"].as_str(), claims["aud"].as_str()), (Some("ID"), Some("kclogin")));
    pass(&provider, &machine, 301);
    assert_ne!(token(&machine, &["--id-token"]), id_token, "it is refreshed with the access token");
}

#[test]
fn what_a_refresh_leaves_out_stays_as_it_was() {
    let (provider, machine) = at_now();
    let before = stored(&machine);
    provider.rotation(Rotation::Keep);
    provider.alter_token_response(|response| {
        response.remove("id_token");
        response.remove("scope");
    });
    pass(&provider, &machine, 301);
    token(&machine, &[]);
    let after = stored(&machine);
    for kept in ["refresh_token", "refresh_expiry", "id_token", "scope", "identity"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_ne!(after["access_token"], before["access_token"]);
}
