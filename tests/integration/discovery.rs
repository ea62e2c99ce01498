//! Where a provider's metadata is looked for.

use kclogin::exit::Exit;
use serde_json::Value;

use crate::machine::{Machine, Outcome};
use crate::provider::{Endpoint, Provider, Respond, http_get};

/// What the provider says of itself.
fn announced(provider: &Provider) -> String {
    String::from_utf8(http_get(&provider.url(Endpoint::Discovery), &[]).2).expect("UTF-8")
}

fn login(provider: &Provider) -> (Machine, Outcome) {
    let machine = Machine::new();
    let outcome = machine.run(&["login", "--timeout", "5s", "--issuer", &provider.issuer()]);
    (machine, outcome)
}

/// A provider that has its metadata only where OAuth puts it, and says in it only what OAuth asks for.
fn as_oauth_has_it(without: &'static [&'static str]) -> Provider {
    let provider = Provider::start();
    let mut metadata: Value = serde_json::from_str(&announced(&provider)).expect("JSON");
    for member in without {
        metadata.as_object_mut().expect("an object").remove(*member).expect("it was there");
    }
    provider.respond(Endpoint::Discovery, Respond::status(404));
    provider.respond(Endpoint::Path("/.well-known/oauth-authorization-server/realms/test"), Respond::json(&metadata));
    provider
}

#[test]
fn rfc8414_3_1_metadata_is_found_where_oauth_has_it() {
    let provider = as_oauth_has_it(&["subject_types_supported", "id_token_signing_alg_values_supported"]);
    let (machine, outcome) = login(&provider);
    assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
    outcome.done();
    machine.run(&["whoami"]).done();
    let doctor = machine.run(&["doctor"]).stdout;
    assert!(doctor.contains("  ok       discovery  "), "{doctor}");
    let provider = as_oauth_has_it(&["jwks_uri"]);
    let (_, outcome) = login(&provider);
    assert!(outcome.stderr.starts_with("warning: no keys of the provider are known"), "{}", outcome.stderr);
    outcome.done();
}

#[test]
fn rfc8414_3_3_metadata_of_another_issuer_is_refused_there_too() {
    let provider = Provider::start();
    let metadata = announced(&provider).replace("/realms/test\"", "/realms/other\"");
    provider.respond(Endpoint::Discovery, Respond::status(404));
    provider.respond(Endpoint::Path("/.well-known/oauth-authorization-server/realms/test"), Respond::body("application/json", metadata));
    let (_, outcome) = login(&provider);
    let said = outcome.failed(Exit::Failed);
    assert!(said.contains("calls itself ") && said.contains("/realms/other"), "{said}");
}

#[test]
fn where_no_metadata_is_anywhere_the_first_answer_is_what_is_said() {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::error(404, "x", "Realm does not exist"));
    let (_, outcome) = login(&provider);
    assert!(outcome.failed(Exit::Failed).contains(": Realm does not exist (404"), "");
}
