//! Profiles: made by logins and imports, chosen by names, options, the environment and a default.

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::person::{parameter, sign_in};
use crate::provider::{Endpoint, Provider, User};
use crate::store::Fault;

/// A machine with Alice signed in to the profile `work` and Bob to `home`, each at a provider of their own.
fn two() -> (Provider, Provider, Machine) {
    let (work, home, machine) = (Provider::start(), Provider::start(), Machine::new());
    home.sign_in_as(User::bob());
    for (name, provider) in [("work", &work), ("home", &home)] {
        machine.run(&["login", "--profile", name, "--issuer", &provider.issuer()]).done();
        provider.forget_requests();
    }
    (work, home, machine)
}

/// Whose token a call prints: the issuer and the subject.
#[track_caller]
fn whose(machine: &Machine, more: &[&str]) -> (String, String) {
    let described = machine.run(&[&["token", "--format", "json"], more].concat()).done();
    let described: serde_json::Value = serde_json::from_str(&described).expect("JSON");
    let text = |name: &str| described[name].as_str().expect("text").to_owned();
    (text("issuer"), text("subject"))
}

fn alice_at(provider: &Provider) -> (String, String) {
    (provider.issuer(), User::alice().sub)
}

fn bob_at(provider: &Provider) -> (String, String) {
    (provider.issuer(), User::bob().sub)
}

#[test]
fn the_first_login_makes_the_default_and_the_second_does_not() {
    let (work, home, machine) = (Provider::start(), Provider::start(), Machine::new());
    machine.run(&["login", "--issuer", &work.issuer()]).done();
    let outcome = machine.run(&["login", "--issuer", &home.issuer()]);
    let expected = format!(
        "Logged in as Alice Adams (alice) at {}.\nThis is the new profile `test-2` (the default is still `test`): use it with `--profile test-2`, or make it the \
         default with `kclogin profile use test-2`.\n",
        home.issuer()
    );
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""));
    assert!(outcome.stderr.ends_with(&expected), "{}", outcome.stderr);
    assert_eq!(whose(&machine, &[]), alice_at(&work));
    let expected = format!(
        "default-profile = \"test\"\n\n[profile.test]\nissuer = \"{}\"\nclient-id = \"kclogin\"\n\n[profile.test-2]\nissuer = \"{}\"\nclient-id = \"kclogin\"\n",
        work.issuer(),
        home.issuer()
    );
    assert_eq!(machine.config(), expected);
}

#[test]
fn several_issuers_and_users_live_side_by_side() {
    let (work, home, machine) = two();
    assert_eq!(whose(&machine, &["--profile", "work"]), alice_at(&work));
    assert_eq!(whose(&machine, &["--profile", "home"]), bob_at(&home));
    assert_eq!(work.request_count() + home.request_count(), 0);
}

#[test]
fn several_clients_and_users_of_one_issuer_live_side_by_side() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.public_client("other");
    machine.run(&["login", "--profile", "a", "--issuer", &provider.issuer()]).done();
    machine.run(&["login", "--profile", "b", "--client-id", "other", "--issuer", &provider.issuer()]).done();
    provider.sign_in_as(User::bob());
    machine.run(&["login", "--profile", "c", "--issuer", &provider.issuer()]).done();
    let sessions: Vec<String> = machine.store.kept().into_keys().collect();
    let account = |name: &str, client: &str| format!("token-set {name} {client} {}", provider.issuer());
    assert_eq!(sessions, [account("a", "kclogin"), account("b", "other"), account("c", "kclogin")]);
    assert_eq!((whose(&machine, &["-p", "a"]), whose(&machine, &["-p", "c"])), (alice_at(&provider), bob_at(&provider)));
}

#[test]
fn use_switches_the_default() {
    let (_work, home, machine) = two();
    let outcome = machine.run(&["profile", "use", "home"]);
    let expected = format!("The default profile is now home ({}).\n", home.issuer());
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr), (Exit::Done, "", expected));
    assert_eq!(whose(&machine, &[]), bob_at(&home));
}

#[test]
fn a_profile_that_does_not_exist_names_the_nearest() {
    let (_work, _home, machine) = two();
    let expected = "error: there is no profile called `wrok`\nhint: did you mean `work`?\n";
    for call in [
        &["profile", "use", "wrok"][..],
        &["profile", "show", "wrok"],
        &["profile", "remove", "wrok"],
        &["token", "-p", "wrok"],
        &["whoami", "-p", "wrok"],
    ] {
        assert_eq!(machine.run(call).failed(Exit::Usage), expected, "{call:?}");
    }
    let expected = "error: there is no profile called `something-else`\nhint: `kclogin profile list` shows those there are\n";
    assert_eq!(machine.run(&["status", "-p", "something-else"]).failed(Exit::Usage), expected);
}

#[test]
fn the_list_says_who_is_signed_in_where() {
    let (work, home, machine) = two();
    machine.run(&["logout", "-p", "home"]).done();
    let outcome = machine.run(&["profile", "list"]);
    let expected = format!("  home  -      {}  (client kclogin)\n* work  alice  {}  (client kclogin)\n", home.issuer(), work.issuer());
    assert_eq!((outcome.exit, outcome.stdout, outcome.stderr.as_str()), (Exit::Done, expected, ""));
    machine.store.fail_to_open(Some(crate::store::Fault::Locked));
    let outcome = machine.run(&["profile", "list"]);
    assert_eq!(
        (outcome.exit, outcome.stdout.matches("  ?  ").count()),
        (Exit::Done, 2),
        "a locked keyring keeps nobody from looking: {}",
        outcome.stdout
    );
}

#[test]
fn an_empty_list_says_how_to_begin() {
    let outcome = Machine::new().run(&["profile", "list"]);
    let expected = "There are no profiles yet; the first `kclogin login --issuer URL` makes one.\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", expected));
}

#[test]
fn a_profile_is_shown_as_it_is_written_down() {
    let (work, _home, machine) = two();
    let expected = format!(
        "work (default)\n  Issuer    {}\n  Client    kclogin\n  Scope     openid profile email\n  Store     {}\n",
        work.issuer(),
        kclogin::token_store::StoreName::default().description()
    );
    for call in [&["profile", "show"][..], &["profile", "show", "work"], &["profile", "show", "-p", "work"]] {
        let outcome = machine.run(call);
        assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, expected.as_str(), ""), "{call:?}");
    }
}

#[test]
fn a_profile_that_is_signed_in_is_not_removed_unless_forced() {
    let (work, _home, machine) = two();
    let stderr = machine.run(&["profile", "remove", "work"]).failed(Exit::Failed);
    let expected = "error: the profile `work` is signed in as alice, so it was not removed\n\
                    hint: sign out first with `kclogin logout --profile work`, or forget the session with `--force`\n";
    assert_eq!((stderr.as_str(), machine.store.kept().len()), (expected, 2));
    let outcome = machine.run(&["profile", "remove", "work", "--force"]);
    let expected = "warning: the session of alice was removed here; at the provider it lives on until it expires\nRemoved the profile `work`.\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", expected));
    assert_eq!((machine.store.kept().len(), work.live_sessions(), work.request_count()), (1, 1, 0));
    assert!(!machine.config().contains("work"), "{}", machine.config());
}

#[test]
fn a_session_that_can_t_be_read_keeps_its_profile_unless_forced() {
    let (_work, _home, machine) = two();
    machine.store.fail_once(0, Fault::Absent);
    machine.run(&["profile", "remove", "work"]).failed(Exit::StoreUnavailable);
    assert_eq!(machine.store.kept().len(), 2);
    machine.store.fail_once(0, Fault::Absent);
    assert_eq!(machine.run(&["profile", "remove", "work", "--force"]).exit, Exit::Done);
    assert_eq!(machine.store.kept().len(), 1);
    assert!(!machine.config().contains("work"), "{}", machine.config());
}

#[test]
fn a_profile_that_is_signed_out_is_removed_with_its_secret() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t-of-backend");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
    machine.run(&["login", "--client-id", "backend", "--issuer", &provider.issuer()]).done();
    machine.run(&["logout"]).done();
    assert_eq!(machine.store.kept().len(), 1);
    let outcome = machine.run(&["profile", "remove", "test"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", "Removed the profile `test`.\n"));
    assert_eq!((machine.store.kept().len(), machine.config().trim()), (0, ""));
}

#[test]
fn an_option_goes_before_the_environment_and_that_before_the_default() {
    let (work, home, machine) = two();
    assert_eq!(whose(&machine, &[]), alice_at(&work), "the default");
    machine.set("KCLOGIN_PROFILE", "home");
    assert_eq!(whose(&machine, &[]), bob_at(&home), "the environment");
    assert_eq!(whose(&machine, &["-p", "work"]), alice_at(&work), "the option");
}

#[test]
fn an_issuer_in_the_environment_finds_its_profile() {
    let (work, home, machine) = two();
    machine.set("KCLOGIN_ISSUER", &home.issuer());
    assert_eq!(whose(&machine, &[]), bob_at(&home));
    assert_eq!(whose(&machine, &["-p", "work"]), alice_at(&work), "a named profile means its own issuer");
    machine.set("KCLOGIN_ISSUER", "https://unknown.example/realms/x");
    let expected = "error: not logged in: no profile is for https://unknown.example/realms/x\n\
                    hint: sign in with `kclogin login --issuer https://unknown.example/realms/x`\n";
    assert_eq!(machine.run(&["token"]).failed(Exit::LoginRequired), expected);
}

#[test]
fn scopes_and_client_come_from_option_environment_profile_and_default_in_this_order() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.public_client("other");
    let asked = |more: &[&str]| {
        let visits = sign_in(&machine);
        machine.run(&[&["login", "-p", "x", "--issuer", &provider.issuer()], more].concat()).done();
        let address = visits.next().0;
        (parameter(&address, "scope"), parameter(&address, "client_id"))
    };
    assert_eq!(asked(&[]), ("openid profile email".to_owned(), "kclogin".to_owned()), "the default");
    assert_eq!(asked(&["--scope", "email"]).0, "openid email", "the option");
    assert_eq!(asked(&[]).0, "openid email", "the profile");
    machine.set("KCLOGIN_SCOPE", "openid profile");
    assert_eq!(asked(&[]).0, "openid profile", "the environment");
    assert_eq!(asked(&["--scope", "offline_access"]).0, "openid offline_access", "the option again");
    machine.set("KCLOGIN_CLIENT_ID", "other");
    assert_eq!(asked(&["-p", "y"]).1, "other");
    assert_eq!(asked(&["-p", "z", "--client-id", "kclogin"]).1, "kclogin");
}

#[test]
fn a_login_can_take_its_issuer_from_the_environment() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    machine.run(&["login"]).done();
    assert_eq!(whose(&machine, &[]), alice_at(&provider));
}

#[test]
fn a_profile_is_never_bent_to_another_issuer_or_client() {
    let (work, home, machine) = two();
    let config = machine.config();
    let expected = format!(
        "error: the profile `work` is for {} and the client `kclogin`, not for what was given\n\
         hint: use another name (`--profile NAME`), or remove this profile first (`kclogin profile remove work`)\n",
        work.issuer()
    );
    assert_eq!(machine.run(&["login", "-p", "work", "--issuer", &home.issuer()]).failed(Exit::Usage), expected);
    assert_eq!(machine.run(&["login", "-p", "work", "--client-id", "other"]).failed(Exit::Usage), expected);
    assert_eq!((machine.config(), machine.opened(), home.request_count()), (config, 2, 0));
}

#[test]
fn without_a_default_the_choice_is_the_person_s() {
    let (_work, _home, machine) = two();
    machine.write_config(&machine.config().replace("default-profile = \"work\"\n", ""));
    let expected = "error: it is not clear which profile is meant: home, work\n\
                    hint: name one with `--profile NAME`, or choose a default with `kclogin profile use NAME`\n";
    for call in ["token", "whoami", "status", "logout", "login"] {
        assert_eq!(machine.run(&[call]).failed(Exit::Usage), expected, "{call}");
    }
}

#[test]
fn a_copied_session_is_not_used_for_another_provider() {
    let (work, home, machine) = two();
    let kept = machine.store.kept();
    let of_work = kept[&format!("token-set work kclogin {}", work.issuer())].clone();
    machine.store.change("token-set home ", |bytes| *bytes = of_work);
    let stderr = machine.run(&["token", "-p", "home"]).failed(Exit::LoginRequired);
    let expected = "error: the stored session belongs to another provider or client, so it is not used\nhint: sign in with `kclogin login`\n";
    assert_eq!((stderr.as_str(), home.requests(Endpoint::Token).len()), (expected, 0));
}

#[test]
fn a_login_without_any_provider_says_how_to_name_one() {
    let stderr = Machine::new().run(&["login"]).failed(Exit::Usage);
    assert_eq!(stderr, "error: it is not known where to sign in\nhint: name the provider: `kclogin login --issuer https://HOST/realms/NAME`\n");
}

#[test]
fn after_a_logout_of_all_every_profile_can_be_removed_at_once() {
    let (_work, _home, machine) = two();
    machine.run(&["logout", "--all"]).done();
    let outcome = machine.run(&["profile", "remove", "--all"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""));
    assert_eq!(outcome.stderr, "Removed the profile `home`.\nRemoved the profile `work`.\n");
    assert_eq!((machine.store.kept().len(), machine.config().trim()), (0, ""));
    machine.run(&["profile", "remove"]).failed(Exit::Usage);
}

#[test]
fn sites_are_allowed_by_name_and_shown() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let allow = |more: &[&str]| machine.run(&[&["profile", "allow"], more].concat());
    let outcome = allow(&["GIT.example.com:443"]);
    assert_eq!(outcome.stderr, "Programs may now send the token of the profile test to git.example.com.\n");
    outcome.done();
    allow(&["127.0.0.1:3000"]).done();
    allow(&["git.example.com"]).done();
    assert!(machine.config().contains("sites = [\"127.0.0.1:3000\", \"git.example.com\"]\n"), "{}", machine.config());
    let shown = machine.run(&["profile", "show"]).done();
    assert!(shown.contains("Sites     127.0.0.1:3000, git.example.com\n"), "{shown}");
    allow(&["git.example.com", "--remove"]).done();
    machine.run(&["login"]).done();
    assert!(machine.config().contains("sites = [\"127.0.0.1:3000\"]\n"), "a login keeps them: {}", machine.config());
    let stderr = allow(&["https://git.example.com/team"]).failed(Exit::Usage);
    assert!(stderr.starts_with("error: `https://git.example.com/team` is not a host\nhint: "), "{stderr}");
}

#[test]
fn completions_get_the_names_and_no_store_is_asked() {
    let machine = Machine::signed_in_to(&Provider::start());
    let other = Provider::start();
    machine.run(&["login", "--profile", "a.second-one", "--issuer", &other.issuer()]).done();
    let calls = machine.store.calls().len();
    assert_eq!(machine.run(&["profile", "list", "--names"]).done(), "a.second-one\ntest\n");
    assert_eq!(machine.store.calls().len(), calls);
    assert_eq!(Machine::new().run(&["profile", "list", "--names"]).done(), "");
}
