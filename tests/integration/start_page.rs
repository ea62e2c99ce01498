//! The start page: somebody who reads the browser's address in the list of processes can't slip their own answer in (RFC 9700 section 4.5).

use std::sync::mpsc::channel;

use kclogin::exit::Exit;
use url::Url;

use crate::cookies;
use crate::machine::{Machine, follow, redirect_of};
use crate::person::{Page, eventually, printed_address, visit};
use crate::provider::{Endpoint, Provider, User, header, http};

/// A GET with no cookies, as from anybody's browser but the person's.
fn from_elsewhere(url: &Url) -> (u16, Vec<(String, String)>, String) {
    let (status, headers, body) = http("GET", url.as_str(), &[], b"").expect("an answer");
    (status, headers, String::from_utf8(body).expect("UTF-8"))
}

/// The answer that somebody else gets from the provider for the same request.
fn mallory_s_answer(provider: &Provider, request: &Url) -> Url {
    provider.sign_in_as(User::named("mallory", "Mallory", "Moore"));
    let answer = redirect_of(request);
    provider.sign_in_as(User::alice());
    answer
}

#[test]
fn rfc9700_4_5_an_answer_from_another_browser_is_refused_and_the_wait_goes_on() {
    let (provider, machine) = (std::sync::Arc::new(Provider::start()), Machine::new());
    let theirs = provider.clone();
    let visits = visit(&machine, move |request| {
        let (status, _, page) = from_elsewhere(&mallory_s_answer(&theirs, request));
        ((status, page), Page::at(&redirect_of(request)))
    });
    let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Logged in as Alice Adams (alice)"), "{}", outcome.stderr);
    let ((status, page), own) = visits.next();
    assert_eq!(status, 400);
    assert!(page.contains("it came from another browser than the one the login was opened in"), "{page}");
    assert_eq!(own.heading(), "Signed in as Alice Adams");
    assert_eq!(provider.requests(Endpoint::Token).len(), 1, "the other code went nowhere");
}

#[test]
fn rfc9700_4_5_whoever_opens_the_browser_s_address_before_the_browser_gains_nothing() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let (script, seen) = (machine.path("browser"), machine.path("seen"));
    std::fs::write(&script, format!("printf '%s' \"$1\" >'{0}.new' && mv '{0}.new' '{0}'\n", seen.display())).expect("written");
    let command = format!("sh '{}'", script.display());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--browser", &command, "--issuer", &provider.issuer()]));
        let address = Url::parse(&eventually(|| std::fs::read_to_string(&seen).ok())).expect("a URL");
        // Mallory is first at the address, and gets a cookie.
        let (status, headers, _) = from_elsewhere(&address);
        let value = |name| header(&headers, name).expect("a header").to_owned();
        let (request, cookie) = (Url::parse(&value("location")).expect("a URL"), value("set-cookie"));
        assert_eq!(status, 302);
        // The person's browser is second, and is sent to the terminal's address.
        let (status, headers, page) = from_elsewhere(&address);
        assert_eq!((status, header(&headers, "set-cookie")), (410, None));
        assert!(page.contains("Already used") && page.contains("Open the one that the terminal shows instead."), "{page}");
        // From then on Mallory's cookie is worth nothing.
        let answer = mallory_s_answer(&provider, &request);
        let pair = cookie.split(';').next().expect("a pair");
        assert_eq!(http("GET", answer.as_str(), &[("Cookie", pair)], b"").expect("an answer").0, 400);
        // And the terminal's address works.
        assert_eq!(follow(&printed_address(&machine)).0, 200);
        let outcome = run.join().expect("no panic");
        assert!(outcome.stderr.contains("Logged in as Alice Adams (alice)"), "{}", outcome.stderr);
    });
}

#[test]
fn the_cookie_is_for_the_redirect_uri_only_and_forgotten_afterwards() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let (sender, visited) = channel();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--browser", "true", "--issuer", &provider.issuer()]));
        let start = printed_address(&machine);
        let (_, headers, body) = cookies::get(&start);
        let cookie = header(&headers, "set-cookie").expect("a cookie").to_owned();
        let port = start.port().expect("a port");
        assert!(cookie.starts_with(&format!("kclogin-{port}=")) && cookie.ends_with("; Path=/callback; HttpOnly; SameSite=Lax"), "{cookie}");
        assert_eq!((header(&headers, "referrer-policy"), body.len()), (Some("no-referrer"), 0));
        let page = Page::at(&redirect_of(&start));
        sender.send(page.header("set-cookie").to_owned()).expect("sent");
        run.join().expect("no panic").done();
        assert_eq!(visited.recv().expect("a cookie"), format!("kclogin-{port}=; Path=/callback; Max-Age=0; HttpOnly; SameSite=Lax"));
    });
}

#[test]
fn without_a_browser_to_open_there_is_no_start_page() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--no-browser", "--issuer", &provider.issuer()]));
        let request = printed_address(&machine);
        assert!(request.as_str().starts_with(&provider.url(Endpoint::Authorization)), "the address works in any browser: {request}");
        assert_eq!(from_elsewhere(&redirect_of(&request)).0, 200);
        run.join().expect("no panic").done();
    });
}

#[test]
fn a_start_page_of_another_host_or_method_or_name_is_none() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--browser", "true", "--issuer", &provider.issuer()]));
        let start = printed_address(&machine);
        let status = |method, url: &str, host: &str| http(method, url, &[("Host", host)], b"").expect("an answer").0;
        let host = format!("127.0.0.1:{}", start.port().expect("a port"));
        assert_eq!(status("GET", start.as_str(), "evil.example"), 421);
        assert_eq!(status("POST", start.as_str(), &host), 404);
        assert_eq!(status("GET", &format!("{start}x"), &host), 404);
        assert_eq!(status("GET", &format!("{start}?x"), &host), 404);
        follow(&start);
        run.join().expect("no panic").done();
    });
}
