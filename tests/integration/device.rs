//! Signing in with a code (RFC 8628): what is asked, what is shown, how long is waited, and what a profile remembers of it.

use std::time::Duration;

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::{Machine, Outcome, follow};
use crate::person::{error_in, printed_address};
use crate::provider::{ClientAuthentication, Endpoint, Members, Provider, Respond, base64url, sha256};

/// A login with a code, to this provider.
fn log_in(machine: &Machine, provider: &Provider, more: &[&str]) -> Outcome {
    machine.run(&[&["login", "--device", "--issuer", &provider.issuer()], more].concat())
}

/// What the token endpoint says while nobody has come.
fn not_yet(error: &str) -> Respond {
    Respond::error(400, error, "The authorization request is still pending")
}

fn seconds(machine: &Machine) -> Vec<u64> {
    machine.clock.pauses().iter().map(Duration::as_secs).collect()
}

#[test]
fn a_code_is_shown_and_who_entered_it_is_signed_in() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let outcome = log_in(&machine, &provider, &[]);
    let (issuer, at) = (provider.issuer(), format!("{}/realms/test/device", provider.base()));
    let expected = format!(
        "To sign in to {issuer} with the client kclogin, open this address in any browser and enter the code below:\n  {at}\nOr open this one, which has \
         the code in it:\n  {at}?user_code=WDJB-MJHT\n\n    WDJB-MJHT\n\nWaiting for the sign-in, for 5 min at most.\n\
         Logged in as Alice Adams (alice) at {issuer}.\n"
    );
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", expected.as_str()));
    assert_eq!(machine.opened(), 0);
    assert!(machine.run(&["token"]).done().starts_with("eyJ"));
}

#[test]
fn rfc8628_3_1_the_device_request_has_a_code_challenge_whose_verifier_only_the_token_endpoint_sees() {
    let (provider, machine) = (Provider::start(), Machine::new());
    log_in(&machine, &provider, &["--param", "tenant=gold"]).done();
    let [asked] = &provider.requests(Endpoint::DeviceAuthorization)[..] else { panic!("one request") };
    let field = |name: &str| asked.form.get(name).unwrap_or_default().to_owned();
    assert_eq!(["client_id", "scope", "code_challenge_method", "tenant"].map(field), ["kclogin", "openid profile email", "S256", "gold"]);
    assert_eq!(["code_verifier", "nonce", "state", "redirect_uri"].map(field), [""; 4], "what has no place there");
    let [redeemed] = &provider.requests(Endpoint::Token)[..] else { panic!("one request") };
    let verifier = redeemed.form.get("code_verifier").expect("a verifier");
    assert_eq!((verifier.len(), base64url(&sha256(verifier.as_bytes()))), (43, field("code_challenge")));
    assert_eq!(redeemed.form.get("grant_type"), Some("urn:ietf:params:oauth:grant-type:device_code"));
}

#[test]
fn the_keys_are_fetched_before_anybody_can_have_signed_in() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Token, not_yet("authorization_pending").times(2));
    let trace = log_in(&machine, &provider, &["-v"]).stderr;
    let asked: Vec<&str> = trace.lines().filter(|line| line.starts_with("GET ") || line.starts_with("POST ")).collect();
    let asked: Vec<&str> = asked.iter().filter_map(|line| line.split(": ").next()?.rsplit('/').next()).collect();
    assert_eq!(asked, ["openid-configuration", "device", "certs", "token", "token", "token"], "{trace}");

    // What does not come is fetched when it is needed.
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Jwks, Respond::status(503).once());
    log_in(&machine, &provider, &[]).done();
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 2);
}

#[test]
fn rfc8628_3_2_without_an_interval_it_is_five_seconds() {
    for (interval, expected) in [(Value::Null, 5), (json!(7), 7), (json!(0), 1)] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_device_response(move |said| {
            said.remove("interval");
            if !interval.is_null() {
                said["interval"] = interval.clone();
            }
        });
        provider.respond(Endpoint::Token, not_yet("authorization_pending").times(2));
        log_in(&machine, &provider, &[]).done();
        assert_eq!(seconds(&machine), [expected; 3]);
    }
}

#[test]
fn rfc8628_3_5_slow_down_makes_the_interval_longer_for_good() {
    let (provider, machine) = (Provider::start(), Machine::new());
    for answer in ["authorization_pending", "slow_down", "authorization_pending", "slow_down", "authorization_pending"] {
        provider.respond(Endpoint::Token, not_yet(answer).once());
    }
    log_in(&machine, &provider, &[]).done();
    assert_eq!(seconds(&machine), [5, 5, 10, 10, 15, 15]);
}

#[test]
fn rfc8628_3_5_a_provider_that_does_not_answer_is_asked_less_and_less_often() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let page = || Respond::body("text/html", "<html>Wi-Fi: please accept our terms</html>");
    for answer in [Respond::reset(), Respond::status(503), page(), Respond::status(429), not_yet("authorization_pending"), Respond::reset()] {
        provider.respond(Endpoint::Token, answer.once());
    }
    log_in(&machine, &provider, &[]).done();
    assert_eq!(seconds(&machine), [5, 10, 20, 40, 60, 5, 10], "a minute at most, and after an answer as before");
}

#[test]
fn a_provider_that_stays_away_until_the_time_is_over_is_said() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Token, Respond::status(503));
    let stderr = log_in(&machine, &provider, &["--timeout", "1m"]).failed(Exit::ProviderUnreachable);
    assert_eq!(
        error_in(&stderr),
        "error: nobody signed in within 1 min, as far as is known: the provider at 127.0.0.1 is in trouble: it answers 503 Service Unavailable\nhint: try \
         again later\n"
    );
    assert_eq!(seconds(&machine), [5, 10, 20, 25], "and all of the time was given to it");
    assert_eq!(machine.config(), "");
}

#[test]
fn rfc9110_10_2_3_a_provider_that_says_when_to_ask_again_is_obeyed_within_limits() {
    let (provider, machine) = (Provider::start(), Machine::new());
    // What is neither seconds nor a date is as if nothing was said.
    for wanted in ["17", "1", "99999999999", "Wed, 99 Oct 2026 07:28:00 GMT", "-5"] {
        provider.respond(Endpoint::Token, Respond::status(429).header("Retry-After", wanted).once());
        provider.respond(Endpoint::Token, not_yet("authorization_pending").once());
    }
    log_in(&machine, &provider, &["--timeout", "30m"]).done();
    assert_eq!(seconds(&machine), [5, 17, 5, 10, 5, 60, 5, 10, 5, 10, 5]);
}

#[test]
fn rfc9110_10_2_3_a_date_to_ask_again_at_is_obeyed_within_the_same_limits() {
    const NOW: i64 = 1_795_545_600;
    let at = |seconds: i64| kclogin::clock::Timestamp(seconds).to_calendar().to_rfc2822().replace("+0000", "GMT");
    let waits = |wanted: &str, more: &[(&str, &str)]| {
        let (provider, machine) = (Provider::start(), Machine::new());
        machine.clock.set(NOW);
        provider.set_now(NOW.unsigned_abs());
        let answer = more.iter().fold(Respond::status(503).header("Retry-After", wanted), |answer, (name, value)| answer.header(name, value));
        provider.respond(Endpoint::Token, answer.once());
        log_in(&machine, &provider, &["--timeout", "30m"]).done();
        seconds(&machine)
    };
    // Of the moment of the answer the first five seconds have gone.
    assert_eq!(waits(&at(NOW + 5 + 17), &[]), [5, 17]);
    assert_eq!(waits("Tuesday, 24-Nov-26 18:40:22 GMT", &[]), [5, 17], "RFC 850's form");
    assert_eq!(waits("Tue Nov 24 18:40:22 2026", &[]), [5, 17], "asctime's form");
    assert_eq!((waits(&at(NOW + 6), &[]), waits(&at(NOW + 86_400), &[])), (vec![5, 10], vec![5, 60]));
    assert_eq!((waits(&at(NOW - 86_400), &[]), waits(&at(0), &[])), (vec![5, 10], vec![5, 10]), "a date that has passed is now");
    // A clock that is wrong, here or there, does no harm where the answer says what time it is for whoever made it.
    assert_eq!(waits(&at(NOW + 7_017), &[("Date", &at(NOW + 7_000))]), [5, 17]);
    assert_eq!(waits(&at(NOW - 7_000), &[("Date", &at(NOW - 7_025)), ("Age", "8")]), [5, 17], "out of a cache");
}

#[test]
fn rfc8628_3_5_a_denied_sign_in_and_an_expired_code_end_the_wait() {
    for (code, description, expected) in [
        ("access_denied", "The end user denied the authorization request", "error: the sign-in was denied at the provider\n"),
        (
            "expired_token",
            "Device code is expired",
            "error: the code has expired: nobody signed in with it within 10 min\nhint: the next `kclogin login` gives another\n",
        ),
        ("invalid_grant", "Device code not valid", "error: the sign-in failed: the provider refuses: Device code not valid (invalid_grant)\n"),
        (
            "access_denied",
            "Realm not enabled",
            "error: the sign-in failed: the realm is disabled at the provider\nhint: ask an administrator to enable it; the session is still there\n",
        ),
    ] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.respond(Endpoint::Token, not_yet("authorization_pending").once());
        provider.respond(Endpoint::Token, Respond::error(400, code, description).once());
        let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
        assert_eq!(error_in(&stderr), expected);
        assert_eq!((seconds(&machine), machine.config()), (vec![5, 5], String::new()));
    }
}

#[test]
fn the_wait_ends_with_the_code_or_with_the_person_s_patience() {
    let after = |lifetime: u64, timeout: &str| {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_device_response(move |said| said["expires_in"] = json!(lifetime));
        provider.respond(Endpoint::Token, not_yet("authorization_pending"));
        let stderr = log_in(&machine, &provider, &["--timeout", timeout]).failed(Exit::Failed);
        (seconds(&machine), provider.requests(Endpoint::Token).len(), error_in(&stderr).lines().next().unwrap_or_default().to_owned())
    };
    assert_eq!(after(600, "12s"), (vec![5, 5, 2], 2, "error: nobody signed in within 12 s".to_owned()), "not asked more often than allowed");
    assert_eq!(after(10, "5m"), (vec![5, 5, 0], 2, "error: the code has expired: nobody signed in with it within 10 s".to_owned()));
    assert_eq!(after(0, "5m").1, 0);
}

#[test]
fn a_client_that_may_not_and_a_provider_that_can_t_are_said_with_what_to_do() {
    let refused = |respond: Respond| {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.respond(Endpoint::DeviceAuthorization, respond);
        error_in(&log_in(&machine, &provider, &["--scope", "nonsense"]).failed(Exit::Failed)).to_owned()
    };
    let disabled = "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.";
    assert_eq!(
        refused(Respond::error(400, "unauthorized_client", disabled)),
        "error: the sign-in failed: the client `kclogin` may not sign in with a code\nhint: ask an administrator to switch on `OAuth 2.0 Device \
         Authorization Grant` in the client's settings, or sign in with `kclogin login --no-browser`\n"
    );
    let unknown = refused(Respond::error(401, "unauthorized_client", "Invalid client or Invalid client credentials"));
    assert!(unknown.starts_with("error: the sign-in failed: the provider does not accept the client `kclogin`: "), "{unknown}");
    let scope = refused(Respond::error(400, "invalid_scope", "Invalid scopes: nonsense"));
    assert!(scope.starts_with("error: the provider does not know one of the scopes `openid nonsense`: "), "{scope}");
    for nonsense in
        [Respond::json(&json!({"device_code": "d"})), Respond::json(&json!([])), Respond::body("text/html", "<html>"), Respond::status(404)]
    {
        assert_eq!(refused(nonsense), "error: the sign-in failed: the provider's answer is not a device authorization response\n");
    }
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_metadata(|metadata| drop(metadata.remove("device_authorization_endpoint")));
    let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
    let issuer = provider.issuer();
    assert!(stderr.starts_with(&format!("error: the provider at {issuer} has no endpoint for signing in with a code\nhint: ")), "{stderr}");
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let twice = r#"{"device_code":"d","user_code":"ABCD","user_code":"EFGH","verification_uri":"https://kc.example/device","expires_in":600}"#;
    provider.respond(Endpoint::DeviceAuthorization, Respond::body("application/json", twice));
    let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
    assert!(stderr.ends_with("error: the sign-in failed: the provider's answer is not a device authorization response\n"), "{stderr}");
}

#[test]
fn a_code_or_an_address_that_could_harm_is_not_shown() {
    for (member, value) in [
        ("user_code", "AB\u{1b}]52;c;evil\u{7}"),
        ("user_code", "A\u{202e}B"),
        ("user_code", ""),
        ("verification_uri", "http://evil.example/device"),
        ("verification_uri", "file:///etc/passwd"),
        ("verification_uri_complete", "javascript:alert(1)"),
    ] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_device_response(move |said| said[member] = json!(value));
        let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
        assert!(stderr.starts_with("error: the provider's code can't be shown: ") && !stderr.contains('\u{1b}'), "{stderr}");
        assert_eq!(provider.requests(Endpoint::Token).len(), 0);
    }
}

#[test]
fn the_way_is_remembered_and_another_one_takes_its_place() {
    let (provider, machine) = (Provider::start(), Machine::new());
    log_in(&machine, &provider, &[]).done();
    assert!(machine.config().contains("login-method = \"device\"\n"), "{}", machine.config());
    assert!(machine.run(&["profile", "show"]).done().contains("  Login     with a code, on any device\n"));
    machine.run(&["login"]).done();
    assert_eq!((machine.opened(), provider.requests(Endpoint::DeviceAuthorization).len()), (0, 2));
    // A sign-in that fails is not remembered.
    machine.run(&["login", "--browser", "false", "--timeout", "1s"]).failed(Exit::Failed);
    assert!(machine.config().contains("login-method = \"device\"\n"), "{}", machine.config());
    // What is printed from here on is the next login's.
    machine.run(&["status"]).done();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--no-browser", "--timeout", "20s"]));
        follow(&printed_address(&machine));
        run.join().expect("no panic").done();
    });
    assert!(machine.config().contains("login-method = \"browser\"\n"), "{}", machine.config());
    machine.run(&["login"]).done();
    assert_eq!((machine.opened(), provider.requests(Endpoint::DeviceAuthorization).len()), (1, 2));
}

#[test]
fn a_way_that_nobody_knows_is_a_mistake_in_the_configuration() {
    let machine = Machine::new();
    machine.write_config("[profile.work]\nissuer = \"https://kc.example\"\nclient-id = \"x\"\nlogin-method = \"telepathy\"\n");
    let stderr = machine.run(&["status"]).failed(Exit::Usage);
    assert!(stderr.contains("config.toml, line 4: unknown variant `telepathy`, expected one of `browser`, `device`, `paste`\n"), "{stderr}");
}

#[test]
fn a_code_and_a_browser_here_are_two_ways() {
    for other in [&["--browser", "firefox"][..], &["--no-browser"], &["--redirect-uri", "http://127.0.0.1:8000/"]] {
        let stderr = Machine::new().run(&[&["login", "--device"], other].concat()).failed(Exit::Usage);
        assert!(stderr.contains(" cannot be used with "), "{stderr}");
    }
}

#[test]
fn opaque_access_tokens_are_as_good() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.opaque_access_tokens();
    provider.alter_device_response(|said| drop(said.remove("interval")));
    log_in(&machine, &provider, &[]).done();
    let token = machine.run(&["token"]).done();
    assert!(!token.contains('.'), "{token}");
    assert_ne!(machine.run(&["token", "--force-refresh"]).done(), token);
}

#[test]
fn an_id_token_that_is_not_for_us_is_refused() {
    for (change, said) in [
        (Box::new(|claims: &mut Value| claims["aud"] = json!("another")) as Box<dyn Fn(&mut Value) + Send>, "it is not for this client"),
        (Box::new(|claims: &mut Value| claims["at_hash"] = json!("AAAA")), "access token"),
    ] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_id_token(move |_, claims| change(claims));
        let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
        assert!(error_in(&stderr).starts_with("error: the provider's ID token is refused: ") && stderr.contains(said), "{stderr}");
        assert_eq!(machine.config(), "");
    }
}

#[test]
fn a_client_with_a_secret_shows_it_to_both_endpoints() {
    for by in [ClientAuthentication::Basic, ClientAuthentication::Post] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.confidential_client("backend", "s3cr3t");
        provider.client_authentication(by);
        machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t");
        log_in(&machine, &provider, &["--client-id", "backend"]).done();
    }
}

#[test]
fn without_discovery_the_endpoint_is_named() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let [authorization, token, jwks] = [Endpoint::Authorization, Endpoint::Token, Endpoint::Jwks].map(|endpoint| provider.url(endpoint));
    let endpoints = ["--authorization-endpoint", &authorization, "--token-endpoint", &token, "--jwks-uri", &jwks];
    let device = provider.device_endpoint();
    let named = ["--device-authorization-endpoint", device.as_str()];
    log_in(&machine, &provider, &[&endpoints[..], &named].concat()).done();
    assert_eq!(provider.requests(Endpoint::Discovery).len(), 0);
    assert!(machine.config().contains(&format!("device-authorization-endpoint = \"{device}\"")), "{}", machine.config());
    assert!(machine.run(&["profile", "show"]).done().contains(&format!("  Device    {device}\n")));
    let stderr = Machine::new().run(&["login", "--device", "--device-authorization-endpoint", "http://kc.example/"]).failed(Exit::Usage);
    assert!(stderr.contains("it is not known where to sign in"), "{stderr}");
}

#[test]
fn a_sign_in_that_nobody_asked_for_does_not_wait_for_somebody_who_can_t_see_the_code() {
    let (provider, machine) = (Provider::start(), Machine::new());
    log_in(&machine, &provider, &[]).done();
    machine.run(&["logout"]).done();
    provider.forget_requests();
    let stderr = machine.run(&["token", "--login"]).failed(Exit::LoginRequired);
    assert_eq!(
        stderr,
        "error: the profile `test` signs in with a code, and there is no terminal to show it on\nhint: sign in with `kclogin login --profile test` in a \
         terminal\n"
    );
    assert_eq!(provider.request_count(), 0);
    machine.terminals(false, true);
    let outcome = machine.run(&["token", "--login"]);
    assert!(outcome.stderr.contains("WDJB-MJHT"), "{}", outcome.stderr);
    assert!(outcome.done().starts_with("eyJ"));
}

#[test]
fn the_time_that_is_left_is_shown_every_second() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.terminals(false, true);
    machine.set("NO_COLOR", "1");
    provider.respond(Endpoint::Token, Respond::status(503).once());
    let stderr = log_in(&machine, &provider, &["--timeout", "2m"]).stderr;
    let waiting = ["2:00", "1:59", "1:56"].map(|left| format!("Waiting for the sign-in ... {left} left (Ctrl-C to stop)"));
    let trouble = ["1:55", "1:46"].map(|left| format!("The provider does not answer; asking again ... {left} left (Ctrl-C to stop)"));
    for line in waiting.iter().chain(&trouble) {
        assert!(stderr.contains(line) && line.len() < 80, "{line}: {stderr}");
    }
    assert_eq!(seconds(&machine), [1; 15]);
    assert!(stderr.contains("\r\u{1b}[2KLogged in as "), "the line is gone afterwards: {stderr:?}");
}

#[test]
fn the_code_is_shown_however_quiet_and_nothing_secret_however_loud() {
    for volume in ["--quiet", "--verbose"] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.respond(Endpoint::Token, Respond::reset().once());
        let outcome = log_in(&machine, &provider, &[volume]);
        assert!(outcome.stderr.contains("\n    WDJB-MJHT\n"), "{}", outcome.stderr);
        assert_eq!(provider.leaks_in(&outcome.stderr), Vec::<&str>::new());
        outcome.done();
    }
}
