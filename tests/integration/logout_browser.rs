//! `kclogin logout --browser`: the browser ends the provider's session and comes back, or does not.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::person::{Page, parameter, visit};
use crate::provider::{Endpoint, Members, Provider, Respond};

/// Signs out in the browser, and says what was said, which held no secret.
#[track_caller]
fn said(provider: &Provider, machine: &Machine, more: &[&str]) -> String {
    let outcome = machine.run(&[&["logout", "--browser"], more].concat());
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    assert_eq!(provider.leaks_in(&outcome.stderr), Vec::<&str>::new(), "{}", outcome.stderr);
    assert!(machine.store.kept().is_empty(), "nothing is left here");
    outcome.stderr
}

/// The address that the provider sends the browser back to.
fn back(url: &url::Url) -> url::Url {
    crate::machine::redirect_of(url)
}

#[test]
fn rp_initiated_logout_2_the_browser_ends_the_session_and_comes_back() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let id_token = machine.run(&["token", "--id-token"]).done();
    let visits = visit(&machine, |url| (url.clone(), Page::at(&back(url))));
    let stderr = said(&provider, &machine, &[]);
    assert!(stderr.starts_with(&format!(
        "Opening your browser to sign out of {}. If it does not open, go to this address:\n  http://127.0.0.1:",
        provider.issuer()
    )));
    assert!(stderr.ends_with(&format!("for 1 min at most.\nLogged out alice from {}.\n", provider.issuer())), "{stderr}");
    let (address, page) = visits.next();
    assert_eq!(address.as_str().split('?').next(), Some(provider.url(Endpoint::EndSession).as_str()));
    assert_eq!((parameter(&address, "id_token_hint").as_str(), parameter(&address, "client_id").as_str()), (id_token.trim_end(), "kclogin"));
    let return_address = parameter(&address, "post_logout_redirect_uri");
    assert!(return_address.starts_with("http://127.0.0.1:") && return_address.ends_with("/callback"), "{return_address}");
    assert!(parameter(&address, "state").len() >= 43, "256 bits");
    assert_eq!((page.status, page.heading(), provider.live_sessions()), (200, "Signed out", 0));
    assert_eq!(provider.leaks_in(&page.html), Vec::<&str>::new());
}

#[test]
fn rp_initiated_logout_3_a_wrong_or_missing_state_does_not_end_the_wait() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let visits = visit(&machine, |url| {
        let right = back(url);
        let other = |query: &str| {
            let mut url = right.clone();
            url.set_query(Some(query));
            Page::at(&url).status
        };
        (other("state=another"), other("x=y"), other(&format!("{0}&{0}", right.query().unwrap_or_default())), Page::at(&right).status)
    });
    let stderr = said(&provider, &machine, &[]);
    assert_eq!(visits.next(), (400, 400, 400, 200));
    assert!(stderr.ends_with(&format!("\nLogged out alice from {}.\n", provider.issuer())), "{stderr}");
}

#[test]
fn rp_initiated_logout_4_a_browser_that_never_comes_back_is_waited_for_no_longer_than_was_said() {
    for answer in [Respond::body("text/html", "Do you want to sign out?"), Respond::status(400), Respond::hang()] {
        let provider = Provider::start();
        let machine = Machine::signed_in_to(&provider);
        provider.respond(Endpoint::EndSession, answer);
        machine.browse(|url| drop(crate::provider::http_get(url.as_str(), &[])));
        let stderr = said(&provider, &machine, &["--timeout", "1s"]);
        let expected = format!(
            "\nLogged out alice from {}, on this machine.\n\
             warning: whether the session at the provider is over is not known: the browser did not come back within 1 s\n\
             Look at its page: it may ask you to confirm, or not allow this client's redirect URI after a logout.\n",
            provider.issuer()
        );
        assert!(stderr.ends_with(&expected), "{stderr}");
        assert_eq!(provider.requests(Endpoint::Revocation).len(), 1, "the refresh token is worth nothing any more");
    }
}

#[test]
fn an_error_that_comes_back_is_said_on_both_sides() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let visits = visit(&machine, |url| {
        let mut back = back(url);
        back.query_pairs_mut().append_pair("error", "server_error").append_pair("error_description", "Not <b>today</b>");
        Page::at(&back)
    });
    let stderr = said(&provider, &machine, &[]);
    let issuer = provider.issuer();
    let expected =
        format!("\nwarning: the session can't be ended in the browser: Not <b>today</b> (server_error)\nLogged out alice from {issuer}.\n");
    assert!(stderr.ends_with(&expected), "it is tried without one: {stderr}");
    let page = visits.next();
    assert_eq!(page.heading(), "Not signed out");
    assert!(page.html.contains("Not &lt;b&gt;today"), "{}", page.html);
}

#[test]
fn an_offline_session_is_revoked_after_the_browser_has_ended_the_other() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--scope", "offline_access", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    said(&provider, &machine, &[]);
    let paths: Vec<_> = provider.all_requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [Endpoint::EndSession.path(), Endpoint::Revocation.path()]);
}

#[test]
fn without_a_browser_the_session_ends_as_it_does_otherwise() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    machine.without_browser("there is no display here");
    let expected =
        format!("warning: the session can't be ended in the browser: there is no display here\nLogged out alice from {}.\n", provider.issuer());
    assert_eq!((said(&provider, &machine, &[]), provider.live_sessions()), (expected, 0));
}

/// A provider whose endpoints are not Keycloak's, and which ends sessions only in the browser.
fn another() -> Provider {
    let provider = Provider::start();
    let authorization = format!("{}?tenant=a", provider.url(Endpoint::Authorization));
    provider.alter_metadata(move |metadata| metadata["authorization_endpoint"] = json!(authorization));
    provider.respond(
        Endpoint::EndSession,
        Respond::body("text/html; charset=utf-8", "Do you want to sign out?").when(|request| request.method == "POST"),
    );
    provider
}

#[test]
fn a_page_is_not_taken_for_the_end_of_a_session_and_the_way_that_is_left_is_shown_without_a_token() {
    let provider = another();
    provider.alter_metadata(|metadata| drop(metadata.remove("revocation_endpoint")));
    let machine = Machine::signed_in_to(&provider);
    let outcome = machine.run(&["logout"]);
    let expected = format!(
        "Logged out alice from {0}, on this machine only.\n\
         warning: the session at the provider could not be ended and lives on until it expires: the provider answers with a page for a browser\n\
         To end the session there, open this address in the browser where you signed in, and confirm:\n  {1}?client_id=kclogin\n",
        provider.issuer(),
        provider.url(Endpoint::EndSession)
    );
    assert_eq!((outcome.stderr.as_str(), machine.opened(), provider.live_sessions()), (expected.as_str(), 1, 1), "a plain logout opens nothing");
    outcome.done();

    machine.run(&["login"]).done();
    let stderr = said(&provider, &machine, &[]);
    assert!(stderr.ends_with(&format!("\nLogged out alice from {}.\n", provider.issuer())), "{stderr}");
    assert_eq!((machine.opened(), provider.live_sessions()), (3, 1), "the session before it lives on");
}

#[test]
fn rfc7009_2_1_where_only_a_browser_ends_the_session_what_the_login_got_is_revoked() {
    let provider = another();
    let machine = Machine::signed_in_to(&provider);
    let outcome = machine.run(&["logout"]);
    assert_eq!(outcome.stderr, format!("Logged out alice from {}.\n", provider.issuer()));
    assert_eq!(provider.requests(Endpoint::Revocation).len(), 1);
    outcome.done();
}
