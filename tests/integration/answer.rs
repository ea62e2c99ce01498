//! The authorization response: what is taken for the provider's answer and what is not (RFC 6749 4.1.2, RFC 9207, RFC 9700 4.7).

use kclogin::exit::Exit;
use url::Url;

use crate::machine::Machine;
use crate::person::{Page, answer_changed, error_in, visit};
use crate::provider::{Endpoint, Params, Provider};

const UNTAKEN: &str = "error: nobody signed in within 1 s\nhint: something came to the redirect URI that was not the provider's answer: ";

/// A login to which only a changed answer comes: the page that is shown for it, and the error.
fn only(provider: &Provider, change: impl Fn(&mut Params) + Send + Sync + 'static) -> (Page, String) {
    let machine = Machine::new();
    let pages = visit(&machine, move |url| Page::at(&answer_changed(url, &change)));
    let stderr = machine.run(&["login", "--timeout", "1s", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(provider.requests(Endpoint::Token).len(), 0, "no code is redeemed");
    (pages.next(), error_in(&stderr).to_owned())
}

/// A login to which a changed answer comes and then the true one.
fn then_the_true_one(provider: &Provider, change: impl Fn(&mut Params) + Send + Sync + 'static) -> Page {
    let machine = Machine::new();
    let pages = visit(&machine, move |url| {
        let mut truth = Url::parse("http://none").expect("a URL");
        let changed = answer_changed(url, |params| {
            let true_params = params.encode();
            truth.set_query(Some(&true_params));
            change(params);
        });
        let first = Page::at(&changed);
        let mut true_answer = changed.clone();
        true_answer.set_query(truth.query());
        assert_eq!(Page::at(&true_answer).heading(), "Signed in as Alice Adams");
        first
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    pages.next()
}

#[test]
fn rfc9700_4_4_an_answer_from_another_issuer_is_not_taken_and_its_code_goes_nowhere() {
    let (page, error) = only(&Provider::start(), |answer| answer.set("iss", "https://evil.example"));
    assert_eq!((page.status, page.heading()), (400, "Not the answer it waits for"));
    assert_eq!(error, format!("{UNTAKEN}it came from another issuer than the one asked\n"));
}

#[test]
fn rfc9207_2_4_an_issuer_is_compared_letter_by_letter() {
    let provider = Provider::start();
    let almost = format!("{}/", provider.issuer());
    let (_, error) = only(&provider, move |answer| answer.set("iss", almost.as_str()));
    assert_eq!(error, format!("{UNTAKEN}it came from another issuer than the one asked\n"));
}

#[test]
fn rfc9207_2_4_an_answer_without_the_issuer_that_was_promised_is_not_taken() {
    let (_, error) = only(&Provider::start(), |answer| answer.remove("iss"));
    assert_eq!(error, format!("{UNTAKEN}it did not name its issuer, as the provider promises to\n"));
}

#[test]
fn an_answer_without_an_issuer_is_taken_where_none_was_promised() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_metadata(|metadata| metadata["authorization_response_iss_parameter_supported"] = false.into());
    provider.alter_authorization_response(|answer| answer.remove("iss"));
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
}

#[test]
fn rfc9207_2_4_an_error_from_another_issuer_does_not_end_the_wait() {
    let page = then_the_true_one(&Provider::start(), |answer| {
        answer.remove("code");
        answer.set("error", "access_denied");
        answer.set("iss", "https://evil.example");
    });
    assert_eq!(page.status, 400);
}

#[test]
fn rfc8252_8_9_a_wrong_state_does_not_end_the_wait() {
    let page = then_the_true_one(&Provider::start(), |answer| answer.set("state", "another"));
    assert_eq!((page.status, page.heading()), (400, "Not the answer it waits for"));
    assert!(page.html.contains("its state belongs to another login."), "{}", page.html);
}

#[test]
fn rfc8252_8_9_a_missing_state_does_not_end_the_wait() {
    let page = then_the_true_one(&Provider::start(), |answer| answer.remove("state"));
    assert!(page.html.contains("it had no state, so it belongs to no login."), "{}", page.html);
}

#[test]
fn a_wrong_state_alone_is_named_at_the_timeout() {
    let (_, error) = only(&Provider::start(), |answer| answer.set("state", "another"));
    assert_eq!(error, format!("{UNTAKEN}its state belongs to another login\n"));
}

#[test]
fn rfc6749_3_1_two_codes_in_one_answer_are_not_taken() {
    let page = then_the_true_one(&Provider::start(), |answer| answer.push("code", "another"));
    assert!(page.html.contains("its parameter <code>code</code> came more than once."), "{}", page.html);
}

#[test]
fn an_answer_with_neither_code_nor_error_is_not_taken() {
    let (_, error) = only(&Provider::start(), |answer| answer.remove("code"));
    assert_eq!(error, format!("{UNTAKEN}it held neither a code nor an error\n"));
}

/// What a login says when the provider answers with an error.
fn refused(error: &'static str, description: Option<&'static str>, exit: Exit) -> String {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.deny(error, description);
    let pages = visit(&machine, |url| Page::at(&crate::machine::redirect_of(url)));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(exit);
    let page = pages.next();
    assert_eq!((page.status, page.heading()), (200, "Not signed in"), "never the look of success");
    assert_eq!((provider.requests(Endpoint::Token).len(), machine.store.kept().len()), (0, 0));
    error_in(&stderr).to_owned()
}

#[test]
fn rfc6749_4_1_2_1_a_denied_sign_in_ends_at_once() {
    assert_eq!(refused("access_denied", None, Exit::Failed), "error: the sign-in was denied at the provider\n");
}

#[test]
fn an_unknown_scope_is_named() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let stderr = machine.run(&["login", "--scope", "nonsense", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let expected = "error: the provider does not know one of the scopes `openid nonsense`: Invalid scopes: openid nonsense (invalid_scope)\n\
                    hint: choose others with `--scope`, or add them to the client at the provider\n";
    assert_eq!(error_in(&stderr), expected);
}

#[test]
fn a_provider_that_needs_the_person_says_so() {
    let expected = "error: the provider needs the person, and was asked not to: login_required\nhint: leave out `--prompt none`\n";
    assert_eq!(refused("login_required", None, Exit::Failed), expected);
}

#[test]
fn a_provider_in_trouble_is_worth_another_try() {
    let expected = "error: the provider is in trouble: busy (temporarily_unavailable)\nhint: try again later\n";
    assert_eq!(refused("temporarily_unavailable", Some("busy"), Exit::ProviderUnreachable), expected);
}

#[test]
fn rfc6749_4_1_2_1_any_other_error_is_said_in_the_provider_s_words() {
    let expected = "error: the provider refused the sign-in: Missing parameter (invalid_request)\n";
    assert_eq!(refused("invalid_request", Some("Missing parameter"), Exit::Failed), expected);
}

#[test]
fn an_error_beside_a_code_wins() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_authorization_response(|answer| answer.push("error", "access_denied"));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(error_in(&stderr), "error: the sign-in was denied at the provider\n");
    assert_eq!(provider.requests(Endpoint::Token).len(), 0);
}

#[test]
fn an_error_s_text_acts_on_neither_the_terminal_nor_the_page() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.deny("server\u{1b}[31m", Some("<script>alert(1)</script>\u{1b}]8;;http://x\u{7}\r\nerror: \u{202e}faked"));
    let pages = visit(&machine, |url| Page::at(&crate::machine::redirect_of(url)));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let said = "the provider refused the sign-in: <script>alert(1)</script>\u{fffd}]8;;http://x\u{fffd}\u{fffd}\u{fffd}error: \u{fffd}faked (server\u{fffd}[31m)";
    assert_eq!(error_in(&stderr), format!("error: {said}\n"));
    let page = pages.next();
    assert!(page.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;\u{fffd}]8;;http://x"), "{}", page.html);
    assert!(!page.html.contains("<script") && !page.html.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", page.html);
}

#[test]
fn a_login_nobody_answers_ends_and_says_what_to_check() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.browse(|_| {});
    let stderr = machine.run(&["login", "--timeout", "1s", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let expected = "error: nobody signed in within 1 s\n\
                    hint: if the browser shows `Invalid parameter: redirect_uri`, allow http://127.0.0.1/callback for the client `kclogin` at the provider; \
                    if it shows `Client not found`, look at the client ID\n";
    assert_eq!(error_in(&stderr), expected);
}

#[test]
fn a_redirect_uri_the_provider_does_not_allow_is_named_at_the_timeout() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.accept_redirect_uris(&["http://127.0.0.1:1/other"]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let uri = format!("http://127.0.0.1:{port}/cb");
    let seen = visit(&machine, |url| Page::at(url));
    let stderr = machine.run(&["login", "--timeout", "1s", "--redirect-uri", &uri, "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(seen.next().status, 400, "the provider shows its own page and never sends the browser back");
    assert!(error_in(&stderr).contains(&format!("\nhint: if the browser shows `Invalid parameter: redirect_uri`, allow {uri} for")), "{stderr}");
}
