//! `kclogin logout`: what is ended at the provider, what is removed here, and that neither is claimed where it did not happen.

use kclogin::exit::Exit;
use serde_json::Value;

use crate::machine::Machine;
use crate::provider::{Endpoint, Members, Provider, Respond, Rotation, http_get, http_post_form};
use crate::store::Fault;

/// What a logout that succeeds says on stderr.
#[track_caller]
fn said(machine: &Machine, more: &[&str]) -> String {
    let outcome = machine.run(&[&["logout"], more].concat());
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    outcome.stderr
}

fn stored(machine: &Machine) -> Value {
    serde_json::from_slice(machine.store.kept().values().next().expect("a session")).expect("JSON")
}

/// Whether the stored tokens still work: the refresh token, and the access token at UserInfo.
fn alive(provider: &Provider, session: &Value) -> [bool; 2] {
    let text = |name: &str| session[name].as_str().expect("a token").to_owned();
    let form = [("client_id", "kclogin"), ("grant_type", "refresh_token"), ("refresh_token", &text("refresh_token"))];
    let refresh = http_post_form(&provider.url(Endpoint::Token), &[], &form).0;
    let user_info = http_get(&provider.url(Endpoint::UserInfo), &[("Authorization", &format!("Bearer {}", text("access_token")))]).0;
    [refresh == 200, user_info == 200]
}

#[test]
fn rp_initiated_logout_2_the_session_ends_at_the_provider_and_here() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let session = stored(&machine);
    assert_eq!(said(&machine, &[]), format!("Logged out alice from {}.\n", provider.issuer()));
    let requests = provider.all_requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str(), request.query.names().len()), ("POST", Endpoint::EndSession.path(), 0));
    assert_eq!((request.form.get("client_id"), request.form.get("refresh_token")), (Some("kclogin"), session["refresh_token"].as_str()));
    assert_eq!((machine.store.kept().len(), provider.live_sessions()), (0, 0));
    assert_eq!(alive(&provider, &session), [false, false]);
}

#[test]
fn rfc7009_2_1_an_offline_session_is_revoked_as_well() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--scope", "offline_access", "--issuer", &provider.issuer()]).done();
    let session = stored(&machine);
    provider.forget_requests();
    assert_eq!(said(&machine, &[]), format!("Logged out alice from {}.\n", provider.issuer()));
    let paths: Vec<_> = provider.all_requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [Endpoint::EndSession.path(), Endpoint::Revocation.path()]);
    assert_eq!(provider.requests(Endpoint::Revocation)[0].form.get("token"), session["refresh_token"].as_str());
    assert_eq!(alive(&provider, &session), [false, false]);
}

#[test]
fn an_offline_session_is_revoked_even_where_end_session_fails() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--scope", "offline_access", "--issuer", &provider.issuer()]).done();
    let session = stored(&machine);
    provider.respond(Endpoint::EndSession, Respond::error(400, "invalid_request", "Not today"));
    let outcome = machine.run(&["logout"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), machine.store.kept().len()), (Exit::Done, "", 0));
    assert_eq!(alive(&provider, &session), [false, false], "{}", outcome.stderr);
}

#[test]
fn a_confidential_client_proves_itself() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("back:end", "s3cr:t +");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr:t +");
    machine.run(&["login", "--client-id", "back:end", "--scope", "offline_access", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    assert_eq!(said(&machine, &[]), format!("Logged out alice from {}.\n", provider.issuer()));
    let shown: Vec<_> = provider.all_requests().iter().map(|request| request.basic()).collect();
    assert_eq!(shown, [(); 2].map(|()| Some(("back:end".to_owned(), "s3cr:t +".to_owned()))));
    let kept: Vec<String> = machine.store.kept().into_keys().collect();
    assert_eq!(kept, [format!("client-secret test back:end {}", provider.issuer())], "the secret outlives the login");
}

#[test]
fn a_provider_that_is_gone_does_not_keep_anybody_signed_in_here() {
    let mut provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    provider.stop();
    let (issuer, address) = (provider.issuer(), provider.base().replace("http://", ""));
    let expected = format!(
        "Logged out alice from {issuer}, on this machine only.\n\
         warning: the session at the provider could not be ended and lives on until it expires: the provider at {address} can't be reached: nothing listens \
         there (connection refused)\n\
         You can end it in the provider's account console, for Keycloak at {issuer}/account.\n"
    );
    assert_eq!((said(&machine, &[]), machine.store.kept().len()), (expected, 0));
}

#[test]
fn a_provider_that_refuses_is_said_and_the_session_removed_here() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    provider.respond(Endpoint::EndSession, Respond::error(401, "invalid_client", "Invalid client"));
    let stderr = said(&machine, &[]);
    assert!(
        stderr.contains("\nwarning: the session at the provider could not be ended and lives on until it expires: Invalid client (invalid_client)\n")
    );
    assert_eq!(machine.store.kept().len(), 0);
}

#[test]
fn a_warning_is_said_however_quiet_the_call() {
    let mut provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    provider.stop();
    let stderr = said(&machine, &["-q"]);
    assert!(stderr.starts_with("warning: the session at the provider could not be ended") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_session_that_was_already_over_is_removed_and_said_to_be() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    provider.respond(Endpoint::EndSession, Respond::error(400, "invalid_grant", "Invalid refresh token"));
    let expected = format!("Logged out alice from {}; the session at the provider was already over.\n", provider.issuer());
    assert_eq!((said(&machine, &[]), machine.store.kept().len()), (expected, 0));
}

#[test]
fn without_a_refresh_token_the_provider_s_session_can_t_be_named() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.rotation(Rotation::Never);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    let stderr = said(&machine, &[]);
    assert!(stderr.contains(", on this machine only.\nwarning: "), "{stderr}");
    assert!(stderr.contains("the provider gave no refresh token that could name the session\n"), "{stderr}");
    assert_eq!((machine.store.kept().len(), provider.request_count()), (0, 0));
}

#[test]
fn a_provider_without_end_session_has_its_refresh_token_revoked() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_metadata(|metadata| drop(metadata.remove("end_session_endpoint")));
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let session = stored(&machine);
    assert_eq!(said(&machine, &[]), format!("Logged out alice from {}.\n", provider.issuer()));
    assert_eq!(alive(&provider, &session), [false, false]);
}

#[test]
fn a_local_logout_touches_no_network() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let connections = provider.connection_count();
    let expected =
        format!("Logged out alice from {}, on this machine only; the session at the provider lives on until it expires.\n", provider.issuer());
    assert_eq!(said(&machine, &["--local"]), expected);
    assert_eq!((machine.store.kept().len(), provider.connection_count(), provider.live_sessions()), (0, connections, 1));
}

#[test]
fn not_being_logged_in_is_success() {
    let machine = Machine::new();
    assert_eq!(said(&machine, &[]), "Not logged in.\n");
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    said(&machine, &[]);
    provider.forget_requests();
    assert_eq!(said(&machine, &[]), format!("Not logged in to {}.\n", provider.issuer()));
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn all_signs_out_of_every_profile() {
    let (first, second, machine) = (Provider::start(), Provider::start(), Machine::new());
    for (name, provider) in [("first", &first), ("second", &second)] {
        machine.run(&["login", "--profile", name, "--issuer", &provider.issuer()]).done();
    }
    let expected =
        format!("Logged out alice from {} (profile `first`).\nLogged out alice from {} (profile `second`).\n", first.issuer(), second.issuer());
    assert_eq!(said(&machine, &["--all"]), expected);
    assert_eq!((first.live_sessions(), second.live_sessions(), machine.store.kept().len()), (0, 0, 0));
    assert_eq!(machine.config().matches("[profile.").count(), 2, "the profiles stay");
}

#[test]
fn all_without_any_profile_says_that_nobody_was_logged_in() {
    assert_eq!(said(&Machine::new(), &["--all"]), "Not logged in.\n");
}

#[test]
fn a_profile_that_does_not_exist_is_a_wrong_call() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let stderr = machine.run(&["logout", "--profile", "tset"]).failed(Exit::Usage);
    assert_eq!(stderr, "error: there is no profile called `tset`\nhint: did you mean `test`?\n");
    assert_eq!(machine.store.kept().len(), 1);
}

#[test]
fn a_store_that_is_locked_keeps_the_session_everywhere() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    machine.store.fail_once(0, Fault::Locked);
    assert_eq!(machine.run(&["logout"]).failed(Exit::StoreUnavailable), "error: the keyring is locked\n");
    assert_eq!((machine.store.kept().len(), provider.live_sessions(), provider.request_count()), (1, 1, 0));
}

#[test]
fn a_damaged_session_is_removed_with_a_warning() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    machine.store.change("token-set ", |bytes| bytes.truncate(20));
    let expected = "warning: the stored session is damaged; it was removed here, and may still be alive at the provider\n";
    assert_eq!((said(&machine, &[]).as_str(), machine.store.kept().len()), (expected, 0));
}
