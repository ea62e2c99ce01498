//! `kclogin whoami`: the card, the document, and whose answers are believed.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::provider::{Algorithm, Endpoint, Provider, Respond, User};
use crate::token::at_now;

/// A run that printed something on stdout and nothing on stderr.
#[track_caller]
fn printed(machine: &Machine, arguments: &[&str]) -> String {
    let outcome = machine.run(arguments);
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, ""), "{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn the_card_says_who_where_and_for_how_long() {
    let (provider, machine) = at_now();
    machine.clock.advance(60);
    let expected = format!(
        "Alice Adams (alice)\n\
         \x20 E-mail    alice@example.test (verified)\n\
         \x20 Subject   {}\n\
         \x20 Issuer    {}\n\
         \x20 Client    kclogin\n\
         \x20 Roles     default-roles-test, developer, offline_access, uma_authorization\n\
         \x20 Groups    /engineering\n\
         \x20 Session   ends in 29 min unless it is used\n\
         \x20 Token     valid for 4 min\n",
        User::alice().sub,
        provider.issuer()
    );
    assert_eq!(printed(&machine, &["whoami"]), expected);
    let paths: Vec<_> = provider.all_requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [Endpoint::UserInfo.path()]);
}

#[test]
fn the_card_of_somebody_with_little_to_say_is_short() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.sign_in_as(User { email_verified: false, realm_roles: Vec::new(), ..User::bob() });
    provider.opaque_access_tokens();
    provider.rotation(crate::provider::Rotation::Never);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.alter_user_info(|claims| *claims = json!({ "sub": claims["sub"], "email": claims["email"], "email_verified": false }));
    let card = printed(&machine, &["whoami"]);
    let expected = format!(
        "bob@example.test\n  E-mail    bob@example.test (not verified)\n  Subject   {}\n  Issuer    {}\n  Client    kclogin\n  \
         Session   ends with the access token\n  Token     valid for ",
        User::bob().sub,
        provider.issuer()
    );
    assert!(card.starts_with(&expected), "{card}");
}

#[test]
fn an_offline_session_has_no_known_end_on_the_card() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--scope", "offline_access", "--issuer", &provider.issuer()]).done();
    assert!(printed(&machine, &["whoami"]).contains("\n  Session   offline, no end known\n"));
}

#[test]
fn json_is_the_response_byte_for_byte() {
    let (provider, machine) = at_now();
    let sub = User::alice().sub;
    let document =
        format!("{{ \"sub\" :\"{sub}\",\r\n\t\"n\":1.50, \"big\": 12345678901234567890123, \"name\":\"Zo\\u00eb \u{9b}31m\u{202e}\" , \"m\":2 }}");
    provider.respond(Endpoint::UserInfo, Respond::body("application/json", document.clone()));
    assert_eq!(printed(&machine, &["whoami", "--json"]), format!("{document}\n"));
}

#[test]
fn on_a_terminal_json_means_the_same_and_acts_on_nothing() {
    let (provider, machine) = at_now();
    machine.terminals(true, false);
    let claims = json!({ "sub": User::alice().sub, "name": "A\u{9b}31m\u{202e}e\u{7f}" });
    provider.respond(Endpoint::UserInfo, Respond::json(&claims));
    let shown = printed(&machine, &["whoami", "--json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), claims);
    assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn core_5_3_2_user_info_about_somebody_else_is_not_used() {
    for sub in [json!("mallory"), json!(null), json!(42), json!([User::alice().sub])] {
        let (provider, machine) = at_now();
        provider.alter_user_info(move |claims| claims["sub"] = sub.clone());
        for arguments in [&["whoami"][..], &["whoami", "--json"]] {
            let stderr = machine.run(arguments).failed(Exit::Failed);
            assert_eq!(stderr, "error: the UserInfo endpoint speaks of somebody else than the one who signed in, so its answer is not used\n");
        }
    }
}

#[test]
fn a_lightweight_access_token_falls_back_on_the_id_token() {
    let (provider, machine) = at_now();
    let challenge =
        "Bearer realm=\"test\", error=\"invalid_token\", error_description=\"Lightweight access token not allowed for userinfo endpoint\"";
    provider.respond(Endpoint::UserInfo, Respond::status(401).header("WWW-Authenticate", challenge));
    let outcome = machine.run(&["whoami"]);
    let told = "The provider does not let this access token ask who it belongs to; this is what the ID token says.\n";
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, told));
    assert!(outcome.stdout.starts_with("Alice Adams (alice)\n  E-mail    alice@example.test (verified)\n"), "{}", outcome.stdout);
    let stderr = machine.run(&["whoami", "--json"]).failed(Exit::Failed);
    let expected = "error: the provider does not let this access token ask who it belongs to (a lightweight access token)\n\
                    hint: `kclogin whoami` without `--json` shows what the ID token says\n";
    assert_eq!((stderr.as_str(), provider.requests(Endpoint::Token).len()), (expected, 0));
}

#[test]
fn a_token_that_lacks_the_scope_is_said_to() {
    let (provider, machine) = at_now();
    let challenge = "Bearer realm=\"test\", error=\"insufficient_scope\", error_description=\"Missing openid scope\"";
    provider.respond(Endpoint::UserInfo, Respond::status(403).header("WWW-Authenticate", challenge));
    let stderr = machine.run(&["whoami"]).failed(Exit::Failed);
    let expected = "error: the access token may not be used at the UserInfo endpoint: it lacks the scope `openid`\n\
                    hint: sign in again with `kclogin login`\n";
    assert_eq!(stderr, expected);
}

#[test]
fn a_revoked_access_token_is_refreshed_once() {
    let (provider, machine) = at_now();
    provider.respond(Endpoint::UserInfo, Respond::status(401).header("WWW-Authenticate", "Bearer error=\"invalid_token\"").once());
    assert!(printed(&machine, &["whoami"]).starts_with("Alice Adams (alice)\n"));
    assert_eq!((provider.requests(Endpoint::UserInfo).len(), provider.requests(Endpoint::Token).len()), (2, 1));
}

#[test]
fn an_access_token_that_stays_refused_requires_a_login() {
    let (provider, machine) = at_now();
    provider.respond(Endpoint::UserInfo, Respond::status(401).header("WWW-Authenticate", "Bearer error=\"invalid_token\""));
    let stderr = machine.run(&["whoami"]).failed(Exit::LoginRequired);
    assert_eq!(stderr, "error: the provider no longer accepts the access token\nhint: sign in again with `kclogin login --profile test`\n");
    assert_eq!((provider.requests(Endpoint::UserInfo).len(), provider.requests(Endpoint::Token).len()), (2, 1), "and not in a loop");
    assert_eq!((machine.store.kept().len(), machine.opened()), (1, 1));
}

#[test]
fn a_session_that_was_ended_elsewhere_requires_a_login() {
    let (provider, machine) = at_now();
    provider.end_sessions();
    let stderr = machine.run(&["whoami"]).failed(Exit::LoginRequired);
    assert!(stderr.starts_with("error: the session is over: "), "{stderr}");
}

#[test]
fn core_5_3_2_signed_user_info_is_verified_in_every_algorithm() {
    for algorithm in Algorithm::ASYMMETRIC {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.publish_strange_keys();
        provider.sign_with(algorithm.clone());
        provider.sign_user_info();
        machine.run(&["login", "--issuer", &provider.issuer()]).done();
        let outcome = machine.run(&["whoami", "--json"]);
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, ""), "{algorithm:?}");
        let claims: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!((claims["sub"].as_str(), claims["aud"].as_str()), (Some(User::alice().sub.as_str()), Some("kclogin")), "{algorithm:?}");
    }
}

/// What whoami says about signed UserInfo that is wrong in some way.
#[track_caller]
fn refused(spoil: impl FnOnce(&Provider)) -> String {
    let (provider, machine) = at_now();
    provider.sign_user_info();
    spoil(&provider);
    let stderr = machine.run(&["whoami"]).failed(Exit::Failed);
    let known = "error: the signed UserInfo response is refused: ";
    stderr.strip_prefix(known).unwrap_or_else(|| panic!("{stderr}")).to_owned()
}

#[test]
fn core_5_3_2_badly_signed_user_info_is_refused() {
    assert_eq!(refused(Provider::sign_badly), "its signature is wrong\n");
    assert_eq!(refused(|provider| provider.sign_with(Algorithm::None)), "it is signed with an algorithm that is not accepted\n");
    let symmetric = |provider: &Provider| provider.sign_with(Algorithm::Hs256(crate::provider::rsa_public_pem().as_bytes().to_vec()));
    assert_eq!(refused(symmetric), "it is signed with an algorithm that is not accepted\n");
}

#[test]
fn core_5_3_2_signed_user_info_from_or_for_another_is_refused() {
    assert_eq!(
        refused(|provider| provider.alter_user_info(|claims| claims["iss"] = json!("https://evil.example"))),
        "it comes from another issuer\n"
    );
    assert_eq!(
        refused(|provider| provider.alter_user_info(|claims| claims["iss"] = json!([claims["iss"]]))),
        "it comes from another issuer\n",
        "what is no text names nobody"
    );
    assert_eq!(refused(|provider| provider.alter_user_info(|claims| claims["aud"] = json!("another"))), "it is for another client\n");
}

#[test]
fn a_signed_answer_with_a_new_key_fetches_the_keys_anew() {
    let (provider, machine) = at_now();
    provider.sign_user_info();
    let jwks = provider.key_set();
    provider.respond(Endpoint::Jwks, Respond::json(&jwks).once());
    provider.rotate_key();
    printed(&machine, &["whoami"]);
    assert_eq!(provider.requests(Endpoint::Jwks).len(), 2);
}

#[test]
fn hostile_names_act_on_neither_stream_nor_page() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let hostile = "\u{1b}[2JAl\u{9b}31mice\u{202e}\u{2066}\r\nerror: faked\u{7}\u{1b}]52;c;eA==\u{7}<b>\u{e0041}";
    let alter =
        move |claims: &mut serde_json::Value| ["name", "preferred_username", "email"].into_iter().for_each(|name| claims[name] = json!(hostile));
    provider.alter_id_token(move |_, claims| alter(claims));
    provider.alter_user_info(alter);
    let visits = crate::person::sign_in(&machine);
    let login = machine.run(&["login", "--issuer", &provider.issuer()]);
    let page = visits.next().1.html;
    let mut shown = vec![login.stdout, login.stderr, page.clone()];
    for arguments in [&["whoami"][..], &["status"], &["profile", "list"], &["logout"]] {
        let outcome = machine.run(arguments);
        assert_eq!(outcome.exit, Exit::Done, "{}", outcome.stderr);
        shown.extend([outcome.stdout, outcome.stderr]);
    }
    let acts = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2066}' | '\u{e0041}');
    for text in &shown {
        assert!(!text.contains(acts), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: ")), "{text:?}");
    }
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
}
