//! The checks of an ID token at login (OpenID Connect Core 3.1.3.7 and 3.1.3.8).

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::person::error_in;
use crate::provider::{Algorithm, Endpoint, Flaw, Members, Provider, rsa_public_pem};

/// What a login at this provider says, which must not succeed and must keep nothing.
#[track_caller]
fn refusal_of(provider: &Provider, more: &[&str]) -> String {
    let machine = Machine::new();
    let stderr = machine.run(&[&["login", "--issuer", &provider.issuer()], more].concat()).failed(Exit::Failed);
    assert_eq!((machine.store.kept().len(), machine.config().as_str()), (0, ""), "{stderr}");
    error_in(&stderr).to_owned()
}

/// What a login says about an ID token with these claims.
#[track_caller]
fn refusal(alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) -> String {
    let provider = Provider::start();
    provider.alter_id_token(alter);
    let refusal = refusal_of(&provider, &[]);
    let known = "error: the provider's ID token is refused: ";
    refusal.strip_prefix(known).unwrap_or_else(|| panic!("{refusal}")).to_owned()
}

/// A login with an ID token with these claims.
#[track_caller]
fn accepted(alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_id_token(alter);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
}

/// Shows that an ID token with these claims is none.
#[track_caller]
fn malformed(alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) {
    let provider = Provider::start();
    provider.alter_id_token(alter);
    assert_eq!(refusal_of(&provider, &[]), "error: the sign-in failed: the provider's token response can't be read\n");
}

#[test]
fn core_3_1_3_7_11_a_wrong_or_missing_nonce_is_refused() {
    let wrong = "its nonce is not the one that was sent\n";
    assert_eq!(refusal(|_, claims| claims["nonce"] = json!("another")), wrong);
    assert_eq!(refusal(|_, claims| drop(claims.remove("nonce"))), wrong);
    malformed(|_, claims| claims["nonce"] = json!(7));
}

#[test]
fn core_3_1_3_7_2_a_wrong_or_missing_issuer_is_refused() {
    let provider = Provider::start();
    let issuer = provider.issuer();
    for wrong in ["https://evil.example".to_owned(), format!("{issuer}/"), issuer.to_uppercase()] {
        let provider = Provider::start();
        provider.alter_id_token(move |_, claims| claims["iss"] = json!(wrong));
        let expected = format!("error: the provider's ID token is refused: it does not come from {}\n", provider.issuer());
        assert_eq!(refusal_of(&provider, &[]), expected);
    }
    malformed(|_, claims| drop(claims.remove("iss")));
    malformed(|_, claims| claims["iss"] = json!(["x"]));
}

#[test]
fn core_3_1_3_7_3_a_wrong_or_missing_audience_is_refused() {
    assert_eq!(refusal(|_, claims| claims["aud"] = json!("another")), "it is not for this client\n");
    assert_eq!(refusal(|_, claims| claims["aud"] = json!(["another", "third"])), "it is not for this client\n");
    assert_eq!(refusal(|_, claims| claims["aud"] = json!([])), "it is not for this client\n");
    assert_eq!(refusal(|_, claims| drop(claims.remove("aud"))), "it is not for this client\n");
    accepted(|_, claims| claims["aud"] = json!(["kclogin"]));
    accepted(|_, claims| claims["aud"] = json!(["another", "kclogin"]));
}

#[test]
fn core_3_1_3_7_4_another_authorized_party_is_refused() {
    assert_eq!(refusal(|_, claims| claims["azp"] = json!("another")), "it was issued to another client\n");
    accepted(|_, claims| drop(claims.remove("azp")));
}

#[test]
fn core_3_1_3_7_4_several_audiences_without_an_authorized_party_are_refused() {
    let alter = |_: &mut Value, claims: &mut Value| {
        claims["aud"] = json!(["kclogin", "another"]);
        claims.remove("azp");
    };
    assert_eq!(refusal(alter), "it is for several audiences and does not say which client it was issued to\n");
}

#[test]
fn core_2_a_missing_subject_is_refused() {
    malformed(|_, claims| drop(claims.remove("sub")));
    malformed(|_, claims| claims["sub"] = json!(42));
    assert_eq!(refusal(|_, claims| claims["sub"] = json!("")), "it has no subject\n");
}

#[test]
fn core_3_1_3_7_9_an_expired_token_is_refused_with_a_hint_about_the_clock() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.set_now(1_795_545_600);
    machine.clock.set(1_795_545_600 + 3600);
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let expected = "error: the provider's ID token is refused: it has already expired\n\
                    hint: this machine's clock says 2026-11-24T19:40:00Z; if that is wrong, set it right\n";
    assert_eq!(error_in(&stderr), expected);
}

#[test]
fn core_3_1_3_7_9_the_clocks_may_be_half_a_minute_apart_and_no_more() {
    let login = |ours: i64| {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.set_now(1_795_545_600);
        machine.clock.set(1_795_545_600 + ours);
        machine.run(&["login", "--issuer", &provider.issuer()]).exit
    };
    assert_eq!((login(-30), login(-31)), (Exit::Done, Exit::Failed), "issued in the future");
    assert_eq!((login(329), login(330)), (Exit::Done, Exit::Failed), "expired");
}

#[test]
fn core_3_1_3_7_10_a_token_from_the_future_is_refused() {
    assert!(
        refusal(|_, claims| claims["iat"] = json!(claims["iat"].as_i64().expect("a number") + 3600))
            .starts_with("it was issued in the future\nhint: ")
    );
    assert!(refusal(|_, claims| claims["nbf"] = json!(claims["iat"].as_i64().expect("a number") + 3600)).starts_with("it is not valid yet\nhint: "));
    accepted(|_, claims| claims["nbf"] = claims["iat"].clone());
}

#[test]
fn core_3_1_3_7_9_times_that_are_missing_or_no_numbers_are_refused() {
    malformed(|_, claims| drop(claims.remove("exp")));
    malformed(|_, claims| drop(claims.remove("iat")));
    for time in ["exp", "iat", "nbf"] {
        for wrong in [json!("1795545600"), json!([1_795_545_600]), json!({}), json!(true)] {
            malformed(move |_, claims| claims[time] = wrong.clone());
        }
    }
    malformed(|_, claims| claims["exp"] = Value::Null);
}

#[test]
fn core_3_1_3_8_another_access_token_s_hash_is_refused() {
    let expected = "it belongs to another access token\n";
    assert_eq!(refusal(|_, claims| claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")), expected);
    assert_eq!(refusal(|_, claims| claims["at_hash"] = json!("")), expected);
    accepted(|_, claims| drop(claims.remove("at_hash")));
}

#[test]
fn core_3_1_3_7_6_a_wrong_signature_is_refused() {
    for flaw in [Flaw::TurnedBit, Flaw::ForeignKey, Flaw::Missing] {
        let provider = Provider::start();
        provider.sign_with_flaw(flaw);
        let refusal = refusal_of(&provider, &[]);
        assert_eq!(refusal, "error: the provider's ID token is refused: its signature is wrong\n", "{flaw:?}");
    }
}

#[test]
fn core_3_1_3_7_7_every_algorithm_with_a_public_key_is_accepted() {
    for algorithm in Algorithm::ASYMMETRIC {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.publish_strange_keys();
        provider.sign_with(algorithm.clone());
        let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
        assert_eq!(outcome.exit, Exit::Done, "{algorithm:?}: {}", outcome.stderr);
    }
}

#[test]
fn core_3_1_3_7_6_an_unsigned_token_is_accepted_from_nobody() {
    let provider = Provider::start();
    provider.alter_metadata(|metadata| metadata["id_token_signing_alg_values_supported"] = json!(["none", "RS256"]));
    provider.sign_with(Algorithm::None);
    let refusal = refusal_of(&provider, &[]);
    assert!(refusal.starts_with("error: the provider's ID token is refused: it is "), "{refusal}");
}

#[test]
fn core_3_1_3_7_7_a_symmetric_signature_is_refused_whoever_could_make_it() {
    let expected = "error: the provider's ID token is refused: it is signed with an algorithm that is not accepted\n";
    for secret in [rsa_public_pem().as_bytes().to_vec(), b"s3cr3t-of-backend".to_vec()] {
        let provider = Provider::start();
        provider.confidential_client("backend", "s3cr3t-of-backend");
        provider.sign_with(Algorithm::Hs256(secret));
        let machine = Machine::new();
        machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
        let stderr = machine.run(&["login", "--client-id", "backend", "--issuer", &provider.issuer()]).failed(Exit::Failed);
        assert_eq!(error_in(&stderr), expected);
        assert_eq!(machine.store.kept().len(), 0);
    }
}

#[test]
fn core_3_1_3_7_7_an_algorithm_the_provider_does_not_list_is_refused() {
    let provider = Provider::start();
    provider.alter_metadata(|metadata| metadata["id_token_signing_alg_values_supported"] = json!(["RS256"]));
    provider.sign_with(Algorithm::Es256);
    let expected = "error: the provider's ID token is refused: it is signed with an algorithm that is not accepted\n";
    assert_eq!(refusal_of(&provider, &[]), expected);
}

#[test]
fn core_10_1_1_keys_that_change_during_the_login_are_fetched_once_more() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let jwks = provider.key_set();
    // The first answer is the key set from before the change.
    provider.respond(Endpoint::Jwks, crate::provider::Respond::json(&jwks).once());
    provider.rotate_key();
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 2);
}

#[test]
fn core_10_1_1_a_key_that_nobody_published_is_asked_for_once_and_not_in_a_loop() {
    let provider = Provider::start();
    let jwks = provider.key_set();
    provider.respond(Endpoint::Jwks, crate::provider::Respond::json(&jwks));
    provider.rotate_key();
    let expected = "error: the provider's ID token is refused: the provider has no key that fits its signature\n";
    assert_eq!(refusal_of(&provider, &[]), expected);
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 2);
}

#[test]
fn core_10_1_1_a_token_that_names_no_key_needs_one_that_is_sure() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.omit_key_id();
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.publish_key_beside(Algorithm::Rs256);
    let expected = "error: the provider's ID token is refused: it names no key, and the provider has several that fit\n";
    assert_eq!(refusal_of(&provider, &[]), expected);
}

#[test]
fn no_id_token_is_no_login() {
    let provider = Provider::start();
    provider.alter_token_response(|response| drop(response.remove("id_token")));
    assert_eq!(refusal_of(&provider, &[]), "error: the provider gave no ID token, so it is not known who signed in\n");
}

#[test]
fn text_that_is_no_token_is_refused() {
    for text in ["", "a.b.c", "no token", "..", &"a".repeat(100_000)] {
        let provider = Provider::start();
        let owned = text.to_owned();
        provider.alter_token_response(move |response| response["id_token"] = json!(owned));
        let refusal = refusal_of(&provider, &[]);
        assert_eq!(refusal, "error: the sign-in failed: the provider's token response can't be read\n");
    }
}

/// What a login with these options says about an ID token with these claims.
#[track_caller]
fn refusal_with(options: &[&str], alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) -> String {
    let provider = Provider::start();
    provider.alter_id_token(alter);
    refusal_of(&provider, options)
}

#[test]
fn core_3_1_3_7_12_a_lower_level_than_was_asked_for_is_refused() {
    let expected = "error: the provider vouches for the level of authentication `1` only, and not for `silver gold`\nhint: ask its administrator which levels this client and your account can have\n";
    assert_eq!(refusal_with(&["--acr-values", "silver gold"], |_, _| ()), expected);
    assert_eq!(refusal_with(&["--param", "acr_values=silver gold"], |_, _| ()), expected, "however it was asked for");
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_id_token(|_, claims| claims["acr"] = json!("gold"));
    machine.run(&["login", "--issuer", &provider.issuer(), "--acr-values", "silver gold"]).done();
}

#[test]
fn core_3_1_3_7_13_an_older_authentication_than_was_asked_for_is_refused() {
    let old = refusal_with(&["--max-age", "1h"], |_, claims| claims["auth_time"] = json!(claims["iat"].as_i64().expect("a time") - 3_700));
    assert_eq!(
        old,
        "error: the provider took an authentication that is older than the 1 h of `--max-age`\nhint: have it ask for one with `--prompt login`\n"
    );
    let silent = refusal_with(&["--max-age", "1h"], |_, claims| drop(claims.remove("auth_time")));
    assert_eq!(silent, "error: the provider does not say when you were authenticated, which `--max-age` asks for\n");
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--issuer", &provider.issuer(), "--max-age", "0s"]).done();
}
