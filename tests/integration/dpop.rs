//! Tokens that are bound to a key (DPoP, RFC 9449). The provider verifies each proof: its signature, method, address, time, hash, nonce, and that none comes
//! twice.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::{Machine, Outcome};
use crate::person::error_in;
use crate::provider::{Endpoint, Provider, Request, Respond, Rotation, base64url, decode, http_get, sha256};

/// A provider that gives bound tokens only.
fn requiring() -> Provider {
    let provider = Provider::start();
    provider.require_proofs();
    provider
}

fn log_in(machine: &Machine, provider: &Provider, more: &[&str]) -> Outcome {
    machine.run(&[&["login", "--dpop", "--timeout", "20s", "--issuer", &provider.issuer()], more].concat())
}

/// A machine on which somebody has signed in to a provider that gives bound tokens only.
#[track_caller]
fn signed_in() -> (Provider, Machine) {
    let (provider, machine) = (requiring(), Machine::new());
    log_in(&machine, &provider, &[]).done();
    provider.forget_requests();
    (provider, machine)
}

/// The private key, as it is stored.
#[track_caller]
fn stored_key(machine: &Machine) -> String {
    let kept = machine.store.kept();
    let (_, set) = kept.iter().find(|(account, _)| account.starts_with("token-set ")).expect("a session");
    let set: Value = serde_json::from_slice(set).expect("JSON");
    set["proof_key"].as_str().expect("a key").to_owned()
}

fn nonces(requests: &[Request]) -> Vec<Value> {
    let claims = requests.iter().filter_map(|request| decode(request.header("dpop")?));
    claims.map(|(_, claims)| claims["nonce"].clone()).collect()
}

#[test]
fn rfc9449_5_the_code_is_redeemed_and_the_session_refreshed_with_one_key() {
    let (provider, machine) = (requiring(), Machine::new());
    log_in(&machine, &provider, &[]).done();
    let [key] = &provider.bound_keys()[..] else { panic!("one key") };
    let asked = &provider.requests(Endpoint::Authorization)[0];
    assert_eq!(asked.query.get("dpop_jkt"), Some(key.as_str()), "section 10: the code is bound too");
    assert!(machine.config().contains("\ndpop = true\n"), "{}", machine.config());
    assert!(machine.run(&["profile", "show"]).done().contains("\n  Tokens    bound to a key (DPoP)\n"));
    let before = stored_key(&machine);
    for _ in 0..2 {
        machine.run(&["token", "--force-refresh"]).done();
    }
    machine.run(&["token", "--scope", "email"]).done();
    assert_eq!((provider.bound_keys().as_slice(), stored_key(&machine)), ([key.clone()].as_slice(), before.clone()));
    machine.run(&["login"]).done();
    assert_ne!(stored_key(&machine), before, "each login has a key of its own");
}

#[test]
fn a_bound_session_is_ended_by_a_revocation_where_the_provider_takes_its_refresh_token_for_none() {
    let (provider, machine) = signed_in();
    let outcome = machine.run(&["logout"]);
    assert!(outcome.stderr.ends_with(&format!(" from {}.\n", provider.issuer())), "{}", outcome.stderr);
    assert_eq!((machine.store.kept().len(), provider.live_sessions()), (0, 0));
    assert_eq!((provider.requests(Endpoint::EndSession).len(), provider.requests(Endpoint::Revocation).len()), (1, 1));
    machine.run(&["login"]).done();
    provider.respond(Endpoint::Revocation, Respond::json(&json!({"error": "invalid_token", "error_description": "Invalid token"})));
    assert!(machine.run(&["logout"]).stderr.contains("the session at the provider was already over"));
}

#[test]
fn rfc9449_7_user_info_is_asked_with_a_proof_and_the_token_s_hash() {
    let (provider, machine) = signed_in();
    assert!(machine.run(&["whoami"]).done().contains("alice"));
    let [asked] = &provider.requests(Endpoint::UserInfo)[..] else { panic!("one request") };
    assert!(asked.dpop_token().is_some() && asked.bearer().is_none());
}

#[test]
fn rfc9449_10_1_a_pushed_request_names_the_key() {
    let (provider, machine) = (requiring(), Machine::new());
    log_in(&machine, &provider, &["--pushed-authorization-requests"]).done();
    let pushed = &provider.requests(Endpoint::PushedAuthorization)[0];
    assert_eq!(pushed.form.get("dpop_jkt"), provider.bound_keys().first().map(String::as_str));
}

#[test]
fn a_code_entered_elsewhere_yields_bound_tokens_too() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.respond(Endpoint::Token, Respond::error(400, "authorization_pending", "not yet").once());
    log_in(&machine, &provider, &["--device"]).done();
    assert_eq!(provider.bound_keys().len(), 1);
    machine.run(&["whoami"]).done();
}

#[test]
fn rfc9449_8_a_nonce_that_the_authorization_server_wants_is_sent_once_more_and_only_once() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.want_nonces(Some("nonce-1"), None);
    log_in(&machine, &provider, &[]).done();
    assert_eq!(nonces(&provider.requests(Endpoint::Token)), [json!(null), json!("nonce-1")]);
    provider.forget_requests();
    provider.want_nonces(Some("nonce-2"), None);
    machine.run(&["token", "--force-refresh"]).done();
    assert_eq!(nonces(&provider.requests(Endpoint::Token)), [json!(null), json!("nonce-2")]);
    provider.forget_requests();
    let never = Respond::error(400, "use_dpop_nonce", "no").header("DPoP-Nonce", "another");
    provider.respond(Endpoint::Token, never);
    let stderr = machine.run(&["token", "--force-refresh"]).failed(Exit::Failed);
    assert!(stderr.contains("no (use_dpop_nonce)"), "{stderr}");
    assert_eq!(provider.requests(Endpoint::Token).len(), 2);
    provider.respond_normally(Endpoint::Token);
    machine.run(&["token", "--force-refresh"]).done();
}

#[test]
fn rfc9449_8_2_a_nonce_that_comes_with_an_answer_is_used_by_the_next_request() {
    let (provider, machine) = (requiring(), Machine::new());
    let pending = Respond::error(400, "authorization_pending", "not yet").header("DPoP-Nonce", "early");
    provider.alter_device_response(|said| said["interval"] = json!(1));
    provider.respond(Endpoint::Token, pending.times(2));
    log_in(&machine, &provider, &["--device"]).done();
    assert_eq!(nonces(&provider.requests(Endpoint::Token)), [json!(null), json!("early"), json!("early")]);
}

#[test]
fn rfc9449_9_a_nonce_that_the_resource_server_wants_is_sent_once_more() {
    let (provider, machine) = signed_in();
    provider.want_nonces(None, Some("resource"));
    machine.run(&["whoami"]).done();
    assert_eq!(nonces(&provider.requests(Endpoint::UserInfo)), [json!(null), json!("resource")]);
}

#[test]
fn a_nonce_that_no_header_can_carry_is_not_repeated() {
    let (provider, machine) = signed_in();
    for bad in ["a b", "a\"b", &"x".repeat(600)] {
        provider.forget_requests();
        provider.respond(Endpoint::Token, Respond::error(400, "use_dpop_nonce", "no").header("DPoP-Nonce", bad));
        machine.run(&["token", "--force-refresh"]).failed(Exit::Failed);
        assert_eq!(provider.requests(Endpoint::Token).len(), 1, "{bad}");
    }
}

#[test]
fn rfc9449_5_a_downgrade_to_a_bearer_token_is_refused() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_token_response(|response| response["token_type"] = json!("Bearer"));
    let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
    assert_eq!(
        error_in(&stderr),
        "error: the provider gave an access token that is not bound to kclogin's key, although that was asked for\nhint: ask its administrator whether it \
         knows DPoP (RFC 9449); `kclogin login --dpop=false` signs in without\n"
    );
    assert_eq!((machine.store.kept().len(), machine.config()), (0, String::new()));
    provider.unaltered();
    log_in(&machine, &provider, &[]).done();
    let before = machine.store.kept();
    provider.alter_token_response(|response| response["token_type"] = json!("bearer"));
    machine.run(&["token", "--force-refresh"]).failed(Exit::Failed);
    assert_eq!(machine.store.kept(), before);
}

#[test]
fn rfc9449_6_1_a_token_that_is_bound_to_another_key_is_refused() {
    for jkt in [json!("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"), json!(7)] {
        let (provider, machine) = (requiring(), Machine::new());
        provider.alter_access_token(move |_, claims| claims["cnf"]["jkt"] = jkt.clone());
        let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
        assert_eq!(error_in(&stderr), "error: the provider gave an access token that is bound to another key than kclogin's, so it is not used\n");
        assert_eq!(machine.store.kept().len(), 0);
    }
    let (provider, machine) = (requiring(), Machine::new());
    provider.opaque_access_tokens();
    log_in(&machine, &provider, &[]).done();
    machine.run(&["whoami"]).done();
}

#[test]
fn many_who_refresh_a_bound_session_at_once_make_one_refresh_with_its_key() {
    let (provider, machine) = signed_in();
    provider.rotation(Rotation::default());
    provider.advance(301);
    machine.clock.advance(301);
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(|| machine.run(&["token"]))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic").done()).collect()
    });
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!((provider.requests(Endpoint::Token).len(), provider.bound_keys().len()), (1, 1));
}

#[test]
fn another_key_in_the_store_is_refused_and_a_damaged_one_is_no_session() {
    let (_provider, machine) = signed_in();
    let key = stored_key(&machine);
    machine.store.change("token-set ", |bytes| {
        let mut set: Value = serde_json::from_slice(bytes).expect("JSON");
        set["proof_key"] = json!(base64url(&sha256(b"another")));
        *bytes = set.to_string().into_bytes();
    });
    let stderr = machine.run(&["token", "--force-refresh"]).failed(Exit::LoginRequired);
    assert!(stderr.contains("DPoP proof and token binding verification failed"), "{stderr}");
    machine.run(&["login"]).done();
    machine.store.change("token-set ", |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("\"proof_key\":\"", "\"proof_key\":\"!").into_bytes();
    });
    let stderr = machine.run(&["token"]).failed(Exit::LoginRequired);
    assert!(stderr.starts_with("error: the stored session is damaged\n") && !stderr.contains(&key), "{stderr}");
}

#[test]
fn rfc9449_4_2_token_gives_the_access_token_and_the_proof_for_one_request() {
    let (provider, machine) = signed_in();
    let user_info = provider.url(Endpoint::UserInfo);
    let lines = machine.run(&["token", "--dpop", "GET", &format!("{user_info}?page=2#top")]).done();
    let fields: Vec<(&str, &str)> = lines.lines().map(|line| line.split_once(": ").expect("a header field")).collect();
    assert_eq!(fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["Authorization", "DPoP"]);
    assert_eq!(http_get(&user_info, &fields).0, 200);
    assert_eq!(http_get(&user_info, &fields).0, 401, "the same proof twice");
    assert_eq!(machine.run(&["token", "--format", "header", "--dpop", "GET", &user_info]).done().lines().count(), 2);
    let other = machine.run(&["token", "--dpop", "POST", &user_info]).done();
    let other: Vec<(&str, &str)> = other.lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(http_get(&user_info, &other).0, 401, "for another method");
    provider.want_nonces(None, Some("nonce-7"));
    let document = machine.run(&["token", "--format", "json", "--dpop", "GET", &user_info, "--dpop-nonce", "nonce-7"]).done();
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let text = |member: &str| document[member].as_str().expect("text").to_owned();
    assert_eq!(text("type"), "DPoP");
    let fields = [("Authorization", format!("DPoP {}", text("token"))), ("DPoP", text("proof"))];
    assert_eq!(http_get(&user_info, &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).0, 200);
    assert_eq!(provider.requests(Endpoint::Token).len(), 0);
}

#[test]
fn what_no_proof_can_be_made_for_is_a_wrong_call() {
    let (_provider, machine) = signed_in();
    let at = "https://api.example.com/";
    for call in [
        &["--dpop", "GET"][..],
        &["--dpop", "G T", at],
        &["--dpop", "", at],
        &["--dpop", "GET", "api.example.com"],
        &["--dpop", "GET", "file:///etc/passwd"],
        &["--dpop", "GET", at, "--dpop-nonce", "a b"],
        &["--dpop-nonce", "n"],
        &["--dpop", "GET", at, "--id-token"],
        &["--dpop", "GET", at, "--format", "env"],
        &["--dpop", "GET", at, "--format", "exec-credential"],
    ] {
        machine.run(&[&["token"], call].concat()).failed(Exit::Usage);
    }
}

/// A service account's profile whose tokens are bound to a key, or not.
fn service_account(provider: &Provider, machine: &Machine, dpop: bool) {
    provider.confidential_client("backend", "s3cret");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cret");
    machine.write_config(&format!("[profile.ci]\nissuer = \"{}\"\nclient-id = \"backend\"\ndpop = {dpop}\n", provider.issuer()));
}

#[test]
fn rfc9449_5_a_service_account_s_token_is_bound_to_a_key_that_is_kept_beside_it() {
    let (provider, machine) = (requiring(), Machine::new());
    service_account(&provider, &machine, true);
    let user_info = provider.url(Endpoint::UserInfo);
    let fields = |more: &[&str]| {
        let call = [&["token", "--client-credentials", "--scope", "openid", "--dpop", "GET", &user_info], more].concat();
        let lines = machine.run(&call).done();
        lines.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let works =
        |fields: &[(String, String)]| http_get(&user_info, &fields.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>()).0 == 200;
    provider.want_nonces(Some("nonce-5"), None);
    let first = fields(&[]);
    assert!(works(&first), "{first:?}");
    let asked = provider.requests(Endpoint::Token).len();
    assert_eq!(asked, 2, "once more with the nonce");
    let again = fields(&[]);
    assert!(works(&again) && again[0] == first[0] && again[1] != first[1], "the same token with a proof of its own");
    assert_eq!(provider.requests(Endpoint::Token).len(), asked, "kept");
    let renewed = fields(&["--force-refresh"]);
    assert!(works(&renewed) && renewed[0] != first[0]);
    assert_eq!(provider.bound_keys().len(), 1, "one key for all");
    let keys: Vec<bool> = machine.store.kept().values().map(|bytes| String::from_utf8_lossy(bytes).contains("\"proof_key\":\"")).collect();
    assert_eq!(keys, [true]);
    let stderr = machine.run(&["exec", "--client-credentials", "--", "true"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the access token is bound to kclogin's key (DPoP)"), "{stderr}");
    service_account(&provider, &machine, false);
    let stderr = machine.run(&["token", "--client-credentials"]).failed(Exit::Failed);
    assert!(
        stderr.ends_with("hint: write `dpop = true` into the profile, or sign in with `kclogin login --dpop`, which the profile remembers\n"),
        "{stderr}"
    );
}

#[test]
fn a_service_account_s_kept_token_is_not_used_where_the_profile_wishes_otherwise_since() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let kind = |dpop: bool| {
        service_account(&provider, &machine, dpop);
        let text = machine.run(&["token", "--client-credentials", "--format", "json"]).done();
        serde_json::from_str::<Value>(&text).expect("JSON")["type"].as_str().expect("text").to_owned()
    };
    assert_eq!([kind(true), kind(true), kind(false), kind(false), kind(true)], ["DPoP", "DPoP", "Bearer", "Bearer", "DPoP"]);
    assert_eq!((provider.requests(Endpoint::Token).len(), provider.bound_keys().len()), (3, 2));
    // A provider that takes no notice of the proof.
    provider.alter_token_response(|said| said["token_type"] = json!("Bearer"));
    let stderr = machine.run(&["token", "--client-credentials", "--scope", "other"]).failed(Exit::Failed);
    assert!(stderr.starts_with("error: the provider gave an access token that is not bound to kclogin's key"), "{stderr}");
}

#[test]
fn rfc9449_5_a_token_that_is_exchanged_is_bound_to_the_session_s_key() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.confidential_client("backend", "s3cret");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cret");
    log_in(&machine, &provider, &["--client-id", "backend"]).done();
    let text = machine.run(&["token", "--audience", "orders", "--format", "json", "--dpop", "GET", "https://api.example.com/"]).done();
    let described: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((described["type"].as_str(), provider.bound_keys().len()), (Some("DPoP"), 1));
    let (header, claims) = decode(described["proof"].as_str().expect("a proof")).expect("a JWT");
    assert_eq!(claims["ath"], base64url(&sha256(described["token"].as_str().expect("a token").as_bytes())));
    let exchange = provider.requests(Endpoint::Token).pop().expect("the exchange");
    let sent = exchange.header("dpop").and_then(decode).expect("a proof");
    assert_eq!((&sent.0["jwk"], sent.1.get("ath")), (&header["jwk"], None), "one key; the subject's token is no part of the request's proof");
}

#[test]
fn a_session_that_is_bound_to_no_key_has_nothing_to_prove() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let stderr = machine.run(&["token", "--dpop", "GET", "https://api.example.com/"]).failed(Exit::Failed);
    let expected = "error: the token is bound to no key, so there is nothing to prove\nhint: send it as it is (`kclogin token`), or sign in for one that is \
                    bound: `kclogin login --dpop`; a service account's is by `dpop = true` in the profile\n";
    assert_eq!(stderr, expected);
    let document: Value = serde_json::from_str(&machine.run(&["token", "--format", "json"]).done()).expect("JSON");
    assert_eq!((&document["type"], &document["proof"]), (&json!("Bearer"), &json!(null)));
    assert!(!String::from_utf8_lossy(&machine.store.kept().into_values().next().expect("a session")).contains("proof_key"));
}

#[test]
fn a_bound_token_is_handed_to_nobody_as_a_bearer_token() {
    let (_provider, machine) = signed_in();
    for site in ["git.example.com", "registry.example.com"] {
        machine.run(&["profile", "allow", site]).done();
    }
    machine.type_in("protocol=https\nhost=git.example.com\n\n");
    let refused = "the access token is bound to kclogin's key (DPoP), so no other program can use it\nhint: `kclogin token --dpop METHOD URL` gives token \
                   and proof for one request; `kclogin login --dpop=false` signs in without, where the client may\n";
    for call in [
        &["exec", "--", "env"][..],
        &["curl", "https://api.example.com/"],
        &["kubectl", "--access-token"],
        &["token", "--format", "header"],
        &["token", "--format", "exec-credential"],
    ] {
        assert_eq!(machine.run(call).failed(Exit::Failed), format!("error: {refused}"), "{call:?}");
    }
    let git = machine.run(&["git-credential", "get"]);
    assert!(git.exit != Exit::Done && git.stderr.contains("bound to kclogin's key (DPoP)") && !git.stdout.contains("password="), "{git:?}");
    machine.type_in("registry.example.com\n");
    let docker = machine.run(&["docker-credential", "get"]);
    assert!(docker.exit != Exit::Done && format!("{docker:?}").contains("bound to kclogin's key (DPoP)"), "{docker:?}");
    assert_eq!(machine.programs.run_so_far().len(), 0);
    // What whoever holds it can use is handed out all the same.
    machine.run(&["kubectl"]).done();
    machine.run(&["token", "--id-token", "--format", "header"]).done();
    assert!(machine.run(&["token"]).stderr.is_empty());
    machine.terminals(true, true);
    let outcome = machine.run(&["token"]);
    assert!(outcome.stderr.contains("works with a proof only: `kclogin token --dpop METHOD URL`"), "{}", outcome.stderr);
    assert!(outcome.done().starts_with("eyJ"));
}

#[test]
fn a_client_that_gets_bound_tokens_only_is_told_how() {
    let (provider, machine) = (requiring(), Machine::new());
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(
        error_in(&stderr),
        "error: the sign-in failed: the provider gives this client only tokens that are bound to a key (DPoP)\nhint: sign in with `kclogin login --dpop`, \
         which the profile remembers\n"
    );
    let found = |more: &[&str]| {
        let outcome = machine.run(&[&["doctor", "--json", "--issuer", &provider.issuer()], more].concat());
        let found: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        let checks = found["checks"].as_array().expect("checks");
        checks.iter().find(|check| check["group"] == "Provider" && check["name"] == "client secret").expect("the check")["outcome"].clone()
    };
    assert_eq!([found(&[]), found(&["--dpop"])], ["failed", "ok"]);
}

#[test]
fn a_clock_that_is_off_is_hinted_at_where_a_proof_is_refused() {
    let (provider, machine) = (requiring(), Machine::new());
    provider.advance(20);
    let stderr = log_in(&machine, &provider, &[]).failed(Exit::Failed);
    assert!(
        error_in(&stderr).contains("does not accept the proof of kclogin's key: DPoP proof is not active (invalid_dpop_proof)\nhint: "),
        "{stderr}"
    );
    assert!(stderr.contains("look at this machine's clock"), "{stderr}");
}

#[test]
fn the_private_key_is_in_the_store_and_nowhere_else() {
    for verbosity in ["-q", "-v"] {
        let (provider, machine) = signed_in();
        provider.want_nonces(Some("n"), Some("m"));
        let key = stored_key(&machine);
        let mut said = String::new();
        for call in [
            &["whoami"][..],
            &["whoami", "--json"],
            &["status", "--json"],
            &["token", "--force-refresh"],
            &["token", "--format", "json"],
            &["token", "--dpop", "GET", "https://api.example.com/"],
            &["decode"],
            &["profile", "show"],
            &["doctor", "--json"],
            &["curl", "https://api.example.com/"],
        ] {
            let outcome = machine.run(&[call, &[verbosity]].concat());
            said.push_str(&(outcome.stdout + &outcome.stderr));
        }
        provider.respond(Endpoint::Token, Respond::error(400, "invalid_dpop_proof", "no"));
        said.push_str(&machine.run(&["token", "--force-refresh", verbosity]).stderr);
        said.push_str(&machine.config());
        provider.all_requests().iter().for_each(|request| said.push_str(&format!("{request:?}")));
        assert!(!said.contains(&key) && said.len() > 1000);
        let set =
            kclogin::token_set::TokenSet::from_stored(&kclogin::secret::Secret::new(machine.store.kept().into_values().next().expect("a session")));
        assert!(!format!("{set:?}").contains(&key));
    }
}
