//! Signing in, from the command line to the stored token set.

use std::collections::BTreeSet;

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::person::{Visits, parameter, redirect_uri, sign_in, visit};
use crate::provider::{Endpoint, Provider, base64url, sha256};

/// A login at this provider, and the address its browser was opened with.
fn login(machine: &Machine, provider: &Provider, more: &[&str]) -> url::Url {
    let visits = sign_in(machine);
    machine.run(&[&["login", "--issuer", &provider.issuer()], more].concat()).done();
    visits.next().0
}

#[test]
fn a_login_says_who_signed_in_and_prints_nothing_on_stdout() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = sign_in(&machine);
    let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    let (issuer, _) = (provider.issuer(), visits.next());
    let address = outcome.stderr.lines().nth(1).expect("an address").trim_start();
    assert!(address.starts_with("http://127.0.0.1:") && address.contains("/start/"), "{address}");
    let expected = format!(
        "Opening your browser to sign in to {issuer}. If it does not open, go to this address:\n  {address}\n\
         Waiting for the sign-in in the browser, for 5 min at most.\nLogged in as Alice Adams (alice) at {issuer}.\n"
    );
    assert_eq!(outcome.stderr, expected);
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    assert_eq!(provider.leaks_in(&outcome.stderr), Vec::<&str>::new());
}

#[test]
fn a_quiet_login_prints_nothing_at_all() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let outcome = machine.run(&["login", "-q", "--issuer", &provider.issuer()]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", ""));
}

#[test]
fn on_a_terminal_the_wait_is_visible_and_then_gone() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.terminals(true, true);
    let outcome = machine.run(&["login", "--color", "never", "--issuer", &provider.issuer()]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("\r\x1b[2KWaiting for the sign-in in the browser ... 5:00 left (Ctrl-C to stop)"), "{:?}", outcome.stderr);
    let last = outcome.stderr.rsplit_once("\r\x1b[2K").expect("a line that was taken back").1;
    assert_eq!(last, format!("Logged in as Alice Adams (alice) at {}.\n", provider.issuer()));
}

#[test]
fn rfc7636_4_1_the_code_challenge_is_s256_of_a_verifier_that_only_the_token_endpoint_sees() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let address = login(&machine, &provider, &[]);
    let verifier = provider.requests(Endpoint::Token)[0].form.get("code_verifier").expect("a verifier").to_owned();
    assert_eq!(verifier.len(), 43);
    assert_eq!(parameter(&address, "code_challenge_method"), "S256");
    assert_eq!(parameter(&address, "code_challenge"), base64url(&sha256(verifier.as_bytes())));
    let seen = provider.all_requests().into_iter().filter(|request| format!("{request:?}").contains(&verifier));
    assert_eq!(seen.map(|request| request.path).collect::<Vec<_>>(), [Endpoint::Token.path()]);
}

#[test]
fn rfc7636_4_1_state_nonce_and_verifier_are_new_for_each_login() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let addresses: Vec<_> = (0..3).map(|_| login(&machine, &provider, &[])).collect();
    let verifiers = provider.requests(Endpoint::Token).into_iter().map(|request| request.form.get("code_verifier").expect("one").to_owned());
    let values = addresses.iter().flat_map(|address| [parameter(address, "state"), parameter(address, "nonce")]).chain(verifiers);
    let values: Vec<String> = values.collect();
    assert!(values.iter().all(|value| value.len() == 43), "256 bits each: {values:?}");
    assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), 9);
}

#[test]
fn core_3_1_2_1_the_scope_openid_is_always_asked_for() {
    let provider = Provider::start();
    let asked = |more: &[&str]| parameter(&login(&Machine::new(), &provider, more), "scope");
    assert_eq!(asked(&[]), "openid profile email");
    assert_eq!(asked(&["--scope", "email"]), "openid email");
    assert_eq!(asked(&["--scope", "offline_access email", "--scope", "openid"]), "offline_access email openid");
}

#[test]
fn rfc9700_2_1_the_same_redirect_uri_is_sent_to_both_endpoints() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let uri = redirect_uri(&login(&machine, &provider, &[]));
    assert_eq!(provider.requests(Endpoint::Token)[0].form.get("redirect_uri"), Some(uri.as_str()));
    assert_eq!((uri.scheme(), uri.host_str(), uri.path(), uri.query()), ("http", Some("127.0.0.1"), "/callback", None));
}

#[test]
fn a_given_redirect_uri_is_used_letter_by_letter_and_remembered() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let uri = format!("http://localhost:{port}/oidc/callback");
    provider.accept_redirect_uris(&[&uri]);
    assert_eq!(redirect_uri(&login(&machine, &provider, &["--redirect-uri", &uri])).as_str(), uri);
    assert_eq!(redirect_uri(&login(&machine, &provider, &[])).as_str(), uri, "it is in the profile");
}

#[test]
fn wishes_for_the_login_page_are_sent_and_none_replaces_what_the_login_rests_on() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let wishes = ["--prompt", "login", "--login-hint", "alice", "--idp-hint", "corp", "--acr-values", "1 2", "--max-age", "1h", "--param", "ui=a=b"];
    let address = login(&machine, &provider, &wishes);
    let sent = ["prompt", "login_hint", "kc_idp_hint", "acr_values", "max_age", "ui"].map(|name| parameter(&address, name));
    assert_eq!(sent, ["login", "alice", "corp", "1 2", "3600", "a=b"]);
    for ours in ["state=x", "nonce=x", "redirect_uri=http://x", "code_challenge_method=plain", "response_mode=fragment", "client_secret=x"] {
        let stderr = machine.run(&["login", "--param", ours]).failed(Exit::Usage);
        assert_eq!(stderr, format!("error: the parameter `{}` is set by kclogin itself\n", ours.split('=').next().unwrap_or_default()));
    }
}

#[test]
fn server_and_realm_make_the_issuer() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let stderr = {
        let outcome = machine.run(&["login", "--server", &format!("{}/", provider.base()), "--realm", "test"]);
        assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
        outcome.stderr
    };
    assert!(stderr.ends_with(&format!("Logged in as Alice Adams (alice) at {}.\n", provider.issuer())), "{stderr}");
    assert!(machine.config().contains(&format!("issuer = \"{}\"", provider.issuer())), "{}", machine.config());
}

#[test]
fn discovery_4_plain_http_is_for_this_machine_only() {
    let machine = Machine::new();
    let stderr = machine.run(&["login", "--issuer", "http://keycloak.example.com/realms/a"]).failed(Exit::Usage);
    assert!(stderr.starts_with("error: the issuer `http://keycloak.example.com/realms/a` is plain http"), "{stderr}");
    assert!(stderr.contains("\nhint: "), "{stderr}");
    assert_eq!((machine.opened(), machine.store.calls().len()), (0, 0));
}

#[test]
fn discovery_4_endpoints_over_plain_http_elsewhere_are_refused_before_anything_is_sent_there() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint", "revocation_endpoint"] {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.alter_metadata(move |metadata| metadata[endpoint] = "http://keycloak.example.com/x".into());
        let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
        assert!(stderr.starts_with(&format!("error: the {endpoint} `http://keycloak.example.com/x` is plain http")), "{stderr}");
        assert!(stderr.contains("\nhint: tell whoever runs the provider"), "{stderr}");
        assert_eq!(machine.opened(), 0);
    }
}

#[test]
fn rfc8252_7_3_two_logins_at_once_have_a_port_each_and_both_succeed() {
    let (first, second, machine) = (Provider::start(), Provider::start(), Machine::new());
    // Neither browser goes on before both have been opened.
    let both = std::sync::Arc::new(std::sync::Barrier::new(2));
    let visits: Visits<url::Url> = visit(&machine, move |url| {
        both.wait();
        crate::machine::follow(url);
        url.clone()
    });
    std::thread::scope(|scope| {
        for (name, provider) in [("first", &first), ("second", &second)] {
            let machine = &machine;
            scope.spawn(move || machine.run(&["login", "--profile", name, "--issuer", &provider.issuer()]).done());
        }
    });
    let ports = [visits.next(), visits.next()].map(|address| redirect_uri(&address).port());
    assert_ne!(ports[0], ports[1]);
    for (name, provider) in [("first", &first), ("second", &second)] {
        let token = machine.run(&["token", "--profile", name]).done();
        assert_eq!(provider.leaks_in(&token), ["access token"], "{name} has a token of its own provider");
    }
}
