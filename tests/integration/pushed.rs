//! Pushed authorization requests (RFC 9126): what is pushed, what the browser is sent with, how long an address is good, and what a refusal means.

use kclogin::exit::Exit;
use kclogin::secret::Secret;
use kclogin::typed::Entry;
use serde_json::{Value, json};
use url::Url;

use crate::cookies;
use crate::machine::{Machine, Outcome, follow, redirect_of};
use crate::person::{error_in, printed_address};
use crate::provider::{ClientAuthentication, Endpoint, Members, Params, Provider, Respond, base64url, header, http_get, sha256};

const OPTION: &str = "--pushed-authorization-requests";

/// A provider that takes pushed requests only, and says so in its metadata.
fn requiring() -> Provider {
    let provider = Provider::start();
    provider.require_pushing();
    provider.alter_metadata(|metadata| metadata["require_pushed_authorization_requests"] = json!(true));
    provider
}

fn log_in(machine: &Machine, provider: &Provider, more: &[&str]) -> Outcome {
    machine.run(&[&["login", "--timeout", "20s", "--issuer", &provider.issuer()], more].concat())
}

/// The names of what the browser was sent to the provider with, at each visit.
fn sent_with(provider: &Provider) -> Vec<Vec<String>> {
    let names = |query: &Params| query.names().into_iter().map(str::to_owned).collect();
    provider.requests(Endpoint::Authorization).iter().map(|request| names(&request.query)).collect()
}

#[test]
fn rfc9126_2_1_all_of_the_request_is_pushed_and_4_the_browser_is_sent_with_its_name_only() {
    let (provider, machine) = (requiring(), Machine::new());
    log_in(&machine, &provider, &["--param", "tenant=gold", "--login-hint", "alice"]).done();
    let [pushed] = &provider.requests(Endpoint::PushedAuthorization)[..] else { panic!("one request") };
    let field = |name: &str| pushed.form.get(name).unwrap_or_default().to_owned();
    let expected = ["kclogin", "code", "openid profile email", "S256", "gold", "alice"];
    assert_eq!(["client_id", "response_type", "scope", "code_challenge_method", "tenant", "login_hint"].map(field), expected);
    assert!(["redirect_uri", "state", "nonce", "code_challenge"].iter().all(|name| pushed.form.all(name).len() == 1), "{:?}", pushed.form);
    assert_eq!((field("code_verifier"), field("request_uri"), pushed.query.names().len()), (String::new(), String::new(), 0));
    assert_eq!(sent_with(&provider), [["client_id", "request_uri"]]);
    let [redeemed] = &provider.requests(Endpoint::Token)[..] else { panic!("one request") };
    assert_eq!(base64url(&sha256(redeemed.form.get("code_verifier").expect("a verifier").as_bytes())), field("code_challenge"));
    assert_eq!(redeemed.form.get("redirect_uri"), pushed.form.get("redirect_uri"));
    assert!(machine.run(&["token"]).done().starts_with("eyJ"));
    assert!(!machine.config().contains("pushed"), "what the provider says is no setting: {}", machine.config());
}

#[test]
fn rfc9126_2_1_the_client_authenticates_as_at_the_token_endpoint() {
    for by in [ClientAuthentication::Basic, ClientAuthentication::Post] {
        let (provider, machine) = (requiring(), Machine::new());
        provider.confidential_client("back end", "s3cr3t&");
        provider.client_authentication(by);
        machine.type_in("s3cr3t&\n");
        log_in(&machine, &provider, &["--client-id", "back end", "--client-secret-stdin"]).done();
        let [pushed] = &provider.requests(Endpoint::PushedAuthorization)[..] else { panic!("one request") };
        let [redeemed] = &provider.requests(Endpoint::Token)[..] else { panic!("one request") };
        assert_eq!((pushed.basic(), pushed.form.get("client_secret")), (redeemed.basic(), redeemed.form.get("client_secret")));
        assert_eq!(pushed.basic().is_some(), by == ClientAuthentication::Basic);
        assert_eq!(sent_with(&provider), [["client_id", "request_uri"]]);
    }
}

#[test]
fn a_client_that_has_to_push_is_told_how_and_the_profile_remembers_it() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.require_pushing();
    let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
    assert_eq!(
        error_in(&stderr),
        "error: the provider takes pushed authorization requests only from this client: Pushed Authorization Request is only allowed. \
         (invalid_request)\nhint: sign in with `kclogin login --pushed-authorization-requests`, which the profile remembers\n"
    );
    log_in(&machine, &provider, &[OPTION]).done();
    assert!(machine.config().contains("\npushed-authorization-requests = true\n"), "{}", machine.config());
    assert!(machine.run(&["profile", "show"]).done().contains("\n  Requests  pushed before the browser opens\n"));
    provider.forget_requests();
    machine.run(&["login"]).done();
    assert_eq!(sent_with(&provider), [["client_id", "request_uri"]]);
    let stderr = machine.run(&["login", &format!("{OPTION}=false")]).failed(Exit::Failed);
    assert!(stderr.contains("the provider takes pushed authorization requests only"), "{stderr}");
}

#[test]
fn where_nobody_asks_for_it_nothing_is_pushed() {
    let (provider, machine) = (Provider::start(), Machine::new());
    log_in(&machine, &provider, &[]).done();
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 0);
    log_in(&machine, &provider, &[OPTION]).done();
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 1);
    log_in(&machine, &provider, &[&format!("{OPTION}=false")]).done();
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 1);
    assert!(!machine.config().contains("pushed"), "{}", machine.config());
}

#[test]
fn a_provider_without_the_endpoint_is_said_before_the_browser_opens() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_metadata(|metadata| drop(metadata.remove("pushed_authorization_request_endpoint")));
    let stderr = log_in(&machine, &provider, &[OPTION]).failed(Exit::Failed);
    let expected = format!(
        "error: the provider at {} has no endpoint for pushed authorization requests\nhint: if they were asked for by mistake, sign in with \
         `--pushed-authorization-requests=false`; where the provider has no discovery, name the endpoint by `--pushed-authorization-request-endpoint`\n",
        provider.issuer()
    );
    assert_eq!((stderr, machine.opened(), machine.config()), (expected, 0, String::new()));
}

#[test]
fn rfc9126_5_without_discovery_the_endpoint_for_pushed_requests_is_named() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.require_pushing();
    let [authorization, token, jwks, pushed] =
        [Endpoint::Authorization, Endpoint::Token, Endpoint::Jwks, Endpoint::PushedAuthorization].map(|endpoint| provider.url(endpoint));
    let other = pushed.replace("/ext/par/request", "/par");
    let call = ["login", "--authorization-endpoint", &authorization, "--token-endpoint", &token, "--jwks-uri", &jwks, OPTION];
    machine.run(&[&call[..], &["--pushed-authorization-request-endpoint", &other]].concat()).failed(Exit::Failed);
    machine.run(&[&call[..], &["--pushed-authorization-request-endpoint", &pushed]].concat()).done();
    assert!(machine.config().contains(&format!("pushed-authorization-request-endpoint = \"{pushed}\"")), "{}", machine.config());
    let shape_only = Machine::new();
    shape_only.run(&call).done();
    let insecure = Machine::new().run(&["login", "--pushed-authorization-request-endpoint", "ftp://kc.example/"]).failed(Exit::Usage);
    assert!(insecure.starts_with("error: the endpoint for pushed requests `ftp://kc.example/` is not an https URL"), "{insecure}");
    let stderr = Machine::new().run(&[&call[..], &["--pushed-authorization-request-endpoint", "http://kc.example/par"]].concat()).failed(Exit::Usage);
    assert!(stderr.starts_with("error: the pushed_authorization_request_endpoint `http://kc.example/par` is plain http"), "{stderr}");
}

#[test]
fn rfc9126_2_3_what_is_refused_is_said_in_words_and_no_browser_opens() {
    let refused = |spoil: &dyn Fn(&Provider), more: &[&str]| {
        let (provider, machine) = (requiring(), Machine::new());
        spoil(&provider);
        let stderr = log_in(&machine, &provider, more).failed(Exit::Failed);
        assert_eq!((machine.opened(), machine.config()), (0, String::new()));
        stderr
    };
    assert_eq!(
        refused(&|provider| provider.accept_redirect_uris(&["http://127.0.0.1:1/"]), &[]),
        "error: the sign-in failed: the provider refuses the redirect URI: Invalid parameter: redirect_uri (invalid_request)\nhint: allow \
         http://127.0.0.1/callback for the client `kclogin` at the provider\n"
    );
    assert_eq!(
        refused(&|_| {}, &["--scope", "nonsense"]),
        "error: the provider does not know one of the scopes `openid nonsense`: Invalid scopes: openid nonsense (invalid_request)\nhint: choose others \
         with `--scope`, or add them to the client at the provider\n"
    );
    assert_eq!(
        refused(&|_| {}, &["--client-id", "nobody"]),
        "error: the sign-in failed: the provider does not accept the client `nobody`: Authentication failed. (invalid_request)\nhint: if the client has a \
         secret at the provider, give it with `kclogin login --client-secret-stdin`, or its certificate with `--client-certificate`; if it has \
         neither, look at its ID\n"
    );
    let other = Respond::error(400, "unauthorized_client", "Client is not allowed to initiate browser login");
    assert_eq!(
        refused(&move |provider| provider.respond(Endpoint::PushedAuthorization, other.clone()), &[]),
        "error: the provider refused the sign-in: Client is not allowed to initiate browser login (unauthorized_client)\n"
    );
}

#[test]
fn what_names_no_request_is_no_answer() {
    let no_answer = "error: the sign-in failed: the provider's answer is not one to a pushed authorization request\n";
    let changes: [(&str, Value); 9] = [
        ("request_uri", json!("")),
        ("request_uri", json!("not a uri")),
        ("request_uri", json!("urn:a\u{1b}]52;c;evil\u{7}")),
        ("request_uri", json!("urn:a\r\nLocation: https://evil.example/")),
        ("request_uri", json!(["urn:a:b"])),
        ("request_uri", json!(format!("urn:{}", "a".repeat(3000)))),
        ("expires_in", json!(-1)),
        ("expires_in", json!(0)),
        ("expires_in", json!("soon")),
    ];
    for (member, value) in changes {
        let (provider, machine) = (requiring(), Machine::new());
        provider.alter_pushed_response(move |said| said[member] = value.clone());
        let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
        assert_eq!((stderr.as_str(), machine.opened()), (no_answer, 0));
    }
    let twice = r#"{"request_uri":"urn:a:b","request_uri":"urn:a:c","expires_in":60}"#;
    let page = || Respond::body("text/html", "<html>");
    for respond in [Respond::body("application/json", twice), page(), page().with_status(404), Respond::json(&json!({})), Respond::status(405)] {
        let (provider, machine) = (requiring(), Machine::new());
        provider.respond(Endpoint::PushedAuthorization, respond);
        assert_eq!((log_in(&machine, &provider, &[]).failed(Exit::Failed).as_str(), machine.opened()), (no_answer, 0));
    }
    for respond in [Respond::endless(), Respond::status(503), Respond::reset()] {
        let (provider, machine) = (requiring(), Machine::new());
        provider.respond(Endpoint::PushedAuthorization, respond);
        log_in(&machine, &provider, &[]).failed(Exit::ProviderUnreachable);
        assert_eq!(machine.opened(), 0);
    }
    let (provider, machine) = (requiring(), Machine::new());
    provider.respond(Endpoint::PushedAuthorization, Respond::redirect("https://evil.example/"));
    assert!(log_in(&machine, &provider, &[]).failed(Exit::Failed).contains("redirects elsewhere, which is not followed"));
    let (provider, machine) = (requiring(), Machine::new());
    provider.alter_pushed_response(|said| said["unknown"] = json!({"a": [1]}));
    log_in(&machine, &provider, &[]).done();
}

#[test]
fn rfc9126_4_somebody_who_takes_their_time_is_sent_on_with_a_request_that_is_fresh() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.set_now(provider.now());
    machine.clock.set(provider.now().try_into().expect("a time"));
    let pass = || {
        provider.advance(100);
        machine.clock.advance(100);
    };
    let pushed = || provider.requests(Endpoint::PushedAuthorization);
    let onwards = |start: &Url| Url::parse(header(&cookies::get(start).1, "location").expect("a place")).expect("a URL");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| log_in(&machine, &provider, &["--browser", "true"]));
        let start = printed_address(&machine);
        let first = onwards(&start);
        assert_eq!(pushed().len(), 1, "it had been pushed before");
        assert_ne!(first, onwards(&start), "a visit each");
        pass();
        assert_eq!(http_get(first.as_str(), &[]).0, 400, "too late");
        assert_eq!(follow(&start).0, 200);
        run.join().expect("no panic").done();
    });
    let states: Vec<_> = pushed().iter().map(|pushed| pushed.form.get("state").map(str::to_owned)).collect();
    assert!(states.len() == 3 && states.iter().all(|state| *state == states[0]), "one login, one request: {states:?}");
}

#[test]
fn rfc9126_4_a_first_visit_that_comes_late_has_a_request_of_its_own() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.set_now(provider.now());
    machine.clock.set(provider.now().try_into().expect("a time"));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| log_in(&machine, &provider, &["--browser", "true"]));
        let start = printed_address(&machine);
        provider.advance(100);
        machine.clock.advance(100);
        assert_eq!(follow(&start).0, 200);
        run.join().expect("no panic").done();
    });
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 2);
}

#[test]
fn a_push_that_fails_when_somebody_comes_is_shown_and_the_next_visit_tries_again() {
    let (provider, machine) = (requiring(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| log_in(&machine, &provider, &["--no-browser"]));
        let start = printed_address(&machine);
        cookies::get(&start);
        provider.respond(Endpoint::PushedAuthorization, Respond::status(503).once());
        let (status, _, page) = cookies::get(&start);
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(status == 200 && page.contains("is in trouble") && page.contains("Open the address that the terminal shows"), "{page}");
        assert_eq!(follow(&start).0, 200);
        run.join().expect("no panic").done();
    });
}

#[test]
fn without_a_browser_to_open_the_start_page_s_address_is_printed_since_the_other_would_expire() {
    let (provider, machine) = (requiring(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| log_in(&machine, &provider, &["--no-browser"]));
        let start = printed_address(&machine);
        assert!(start.as_str().starts_with("http://127.0.0.1:") && start.path().starts_with("/start/"), "{start}");
        assert_eq!(follow(&start).0, 200);
        run.join().expect("no panic").done();
    });
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 1);
}

#[test]
fn an_address_to_paste_says_how_long_it_is_good_and_enter_gives_another() {
    let (provider, machine) = (requiring(), Machine::new());
    let mut has_pressed = false;
    machine.type_when(move |said| {
        let addresses: Vec<Url> = said.lines().filter_map(|line| Url::parse(line.strip_prefix("  ")?).ok()).collect();
        let text = match (&addresses[..], has_pressed) {
            ([_], false) => {
                has_pressed = true;
                String::new()
            }
            ([_, second], _) => redirect_of(second).to_string(),
            _ => return None,
        };
        Some(Entry::Line(Secret::from(text.as_str())))
    });
    let outcome = log_in(&machine, &provider, &["--paste"]);
    assert!(outcome.stderr.contains("It can be opened for 1 min. Press Enter here for another.\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Open this address instead:\n  http://"), "{}", outcome.stderr);
    outcome.done();
    assert_eq!(provider.requests(Endpoint::PushedAuthorization).len(), 2);
}

#[test]
fn nobody_who_comes_in_time_is_told_what_an_old_address_looks_like() {
    let (provider, machine) = (requiring(), Machine::new());
    let stderr = machine.run(&["login", "--no-browser", "--timeout", "1s", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let hint = "hint: if the browser shows `Invalid Request`, the address was opened too late or twice: try again with `kclogin login`\n";
    assert!(stderr.ends_with(hint), "{stderr}");
}

#[test]
fn the_doctor_asks_in_a_way_that_works_with_a_client_that_has_to_push() {
    let provider = Provider::start();
    provider.require_pushing();
    let machine = Machine::new();
    let issuer = provider.issuer();
    let found = |more: &[&str]| -> Value {
        let outcome = machine.run(&[&["doctor", "--json", "--issuer", &issuer], more].concat());
        serde_json::from_str(&outcome.stdout).expect("JSON")
    };
    let check = |found: &Value, name: &str| {
        let checks = found["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["group"] == "Provider" && check["name"] == name).expect("the check").clone();
        ["outcome", "detail", "advice"].map(|member| check[member].as_str().unwrap_or_default().to_owned())
    };
    let plain = check(&found(&[]), "client");
    assert!(plain[0] == "failed" && plain[1].starts_with("`kclogin` has to push its requests: ") && plain[2].contains(OPTION), "{plain:?}");
    let pushed = found(&[OPTION]);
    for name in ["client", "redirect URI", "scope", "client secret"] {
        assert_eq!(check(&pushed, name)[0], "ok", "{pushed}");
    }
    assert_eq!(sent_with(&provider).last().expect("a visit"), &["client_id", "request_uri"]);
    assert_eq!(check(&found(&[OPTION, "--scope", "nonsense"]), "scope")[0], "failed");
    assert_eq!(check(&found(&[OPTION, "--client-id", "nobody"]), "client")[0], "failed");
    provider.accept_redirect_uris(&["http://127.0.0.1:1/"]);
    let refused = found(&[OPTION]);
    assert_eq!(["client", "redirect URI"].map(|name| check(&refused, name)[0].clone()), ["ok", "failed"]);
    provider.confidential_client("backend", "s3cr3t");
    provider.alter_metadata(|metadata| drop(metadata.remove("pushed_authorization_request_endpoint")));
    assert!(check(&found(&[OPTION]), "client")[1].contains("has no endpoint for pushed authorization requests"));
}
