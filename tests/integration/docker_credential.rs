//! `kclogin docker-credential`: docker's protocol, for the registries that a profile allows and no others.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::{Machine, Outcome};
use crate::provider::{Endpoint, Provider};
use crate::store::Fault;
use crate::token::{at_now, pass, token};

const SITE: &str = "registry.example.com:5000";
const NOT_FOUND: &str = "credentials not found in native keychain\n";

/// Somebody signed in, whose profile allows [`SITE`].
fn at_the_registry() -> (Provider, Machine) {
    let (provider, machine) = at_now();
    machine.run(&["profile", "allow", SITE]).done();
    (provider, machine)
}

fn ask(machine: &Machine, action: &str, input: &str) -> Outcome {
    machine.type_in(input);
    machine.run_as("/usr/bin/docker-credential-kclogin", &[action])
}

/// What is said where docker looks for it, of a run that ended with this exit and said nothing else.
#[track_caller]
fn complaint(outcome: Outcome, exit: Exit) -> String {
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (exit, ""), "{}", outcome.stdout);
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn docker_gets_the_token_as_a_password_for_an_allowed_registry() {
    let (provider, machine) = at_the_registry();
    let secret = token(&machine, &[]);
    for address in [SITE, "registry.example.com:5000\n", "https://registry.example.com:5000/v2/", "https://REGISTRY.example.com:5000"] {
        let outcome = ask(&machine, "get", address);
        assert_eq!(outcome.stderr, "");
        let got: Value = serde_json::from_str(&outcome.done()).expect("JSON");
        assert_eq!(got, json!({"ServerURL": address.trim(), "Username": "oauth2", "Secret": secret}));
    }
    assert_eq!(provider.request_count(), 0);
    machine.type_in(SITE);
    let spelt_out: Value = serde_json::from_str(&machine.run(&["docker-credential", "get"]).done()).expect("JSON");
    assert_eq!(spelt_out["Secret"], json!(secret), "the command does the same as the program's other name");
}

#[test]
fn an_expired_token_is_refreshed_for_docker_without_a_word() {
    let (provider, machine) = at_the_registry();
    let before = token(&machine, &[]);
    pass(&provider, &machine, 301);
    let outcome = ask(&machine, "get", SITE);
    assert_eq!(outcome.stderr, "");
    let got: Value = serde_json::from_str(&outcome.done()).expect("JSON");
    assert_ne!(got["Secret"], json!(before));
    assert_eq!((provider.requests(Endpoint::Token).len(), machine.opened()), (1, 1));
}

#[test]
fn any_other_registry_gets_nothing_and_docker_goes_on_without() {
    let (_provider, machine) = at_the_registry();
    for address in
        ["registry.example.com", "example.com:5000", "http://other.example.com", "https://index.docker.io/v1/", "registry.example.com:50000"]
    {
        assert_eq!(complaint(ask(&machine, "get", address), Exit::Failed), NOT_FOUND, "{address}");
    }
    machine.run(&["profile", "allow", SITE, "--remove"]).done();
    assert_eq!(complaint(ask(&machine, "get", SITE), Exit::Failed), NOT_FOUND);
    assert_eq!(complaint(ask(&Machine::new(), "get", SITE), Exit::Failed), NOT_FOUND, "without any profile");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let (_provider, machine) = at_the_registry();
    let refused = "kclogin: the token of the profile `test` is not sent over plain http to registry.example.com:5000; \
                   use https; plain http is accepted on a loopback address only\n";
    assert_eq!(complaint(ask(&machine, "get", "http://registry.example.com:5000/v2/"), Exit::Usage), refused);
    machine.run(&["profile", "allow", "127.0.0.1:5000"]).done();
    ask(&machine, "get", "http://127.0.0.1:5000/v2/").done();
}

#[test]
fn what_goes_wrong_is_said_where_docker_repeats_it_and_with_what_to_do() {
    let (mut provider, machine) = at_the_registry();
    let issuer = provider.issuer();
    machine.store.fail_to_open(Some(Fault::Locked));
    assert_eq!(complaint(ask(&machine, "get", SITE), Exit::StoreUnavailable), "kclogin: the keyring is locked\n");
    machine.store.fail_to_open(None);
    pass(&provider, &machine, 301);
    provider.stop();
    let away = complaint(ask(&machine, "get", SITE), Exit::ProviderUnreachable);
    assert!(away.starts_with("kclogin: "), "{away}");
    machine.store.forget("token-set ");
    let required = format!("kclogin: not logged in to {issuer} (profile `test`); sign in with `kclogin login --profile test`\n");
    assert_eq!(complaint(ask(&machine, "get", SITE), Exit::LoginRequired), required);
    assert_eq!(machine.opened(), 1, "no browser is opened");
    machine.write_config("nonsense");
    assert!(complaint(ask(&machine, "get", SITE), Exit::Usage).starts_with("kclogin: the configuration is malformed: "));
}

#[test]
fn what_is_no_address_is_refused_and_not_passed_on() {
    let (_provider, machine) = at_the_registry();
    let too_much = format!("{SITE}/{}", "x".repeat(64 * 1024));
    for bad in
        ["", " \n", "registry.example.com:5000\nhost=evil", "a\u{1b}[2Jb", "a\u{85}b", "https://u:p@registry.example.com:5000", "a b", &too_much]
    {
        let said = complaint(ask(&machine, "get", bad), Exit::Usage);
        assert!(said.starts_with("kclogin: ") && !said.contains("native keychain") && said.len() < 200, "{said}");
    }
    let as_long_as_can_be = format!("{SITE}/{}", "x".repeat(64 * 1024 - SITE.len() - 1));
    ask(&machine, "get", &as_long_as_can_be).done();
}

#[test]
fn nobody_s_password_is_kept() {
    let (_provider, machine) = at_the_registry();
    let (calls, config) = (machine.store.kept(), machine.config());
    let offer = |site: &str| json!({"ServerURL": site, "Username": "alice", "Secret": "s3cr3t"}).to_string();
    let ours = "kclogin: passwords are not kept: this registry gets the token of the profile `test`; \
                sign in with `kclogin login --profile test` in place of `docker login`\n";
    assert_eq!(complaint(ask(&machine, "store", &offer(SITE)), Exit::Failed), ours);
    let theirs = complaint(ask(&machine, "store", &offer("https://other.example.com")), Exit::Failed);
    let sentence = "kclogin: passwords are not kept, so that of https://other.example.com was not stored; name kclogin under `credHelpers`";
    assert!(theirs.starts_with(sentence), "{theirs}");
    for bad in ["", "{}", "s3cr3t", r#"{"ServerURL":"a","Username":"b","Secret":7, "s3cr3t":1}"#] {
        let said = complaint(ask(&machine, "store", bad), Exit::Usage);
        assert!(!said.contains("s3cr3t"), "{said}");
    }
    assert_eq!((machine.store.kept(), machine.config()), (calls, config));
}

#[test]
fn docker_login_may_give_back_the_token_that_it_got() {
    let (_provider, machine) = at_the_registry();
    let got = ask(&machine, "get", SITE).done();
    let outcome = ask(&machine, "store", &got);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", ""));
    let for_another = got.replace(SITE, "other.example.com");
    complaint(ask(&machine, "store", &for_another), Exit::Failed);
}

#[test]
fn docker_logout_leaves_the_session() {
    let (provider, machine) = at_the_registry();
    let outcome = ask(&machine, "erase", SITE);
    let hint = "The session of the profile `test` stays; `kclogin logout --profile test` ends it.\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", hint));
    let outcome = ask(&machine, "erase", "other.example.com");
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", ""));
    assert_eq!(provider.request_count(), 0);
    token(&machine, &[]);
}

#[test]
fn the_list_has_the_registries_of_those_who_are_signed_in() {
    let (_provider, machine) = at_the_registry();
    machine.run(&["profile", "allow", "a.example.com"]).done();
    let config = machine.config();
    machine.write_config(&format!("{config}\n[profile.out]\nissuer = \"https://kc.example\"\nclient-id = \"x\"\nsites = [\"b.example.com\"]\n"));
    let list = |machine: &Machine| -> Value { serde_json::from_str(&ask(machine, "list", "unused").done()).expect("JSON") };
    assert_eq!(list(&machine), json!({SITE: "oauth2", "a.example.com": "oauth2"}));
    machine.store.fail_to_open(Some(Fault::Locked));
    let outcome = ask(&machine, "list", "unused");
    assert!(outcome.stderr.contains("warning: a.example.com is left out: the keyring is locked\n"), "{}", outcome.stderr);
    assert_eq!(outcome.done(), "{}\n");
    assert_eq!(list(&Machine::new()), json!({}));
}

#[test]
fn the_user_name_is_the_environment_s_before_the_profile_s() {
    let (_provider, machine) = at_the_registry();
    let name = || -> Value { serde_json::from_str::<Value>(&ask(&machine, "get", SITE).done()).expect("JSON")["Username"].clone() };
    machine.run(&["docker-credential", "setup", SITE, "--username", "$oauthtoken"]).done();
    assert!(machine.config().contains("docker-username = \"$oauthtoken\"\n"), "{}", machine.config());
    assert!(machine.run(&["profile", "show"]).done().contains("as the user $oauthtoken"));
    assert_eq!(name(), json!("$oauthtoken"));
    machine.set("KCLOGIN_DOCKER_USERNAME", "<token>");
    assert_eq!(name(), json!("<token>"), "whoever wants docker to take it for a refresh token says so");
    machine.set("KCLOGIN_DOCKER_USERNAME", "a:b");
    assert_eq!(
        complaint(ask(&machine, "get", SITE), Exit::Usage),
        "kclogin: `a:b` can't be a user name for a registry; most registries take `oauth2`\n"
    );
}

#[test]
fn two_profiles_that_allow_a_registry_are_told_apart_by_name() {
    let (_provider, machine) = at_the_registry();
    let config = machine.config();
    machine.write_config(&format!("{config}\n[profile.other]\nissuer = \"https://kc.example\"\nclient-id = \"x\"\nsites = [\"{SITE}\"]\n"));
    let unclear = complaint(ask(&machine, "get", SITE), Exit::Usage);
    assert!(unclear.starts_with("kclogin: it is not clear which profile is meant: other, test; name one"), "{unclear}");
    machine.set("KCLOGIN_PROFILE", "test");
    ask(&machine, "get", SITE).done();
}

#[test]
fn setup_allows_the_registry_and_prints_what_docker_s_configuration_needs() {
    let (_provider, machine) = at_now();
    let outcome = machine.run(&["docker-credential", "setup", "Registry.example.com:5000"]);
    assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).expect("JSON"), json!({"credHelpers": {SITE: "kclogin"}}));
    for told in
        ["Docker may now send the token of the profile test to registry.example.com:5000.\n", "~/.docker/config.json", "docker-credential-kclogin"]
    {
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    }
    assert_eq!(outcome.exit, Exit::Done);
    ask(&machine, "get", SITE).done();
    let again = machine.run(&["docker-credential", "setup", SITE, "-q"]);
    assert_eq!((again.stderr.as_str(), again.stdout), ("", outcome.stdout));
    assert_eq!(machine.config().matches(SITE).count(), 1, "{}", machine.config());
    machine.run(&["docker-credential", "setup", "a.example.com/team"]).failed(Exit::Usage);
    machine.run(&["docker-credential", "setup", "a.example.com", "--username", "a:b"]).failed(Exit::Usage);
    assert!(!machine.config().contains("a.example.com"), "{}", machine.config());
}

#[cfg(unix)]
#[test]
fn setup_says_nothing_of_a_name_that_docker_finds_already() {
    use std::os::unix::fs::PermissionsExt;
    let (_provider, machine) = at_now();
    let program = machine.path("docker-credential-kclogin");
    std::fs::write(&program, "").expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("set");
    machine.set("PATH", machine.path("").to_str().expect("text"));
    let outcome = machine.run(&["docker-credential", "setup", SITE]);
    assert!(!outcome.stderr.contains("docker-credential-kclogin"), "{}", outcome.stderr);
}

#[test]
fn the_version_and_the_usage_are_the_helper_s() {
    let machine = Machine::new();
    let version = ask(&machine, "version", "").done();
    assert_eq!(version, format!("docker-credential-kclogin {}\n", env!("CARGO_PKG_VERSION")));
    machine.run_as("docker-credential-kclogin", &["forget"]).failed(Exit::Usage);
    machine.run_as("docker-credential-kclogin", &[]).failed(Exit::Usage);
}
