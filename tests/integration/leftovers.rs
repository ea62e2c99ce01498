//! What a profile may have left in a store that is not its own: written down until it is cleared, by whichever command comes next.

use kclogin::exit::Exit;
use kclogin::token_store::StoreName;

use crate::machine::Machine;
use crate::provider::Provider;
use crate::store::{Fault, MemoryStore};

/// What is said where the keyring, which is called differently on each system, can't be cleared.
fn warning() -> String {
    let keyring = StoreName::Keyring.description();
    format!(
        "warning: what the profile `test` may have left in another store, {keyring}, could not be removed there: there is no keyring here; the next login \
         or logout tries again\n"
    )
}

const WRITTEN_DOWN: &str = "\nuncleared-stores = [\"keyring\"]\n";

/// A machine whose profile has left the keyring while that was absent, with a session in it, and the store it is in now.
fn left(provider: &Provider) -> (Machine, MemoryStore) {
    let machine = Machine::signed_in_to(provider);
    let own = machine.replace_store("helper:own");
    machine.store.fail_to_open(Some(Fault::Absent));
    let outcome = machine.run(&["login", "--store", "helper:own"]);
    assert_eq!((outcome.exit, outcome.stderr.matches(&*warning()).count()), (Exit::Done, 1), "the login stands: {}", outcome.stderr);
    assert_eq!((machine.store.kept().len(), own.kept().len()), (1, 1));
    assert!(machine.config().contains(WRITTEN_DOWN), "{}", machine.config());
    (machine, own)
}

#[test]
fn what_could_not_be_cleared_is_written_down_shown_and_tried_again() {
    let provider = Provider::start();
    let (machine, own) = left(&provider);
    assert!(machine.run(&["profile", "show"]).done().contains("\n  Left in   keyring, until it can be cleared\n"));
    for call in [["login"].as_slice(), &["logout"], &["logout", "--all"]] {
        let outcome = machine.run(call);
        assert_eq!((outcome.exit, outcome.stderr.matches(&*warning()).count()), (Exit::Done, 1), "{call:?}: {}", outcome.stderr);
        assert!(machine.config().contains(WRITTEN_DOWN), "{call:?}: {}", machine.config());
    }
    machine.run(&["login"]).done();
    machine.store.fail_to_open(None);
    let calls = machine.store.calls().len();
    for call in
        [["token"].as_slice(), &["token", "--force-refresh"], &["exec", "--", "true"], &["status"], &["profile", "list"], &["profile", "show"]]
    {
        machine.run(call);
    }
    assert_eq!(machine.store.calls().len(), calls, "what is only to be used does not tidy up");
    let outcome = machine.run(&["logout"]);
    assert_eq!((outcome.exit, outcome.stderr.contains("warning")), (Exit::Done, false), "{}", outcome.stderr);
    assert_eq!((machine.store.kept().len(), own.kept().len(), machine.config().contains("uncleared")), (0, 0, false));
    assert!(!machine.run(&["profile", "show"]).done().contains("Left in"));
}

#[test]
fn every_command_that_changes_the_profile_clears_what_is_written_down() {
    let calls: [(&[&str], usize); 4] = [
        (&["login"], 1),
        (&["logout", "--local"], 0),
        (&["profile", "remove", "test", "--force"], 0),
        (&["profile", "move-store", "--to", "helper:third"], 0),
    ];
    for (call, in_own) in calls {
        let provider = Provider::start();
        let (machine, own) = left(&provider);
        let third = machine.replace_store("helper:third");
        machine.store.fail_to_open(None);
        let outcome = machine.run(call);
        assert_eq!((outcome.exit, outcome.stderr.contains("another store")), (Exit::Done, false), "{call:?}: {}", outcome.stderr);
        assert_eq!((machine.store.kept().len(), own.kept().len()), (0, in_own), "{call:?}");
        assert!(!machine.config().contains("uncleared"), "{call:?}: {}", machine.config());
        assert_eq!(third.kept().len(), usize::from(call.contains(&"move-store")));
    }
}

#[test]
fn a_failed_login_clears_what_is_written_down_too() {
    let provider = Provider::start();
    let (machine, own) = left(&provider);
    machine.store.fail_to_open(None);
    own.fail_once(0, Fault::Locked);
    machine.run(&["login"]).failed(Exit::StoreUnavailable);
    assert_eq!((machine.store.kept().len(), own.kept().len(), machine.config().contains("uncleared")), (0, 1, false));
}

#[test]
fn several_stores_can_be_written_down_and_the_one_that_works_is_struck_out() {
    let provider = Provider::start();
    let (machine, own) = left(&provider);
    own.fail_to_open(Some(Fault::Absent));
    machine.run(&["login", "--store", "file"]).done();
    assert!(machine.config().contains("\nuncleared-stores = [\"keyring\", \"helper:own\"]\n"), "{}", machine.config());
    own.fail_to_open(None);
    machine.run(&["login"]).done();
    assert_eq!((own.kept().len(), machine.store.kept().len()), (0, 1));
    assert!(machine.config().contains(WRITTEN_DOWN), "{}", machine.config());
    machine.store.fail_to_open(None);
    machine.run(&["login", "--store", "keyring"]).done();
    assert_eq!((machine.store.kept().len(), machine.config().contains("uncleared")), (1, false), "it is the profile's own again");
    machine.run(&["token"]).done();
}

#[test]
fn a_store_that_fails_while_it_is_cleared_stays_written_down() {
    let provider = Provider::start();
    for after in 0..3 {
        let machine = Machine::signed_in_to(&provider);
        machine.replace_store("helper:own");
        // The login itself asks nothing of the keyring.
        machine.store.fail_once(after, Fault::Absent);
        let outcome = machine.run(&["login", "--store", "helper:own"]);
        assert_eq!((outcome.exit, outcome.stderr.matches(&*warning()).count()), (Exit::Done, 1), "{after}: {}", outcome.stderr);
        assert!(machine.config().contains(WRITTEN_DOWN), "{after}: {}", machine.config());
        machine.run(&["logout"]).done();
        assert_eq!((machine.store.kept().len(), machine.config().contains("uncleared")), (0, false), "{after}");
    }
}

#[test]
fn the_profile_s_own_store_is_never_cleared_whatever_is_written_down() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let config = machine.config();
    machine.write_config(&config.replace("client-id", "uncleared-stores = [\"keyring\"]\nclient-id"));
    let kept = machine.store.kept();
    let other = machine.replace_store("helper:other");
    // A move that fails: all that it writes down, it strikes out again.
    other.fail_once(0, Fault::Locked);
    machine.run(&["profile", "move-store", "--to", "helper:other"]).failed(Exit::StoreUnavailable);
    assert!(machine.store.kept() == kept && machine.config() == config, "{}", machine.config());
    machine.run(&["token", "--force-refresh"]).done();
}

#[test]
fn a_store_that_this_version_does_not_know_stays_written_down() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    machine.write_config(&machine.config().replace("client-id", "uncleared-stores = [\"vault\", \"helper:other\"]\nclient-id"));
    let outcome = machine.run(&["logout"]);
    assert_eq!((outcome.exit, outcome.stderr.contains("another store, vault, could not be")), (Exit::Done, true), "{}", outcome.stderr);
    assert!(machine.config().contains("vault"), "{}", machine.config());
}

#[test]
fn a_profile_with_something_left_is_removed_only_by_force() {
    let provider = Provider::start();
    let (machine, _own) = left(&provider);
    machine.run(&["logout"]).done();
    let stderr = machine.run(&["profile", "remove", "test"]).failed(Exit::StoreUnavailable);
    let said = format!("error: what the profile `test` may have left in another store, {}, could not be ", StoreName::Keyring.description());
    assert!(stderr.starts_with(&said), "{stderr}");
    assert!(stderr.ends_with("; `--force` removes the profile all the same\n"), "{stderr}");
    assert!(machine.config().contains(WRITTEN_DOWN), "{}", machine.config());
    let outcome = machine.run(&["profile", "remove", "test", "--force"]);
    assert_eq!((outcome.exit, outcome.stderr.contains("warning: what the profile `test` may have left")), (Exit::Done, true), "{}", outcome.stderr);
    assert!(!machine.config().contains("test"), "{}", machine.config());
}

#[test]
fn an_imported_secret_is_cleared_from_where_it_was_before_the_issuer_was_known() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t-of-backend");
    let issuer = provider.issuer();
    let file = machine.path("client_secrets.json");
    // URLs of another shape than Keycloak's don't tell the issuer.
    let endpoints = format!(r#""auth_uri": "{issuer}/protocol//openid-connect/auth", "token_uri": "{issuer}/protocol//openid-connect/token""#);
    std::fs::write(&file, format!(r#"{{"web": {{"client_id": "backend", "client_secret": "s3cr3t-of-backend", {endpoints}}}}}"#)).expect("written");
    machine.run(&["profile", "import", "-p", "test", file.to_str().expect("a path")]).done();
    assert_eq!(machine.store.kept().len(), 1);
    let own = machine.replace_store("helper:own");
    machine.run(&["login", "-p", "test", "--store", "helper:own", "--redirect-uri", "http://127.0.0.1/callback"]).done();
    assert_eq!((machine.store.kept().len(), own.kept().len(), machine.config().contains("uncleared")), (0, 2, false), "{}", machine.config());
}
