//! Every wait ends. The limits of the network are too long for a test, so here they are shortened where `http` takes them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use kclogin::environment::Environment;
use kclogin::error::{Error, ErrorKind};
use kclogin::exit::Exit;
use kclogin::oidc::http::{Http, Settings};
use kclogin::oidc::provider::Provider as Discovered;

use crate::machine::Machine;
use crate::person::{error_in, sign_in};
use crate::provider::{Endpoint, Provider, Respond};

/// How a discovery fails that may take half a second, which it must not exceed by much.
#[track_caller]
fn discovery(respond: Respond) -> Error {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, respond);
    let traced = Mutex::new(Vec::new());
    let trace = |text| traced.lock().expect("traced").push(text);
    let mut settings = Settings::new(&Environment::default(), &kclogin::profile::Settings::default());
    settings.limit = Some(Duration::from_millis(500));
    let (http, begun) = (Http::new(settings, &trace), Instant::now());
    let error = Discovered::discover(&http, &provider.issuer()).err().expect("a failure");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(traced.lock().expect("traced").len(), 1, "one request, told of once");
    error
}

#[test]
fn a_provider_that_accepts_and_says_nothing_is_given_up() {
    let error = discovery(Respond::hang());
    assert_eq!(error.kind(), ErrorKind::ProviderUnreachable);
    assert!(error.sentence().ends_with(" can't be reached: it does not answer in time"), "{error}");
}

#[test]
fn an_answer_that_drips_is_given_up() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_owned() + &"a".repeat(1000),
        "HTTP/1.1 200 OK\r\n".to_owned() + &"X: y\r\n".repeat(500),
    ] {
        let error = discovery(Respond::drip(bytes, Duration::from_millis(5)));
        assert_eq!(error.kind(), ErrorKind::ProviderUnreachable);
        assert!(error.sentence().ends_with(" can't be reached: it does not answer in time"), "{error}");
    }
}

#[test]
fn an_answer_cut_short_is_none() {
    let error = discovery(Respond::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"issuer\":"));
    assert_eq!(error.kind(), ErrorKind::ProviderUnreachable, "{error}");
}

#[test]
fn keys_that_come_late_don_t_keep_the_address_from_being_shown() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Jwks, Respond::normally().after(Duration::from_millis(500)));
    let visits = sign_in(&machine);
    machine.run(&["login", "--timeout", "10s", "--issuer", &provider.issuer()]).done();
    assert_eq!(visits.next().1.status, 200);
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 1, "they are fetched once");
}

#[test]
fn keys_that_fail_at_first_are_asked_for_again() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Jwks, Respond::reset().once());
    machine.run(&["login", "--timeout", "10s", "--issuer", &provider.issuer()]).done();
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 2);
}

#[test]
fn the_time_to_sign_in_is_kept_whatever_comes_to_the_port() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.browse(|url| {
        let mut wrong = crate::person::redirect_uri(url);
        wrong.set_query(Some("state=wrong"));
        // Until the port closes.
        while crate::provider::http("GET", wrong.as_str(), &[], b"").is_ok() {}
    });
    let begun = Instant::now();
    let stderr = machine.run(&["login", "--timeout", "1s", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert!(error_in(&stderr).starts_with("error: nobody signed in within 1 s\n"), "{stderr}");
}

#[test]
fn a_refresh_waits_for_another_one_and_takes_its_result() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    provider.respond(Endpoint::Token, Respond::normally().after(Duration::from_millis(300)).once());
    machine.clock.advance(301);
    let tokens =
        std::thread::scope(|scope| [(); 2].map(|()| scope.spawn(|| machine.run(&["token"]).done())).map(|run| run.join().expect("no panic")));
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
}
