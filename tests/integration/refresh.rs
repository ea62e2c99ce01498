//! A refresh must be for the same sign-in (OpenID Connect Core 12.2), and happens once, however many ask.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::provider::{Algorithm, Endpoint, Provider, Respond, Response, Rotation};
use crate::token::at_now;

/// What a refresh says whose ID token has these claims. It must be refused, and the stored session kept.
#[track_caller]
fn refusal(alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) -> String {
    let (provider, machine) = at_now();
    provider.alter_id_token(alter);
    let before = machine.store.kept();
    let stderr = machine.run(&["token", "--force-refresh"]).failed(Exit::Failed);
    assert_eq!(machine.store.kept(), before);
    stderr
}

#[test]
fn core_12_2_a_refresh_for_somebody_else_is_refused() {
    let expected = "error: the refresh was answered for somebody else than the one who signed in, so it is not used\n";
    assert_eq!(refusal(|_, claims| claims["sub"] = json!("mallory")), expected);
}

#[test]
fn core_12_2_a_refresh_from_another_issuer_is_refused() {
    let stderr = refusal(|_, claims| claims["iss"] = json!("https://evil.example"));
    assert!(stderr.starts_with("error: the provider's ID token is refused: it does not come from http://127.0.0.1:"), "{stderr}");
}

#[test]
fn core_12_2_a_refresh_for_another_client_is_refused() {
    let expected = "error: the provider's ID token is refused: it is not for this client\n";
    assert_eq!(refusal(|_, claims| claims["aud"] = json!("another")), expected);
    let expected = "error: the provider's ID token is refused: it was issued to another client\n";
    assert_eq!(refusal(|_, claims| claims["azp"] = json!("another")), expected);
}

#[test]
fn core_12_2_a_refresh_of_another_sign_in_is_refused() {
    let expected = "error: the refresh was answered for another sign-in than the stored one, so it is not used\n";
    assert_eq!(refusal(|_, claims| claims["auth_time"] = json!(7)), expected);
}

#[test]
fn core_12_2_a_refresh_with_another_nonce_is_refused() {
    let expected = "error: the refresh was answered for another sign-in than the stored one, so it is not used\n";
    assert_eq!(refusal(|_, claims| claims["nonce"] = json!("another")), expected);
}

#[test]
fn core_3_1_3_8_a_refresh_with_another_access_token_s_hash_is_refused() {
    for algorithm in Algorithm::ASYMMETRIC {
        let (provider, machine) = at_now();
        provider.sign_with(algorithm);
        machine.run(&["token", "--force-refresh"]).done();
        provider.alter_id_token(|_, claims| claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA"));
        let before = machine.store.kept();
        let expected = "error: the provider's ID token is refused: it belongs to another access token\n";
        assert_eq!(machine.run(&["token", "--force-refresh"]).failed(Exit::Failed), expected);
        assert_eq!(machine.store.kept(), before);
    }
}

#[test]
fn a_refresh_with_an_expired_id_token_is_refused() {
    let stderr = refusal(|_, claims| claims["exp"] = json!(7));
    assert!(stderr.starts_with("error: the provider's ID token is refused: it has already expired\nhint: "), "{stderr}");
}

#[test]
fn an_unsigned_id_token_is_accepted_at_no_refresh_either() {
    for algorithm in [Algorithm::None, Algorithm::Hs256(b"guessed".to_vec())] {
        let (provider, machine) = at_now();
        provider.sign_with(algorithm.clone());
        let before = machine.store.kept();
        let stderr = machine.run(&["token", "--force-refresh"]).failed(Exit::Failed);
        assert!(stderr.starts_with("error: the provider's ID token is refused: it is "), "{algorithm:?}: {stderr}");
        assert_eq!(machine.store.kept(), before);
    }
}

/// What fails without being the provider's last word on the session.
fn passing_faults() -> [Respond; 8] {
    [
        Respond::status(500),
        Respond::status(503),
        Respond::status(429),
        Respond::reset(),
        Respond::lost(),
        Respond::body("application/json", "{}"),
        Respond::body("text/html", "<html>Please sign in to the hotel's Wi-Fi</html>"),
        Respond::error(502, "invalid_grant", "says the proxy"),
    ]
}

#[test]
fn a_forced_refresh_that_fails_gives_the_token_that_is_still_valid_with_a_warning() {
    for fault in passing_faults() {
        let (provider, machine) = at_now();
        let (before, kept) = (machine.run(&["token"]).done(), machine.store.kept());
        provider.respond(Endpoint::Token, fault.once());
        let outcome = machine.run(&["token", "--force-refresh"]);
        let warning = "warning: the access token was not refreshed, so this is the one from before: the ";
        assert!(outcome.stderr.starts_with(warning) && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
        assert_eq!((outcome.done() == before, machine.store.kept() == kept), (true, true));
        assert!(machine.run(&["token", "--force-refresh"]).done() != before);
    }
}

#[test]
fn a_token_that_is_not_valid_for_long_enough_is_not_given_in_place_of_a_refreshed_one() {
    for call in [&["token"][..], &["token", "--force-refresh"], &["token", "--force-refresh", "--min-validity", "29s"]] {
        let (provider, machine) = at_now();
        machine.clock.advance(272);
        provider.respond(Endpoint::Token, Respond::status(503));
        machine.run(call).failed(Exit::ProviderUnreachable);
    }
}

#[test]
fn a_token_that_was_refused_is_not_given_in_place_of_a_refreshed_one() {
    let (provider, machine) = at_now();
    provider.respond(Endpoint::UserInfo, Respond::status(401));
    provider.respond(Endpoint::Token, Respond::status(503));
    machine.run(&["whoami"]).failed(Exit::ProviderUnreachable);
    assert_eq!((provider.requests(Endpoint::UserInfo).len(), machine.store.kept().len()), (1, 1));
}

#[test]
fn a_session_that_replaced_the_refused_one_meanwhile_is_kept_and_used() {
    let (provider, machine) = at_now();
    let store = machine.store.clone();
    provider.respond(
        Endpoint::Token,
        Respond::with(move |_| {
            store.change("token-set ", |bytes| {
                let mut set: Value = serde_json::from_slice(bytes).expect("JSON");
                (set["access_token"], set["refresh_token"]) = (json!("of-the-new-login"), json!("of-the-new-login-too"));
                *bytes = set.to_string().into_bytes();
            });
            Response::json(400, &json!({ "error": "invalid_grant", "error_description": "Token is not active" }))
        })
        .once(),
    );
    assert_eq!(machine.run(&["token", "--force-refresh"]).done(), "of-the-new-login\n");
    assert_eq!(machine.run(&["token"]).done(), "of-the-new-login\n");
}

#[test]
fn rfc9700_2_2_2_many_who_ask_at_once_make_one_refresh() {
    let (provider, machine) = at_now();
    provider.rotation(Rotation::RevokeOnReuse);
    machine.clock.advance(301);
    provider.advance(301);
    let mut tokens: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| machine.run(&["token"]).done())).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    tokens.dedup();
    assert_eq!((tokens.len(), provider.requests(Endpoint::Token).len(), provider.live_sessions()), (1, 1, 1));
}

#[test]
fn rfc9700_2_2_2_many_who_force_a_refresh_at_once_don_t_end_the_session() {
    let (provider, machine) = at_now();
    provider.rotation(Rotation::RevokeOnReuse);
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| machine.run(&["token", "--force-refresh"]).done())));
    });
    assert_eq!(provider.live_sessions(), 1);
    machine.run(&["token", "--force-refresh"]).done();
}

#[test]
fn profiles_are_refreshed_independently() {
    let (first, second, machine) = (Provider::start(), Provider::start(), Machine::new());
    for (name, provider) in [("first", &first), ("second", &second)] {
        machine.run(&["login", "--profile", name, "--issuer", &provider.issuer()]).done();
        provider.forget_requests();
    }
    machine.run(&["token", "--profile", "second", "--force-refresh"]).done();
    assert_eq!((first.request_count(), second.request_count()), (0, 1));
}
