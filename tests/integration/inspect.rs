//! `kclogin decode`, `introspect` and `revoke`: what is in a token, what the provider knows of it, and its end before its time.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::derived::confidential;
use crate::machine::Machine;
use crate::provider::{Algorithm, Endpoint, Respond};
use crate::token::{at_now, pass, token};

#[test]
fn the_stored_token_is_shown_with_its_times_and_that_it_is_not_verified() {
    let (provider, machine) = at_now();
    let shown = machine.run(&["decode"]).done();
    assert!(shown.starts_with("Not verified: anybody could have written this.\nHeader\n"), "{shown}");
    assert!(shown.contains(&format!("  iss                 {}\n", provider.issuer())), "{shown}");
    let expiry = kclogin::clock::Timestamp(1_795_545_900).to_rfc3339();
    assert!(shown.contains(&format!("  exp                 1795545900 ({expiry}, in 5 min)\n")), "{shown}");
    pass(&provider, &machine, 900);
    let shown = machine.run(&["decode", "--id-token"]).done();
    assert!(shown.contains(&format!("1795545900 ({expiry}, 10 min ago)\n")), "{shown}");
    assert_eq!(provider.request_count(), 0, "no network");
}

#[test]
fn the_object_has_everything_and_says_whether_it_was_verified() {
    let (provider, machine) = at_now();
    for (more, verified) in [(&[][..], false), (&["--verify"][..], true)] {
        let object: Value = serde_json::from_str(&machine.run(&[&["decode", "--json"], more].concat()).done()).expect("JSON");
        let (header, claims) = crate::provider::decode(&token(&machine, &[])).expect("a JWT");
        assert_eq!(object, json!({ "verified": verified, "header": header, "claims": claims }));
    }
    let shown = machine.run(&["decode", "--verify"]).done();
    assert!(shown.starts_with(&format!("Verified: signed by {}, and valid now.\n", provider.issuer())), "{shown}");
}

#[test]
fn a_token_from_outside_is_read_from_stdin_and_warned_of_in_an_argument() {
    let (_provider, machine) = at_now();
    let text = token(&machine, &[]);
    for typed in [text.clone(), format!("{text}\n"), format!("Authorization: Bearer {text}\r\n"), format!("Bearer {text}")] {
        machine.type_in(&typed);
        assert!(machine.run(&["decode", "-"]).done().contains("\"offline_access\""), "{typed}");
    }
    let outcome = machine.run(&["decode", &text]);
    assert_eq!(outcome.stderr, "warning: every user of this machine can see a token in an argument; `-` reads it from stdin\n");
    outcome.done();
    for (typed, said) in
        [("", "there is no token on stdin"), ("a b", "what was given is not a token"), ("a\u{1b}[2J", "what was given is not a token")]
    {
        machine.type_in(typed);
        assert_eq!(machine.run(&["decode", "-"]).failed(Exit::Usage), format!("error: {said}\n"));
    }
    for (typed, said) in [("opaque", "the token is not a JWT"), ("a.b.c", "the token is not a JWT"), ("a.b.c.d.e", "the token is encrypted")] {
        machine.type_in(typed);
        assert!(machine.run(&["decode", "-"]).failed(Exit::Failed).starts_with(&format!("error: {said}")), "{typed}");
    }
}

#[test]
fn nothing_hostile_in_a_claim_reaches_the_terminal() {
    let (provider, machine) = at_now();
    let claims = r#"{"iss":"x","na\u001b[2Jme":"\u001b]52;c;eA==\u0007\u202egpj","n\nl":"a\nExp  never"}"#;
    machine.type_in(&provider.compact(&json!({"alg": "RS256", "kid": "\u{9b}31m"}), claims));
    let shown = machine.run(&["decode", "-"]).done();
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']) && !shown.contains("\nExp"), "{shown}");
}

#[test]
fn what_is_verified_is_signed_by_the_profile_s_provider_and_valid_now() {
    let (provider, machine) = at_now();
    let verify = |text: &str| {
        machine.type_in(text);
        machine.run(&["decode", "--verify", "-"])
    };
    let refused = |text: &str, reason: &str| {
        let stderr = verify(text).failed(Exit::Failed);
        assert!(stderr.starts_with(&format!("error: the token is not valid: {reason}\n")), "{stderr}");
    };
    let good = token(&machine, &[]);
    verify(&good).done();
    let (signed, signature) = good.rsplit_once('.').expect("a JWT");
    // Its first letter, all of whose bits count: a last one with others would be no Base64.
    let other = format!("{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    refused(&format!("{signed}.{other}"), "its signature is wrong");
    let (mut header, mut claims) = crate::provider::decode(&good).expect("a JWT");
    let sign = |header: &Value, claims: &Value| provider.compact(header, &claims.to_string());
    verify(&sign(&header, &claims)).done();
    for (name, value, reason) in [
        ("iss", json!("https://other.example/realms/a"), "it does not come from this profile's provider"),
        ("iss", Value::Null, "it does not come from this profile's provider"),
        ("exp", json!(1_795_545_600 - 31), "it has expired"),
        ("exp", json!("1795545900"), "it has a time that is none"),
        ("exp", Value::Null, "it has a time that is none"),
        ("nbf", json!(1_795_545_600 + 31), "it is not valid yet"),
    ] {
        let before = claims[name].clone();
        claims[name] = value;
        refused(&sign(&header, &claims), reason);
        claims[name] = before;
        if claims[name].is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        }
    }
    let mut endless = claims.clone();
    endless.as_object_mut().expect("an object").remove("exp");
    refused(&sign(&header, &endless), "it does not say when it expires");
    header["alg"] = json!("none");
    refused(&sign(&header, &claims), "it is signed with an algorithm that is not accepted");
    header["alg"] = json!("HS256");
    refused(&sign(&header, &claims), "it is signed with an algorithm that is not accepted");
    provider.sign_with(Algorithm::Es256);
    machine.run(&["token", "--force-refresh"]).done();
    machine.run(&["decode", "--verify"]).done();
}

#[test]
fn rfc7662_2_a_client_with_a_secret_may_ask_about_a_token() {
    let (provider, machine) = confidential();
    let shown = machine.run(&["introspect"]).done();
    assert!(shown.starts_with("Active\n") && shown.contains("  username   alice\n"), "{shown}");
    let object: Value = serde_json::from_str(&machine.run(&["introspect", "--json"]).done()).expect("JSON");
    assert_eq!(object["active"], true);
    let sent = provider.requests(Endpoint::Introspection);
    assert_eq!((sent.len(), sent[0].form.get("token")), (2, Some(token(&machine, &[]).as_str())));
    assert!(sent[0].basic().is_some());
    machine.type_in("garbage");
    let outcome = machine.run(&["introspect", "--json", "-"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Failed, "{\"active\":false}\n"));
    assert!(outcome.stderr.starts_with("error: the provider says that the token is not valid"), "{}", outcome.stderr);
    machine.type_in("garbage");
    machine.run(&["introspect", "-"]).failed(Exit::Failed);
}

#[test]
fn rfc7662_2_2_an_answer_that_does_not_say_whether_the_token_is_active_is_none() {
    let (provider, machine) = confidential();
    for answer in [json!({}), json!({"active": "true"}), json!({"active": null, "sub": "alice"}), json!({"Active": true})] {
        provider.respond(Endpoint::Introspection, Respond::json(&answer));
        for arguments in [&["introspect"][..], &["introspect", "--json"]] {
            let stderr = machine.run(arguments).failed(Exit::Failed);
            assert_eq!(stderr, "error: the introspection endpoint does not say whether the token is active\n", "{answer}");
        }
    }
}

#[test]
fn a_client_without_a_secret_is_told_that_it_may_not_ask() {
    let (_provider, machine) = at_now();
    let stderr = machine.run(&["introspect"]).failed(Exit::Failed);
    assert_eq!(
        stderr,
        "error: the client `kclogin` may not ask about a token: Client not allowed. (invalid_request)\nhint: introspection is for clients with a \
         secret; `kclogin decode` needs none\n"
    );
}

#[test]
fn the_stored_access_token_is_revoked_with_what_was_derived_and_the_session_lives() {
    let (provider, machine) = confidential();
    let (own, derived) = (token(&machine, &[]), token(&machine, &["--audience", "orders"]));
    let outcome = machine.run(&["revoke"]);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", "The access token is revoked; the next command gets a new one.\n"));
    let sent: Vec<_> = provider.requests(Endpoint::Revocation).iter().map(|request| request.form.get("token").map(str::to_owned)).collect();
    assert_eq!(sent, [Some(derived.clone()), Some(own.clone())]);
    assert_eq!(provider.live_sessions(), 1);
    let new = token(&machine, &[]);
    assert!(new != own && token(&machine, &["--audience", "orders"]) != derived);
    machine.run(&["whoami"]).done();
}

#[test]
fn rfc7009_2_1_a_given_token_is_revoked() {
    let (provider, machine) = at_now();
    let own = token(&machine, &[]);
    machine.type_in(&own);
    assert_eq!(machine.run(&["revoke", "-"]).stderr, "The token is revoked.\n");
    let [request] = &provider.requests(Endpoint::Revocation)[..] else { panic!("one request") };
    assert_eq!((request.form.get("token"), request.form.get("client_id")), (Some(own.as_str()), Some("kclogin")));
}

#[test]
fn without_a_session_there_is_nothing_to_look_at() {
    let machine = Machine::new();
    for command in ["decode", "introspect", "revoke"] {
        machine.run(&[command]).failed(Exit::LoginRequired);
    }
}

#[test]
fn an_outage_leaves_a_token_that_was_to_be_revoked_as_it_was() {
    let (mut provider, machine) = at_now();
    let own = token(&machine, &[]);
    provider.stop();
    machine.run(&["revoke"]).failed(Exit::ProviderUnreachable);
    assert_eq!(token(&machine, &[]), own);
}
