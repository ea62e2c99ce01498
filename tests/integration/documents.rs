//! Documents that two readers could understand differently, that are nested without end, compressed, or of another content type: refused wherever they
//! come from, in bounded time and memory.

use kclogin::exit::Exit;

use crate::machine::{Machine, Outcome};
use crate::person::error_in;
use crate::provider::{Endpoint, Provider, Respond, User, http_get};
use crate::token::at_now;

/// 64 MiB of JSON in 64 KiB.
const BOMB: &[u8] = include_bytes!("bomb.json.gz");

/// What an endpoint says by itself.
fn document(provider: &Provider, endpoint: Endpoint) -> String {
    let (_, _, body) = http_get(&provider.url(endpoint), &[]);
    provider.forget_requests();
    String::from_utf8(body).expect("UTF-8")
}

/// The same object with this in front of its members.
fn with(document: &str, members: &str) -> String {
    document.replacen('{', &format!("{{{members},"), 1)
}

/// Members that make a document one that can be understood in two ways, or of no end; and some that don't.
fn ambiguous() -> [String; 4] {
    let nested = format!("\"x\":{}{}", "[".repeat(40), "]".repeat(40));
    ["\"x\":1,\"x\":1", "\"x\":{\"y\":0,\"\\u0079\":0}", "\"x\":[[{\"y\":0,\"y\":0}]]", &nested].map(str::to_owned)
}
const HARMLESS: &str = "\"x\":{\"y\":[[[[[[[[{\"x\":0}]]]]]]]]}";

fn login(provider: &Provider) -> (Machine, Outcome) {
    let machine = Machine::new();
    let outcome = machine.run(&["login", "--timeout", "5s", "--issuer", &provider.issuer()]);
    (machine, outcome)
}

#[test]
fn ambiguous_metadata_and_keys_are_refused() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let provider = Provider::start();
        let document = document(&provider, endpoint);
        for members in ambiguous() {
            provider.respond(endpoint, Respond::body("application/json", with(&document, &members)));
            let (machine, outcome) = login(&provider);
            let stderr = outcome.failed(Exit::Failed);
            assert!(
                error_in(&stderr).contains(if endpoint == Endpoint::Jwks { " not a key set" } else { ", not a provider's metadata" }),
                "{stderr}"
            );
            assert_eq!((machine.store.kept().len(), machine.config().as_str()), (0, ""));
        }
        provider.respond(endpoint, Respond::body("application/json", with(&document, HARMLESS)));
        login(&provider).1.done();
    }
}

#[test]
fn an_ambiguous_id_token_is_refused() {
    for members in ambiguous().into_iter().chain(["\"sub\":\"mallory\"", "\"nonce\":\"x\"", "\"exp\":1"].map(str::to_owned)) {
        let provider = Provider::start();
        provider.alter_id_token_text(move |claims| with(&claims, &members));
        let (machine, outcome) = login(&provider);
        let stderr = outcome.failed(Exit::Failed);
        assert!(error_in(&stderr).starts_with("error: the "), "{stderr}");
        assert_eq!((machine.store.kept().len(), machine.config().as_str()), (0, ""));
    }
    let provider = Provider::start();
    provider.alter_id_token_text(|claims| with(&claims, HARMLESS));
    login(&provider).1.done();
}

#[test]
fn an_ambiguous_token_response_costs_nobody_their_session() {
    let (provider, machine) = at_now();
    let before = machine.store.kept();
    let response = "{\"access_token\":\"at\",\"token_type\":\"Bearer\",\"expires_in\":300}";
    for members in ambiguous().into_iter().chain(["\"access_token\":\"other\"", "\"refresh_token\":\"a\",\"refresh_token\":\"b\""].map(str::to_owned))
    {
        provider.respond(Endpoint::Token, Respond::body("application/json", with(response, &members)).once());
        let stderr = machine.run(&["token", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
        assert_eq!(stderr, "error: the refresh failed: the provider's answer is not a token response\n");
        assert_eq!(machine.store.kept(), before);
    }
    // Not even the word that ends a session, where it could be another word.
    let refusal = Respond::body("application/json", "{\"error\":\"invalid_grant\",\"error\":\"temporarily_unavailable\"}").with_status(400);
    provider.respond(Endpoint::Token, refusal.once());
    machine.run(&["token", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
    assert_eq!(machine.store.kept(), before);
    provider.respond(Endpoint::Token, Respond::body("application/json", with(response, HARMLESS)));
    assert_eq!(machine.run(&["token", "--force-refresh"]).done(), "at\n");
}

#[test]
fn ambiguous_user_info_is_refused() {
    let (provider, machine) = at_now();
    let user_info = format!("{{\"sub\":\"{}\"}}", User::alice().sub);
    for members in ambiguous().into_iter().chain(["\"sub\":\"mallory\"".to_owned()]) {
        provider.respond(Endpoint::UserInfo, Respond::body("application/json", with(&user_info, &members)));
        let stderr = machine.run(&["whoami"]).failed(Exit::Failed);
        assert_eq!(stderr, "error: the UserInfo endpoint answers something that is not a JSON object\n");
    }
    provider.respond(Endpoint::UserInfo, Respond::body("application/json", with(&user_info, HARMLESS)));
    machine.run(&["whoami"]).done();
}

#[test]
fn a_document_of_another_content_type_is_none() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let provider = Provider::start();
        let document = document(&provider, endpoint);
        for content_type in ["text/plain", "text/html; charset=utf-8", "application/octet-stream", "image/png"] {
            provider.respond(endpoint, Respond::body(content_type, document.clone()));
            login(&provider).1.failed(Exit::Failed);
        }
        provider.respond(endpoint, Respond::body("Application/JSON;charset=UTF-8", document));
        login(&provider).1.done();
    }
    let (provider, machine) = at_now();
    let (before, response) = (machine.store.kept(), "{\"access_token\":\"at\",\"token_type\":\"Bearer\"}");
    provider.respond(Endpoint::Token, Respond::body("text/plain", response));
    machine.run(&["token", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
    provider.respond(Endpoint::UserInfo, Respond::body("text/plain", format!("{{\"sub\":\"{}\"}}", User::alice().sub)));
    machine.run(&["whoami"]).failed(Exit::Failed);
    assert_eq!(machine.store.kept(), before);
}

#[test]
fn a_compressed_answer_is_neither_asked_for_nor_unpacked() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let provider = Provider::start();
        provider.respond(endpoint, Respond::body("application/json", BOMB).header("Content-Encoding", "gzip"));
        let stderr = login(&provider).1.failed(Exit::ProviderUnreachable);
        assert!(error_in(&stderr).ends_with(" can't be reached: its answer is compressed, which was not asked for\n"), "{stderr}");
        for request in provider.requests(endpoint) {
            assert!(request.header("accept-encoding").is_none_or(|encoding| encoding == "identity"), "{:?}", request.headers);
        }
    }
    let (provider, machine) = at_now();
    let before = machine.store.kept();
    for endpoint in [Endpoint::Token, Endpoint::UserInfo] {
        provider.respond(endpoint, Respond::body("application/json", BOMB).header("Content-Encoding", "gzip"));
    }
    machine.run(&["whoami"]).failed(Exit::ProviderUnreachable);
    machine.run(&["token", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
    // One that doesn't say that it is compressed is no JSON.
    provider.respond(Endpoint::Token, Respond::body("application/json", BOMB));
    machine.run(&["token", "--min-validity", "10m"]).failed(Exit::ProviderUnreachable);
    assert_eq!(machine.store.kept(), before);
}
