//! Token stores beside the keyring: chosen by name, remembered, and left behind with nothing in them.

use kclogin::exit::Exit;
use kclogin::token_store::StoreName;

use crate::machine::Machine;
use crate::provider::Provider;
use crate::store::{Fault, MemoryStore};

const CAUTION: &str =
    "warning: this store does not encrypt: every program you run, and whoever gets this disk or a backup of it, can read the tokens\n";

/// The names of the files that the store `file` keeps.
fn files(machine: &Machine) -> Vec<String> {
    let entries = std::fs::read_dir(machine.path(".local/state/kclogin/tokens")).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_chosen_store_is_remembered_and_its_caution_said_once() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let first = machine.run(&["login", "--store", "file", "--issuer", &provider.issuer()]);
    assert_eq!((first.exit, first.stderr.matches(CAUTION).count()), (Exit::Done, 1), "{}", first.stderr);
    assert!(machine.config().contains("\nstore = \"file\"\n"), "{}", machine.config());
    assert_eq!((files(&machine).len(), machine.store.calls().len()), (1, 0), "the keyring was left alone");
    for call in [&["token"][..], &["whoami"], &["login"], &["login", "--store", "file"], &["profile", "list"], &["logout"]] {
        let outcome = machine.run(call);
        assert_eq!((outcome.exit, outcome.stderr.contains("does not encrypt")), (Exit::Done, false), "{call:?}: {}", outcome.stderr);
    }
    assert_eq!((files(&machine), machine.store.calls().len()), (vec![], 0));
}

#[test]
fn the_environment_chooses_a_store_and_the_option_another() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("KCLOGIN_STORE", "file");
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    assert!(machine.config().contains("\nstore = \"file\"\n"), "{}", machine.config());
    machine.run(&["token"]).done();
    assert!(machine.run(&["token", "--store", "keyring"]).failed(Exit::LoginRequired).starts_with("error: not logged in to "));
    machine.set("KCLOGIN_STORE", "nonsense");
    assert!(
        machine.run(&["token"]).failed(Exit::Usage).starts_with("error: there is no token store called `nonsense`\nhint: the stores are: keyring, ")
    );
}

#[test]
fn status_and_show_name_the_store_and_its_directory() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--store", "file", "--issuer", &provider.issuer()]).done();
    let expected = format!("  Store     file (not encrypted, in {})\n", machine.path(".local/state/kclogin/tokens").display());
    for call in [["status"].as_slice(), &["profile", "show"]] {
        let stdout = machine.run(call).done();
        assert!(stdout.contains(&expected), "{call:?}: {stdout}");
    }
    let status: serde_json::Value = serde_json::from_str(&machine.run(&["status", "--json"]).done()).expect("JSON");
    assert_eq!(status["store"], "file");
}

#[test]
fn a_login_to_another_store_leaves_nothing_in_the_one_before() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t-of-backend");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
    machine.run(&["login", "--client-id", "backend", "--issuer", &provider.issuer()]).done();
    assert_eq!(machine.store.kept().len(), 2);
    machine.set("KCLOGIN_CLIENT_SECRET", "");
    machine.run(&["login", "--store", "file"]).done();
    assert_eq!((machine.store.kept().len(), files(&machine).len()), (0, 2), "the client's secret came along");
    machine.run(&["token", "--force-refresh"]).done();
    machine.run(&["login", "--store", "keyring"]).done();
    assert_eq!((machine.store.kept().len(), files(&machine).len()), (2, 0), "and back");
}

#[test]
fn a_login_that_fails_leaves_the_session_in_the_store_before() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let config = machine.config();
    let other = machine.replace_store("file");
    for (after, what) in [(0, "the probe"), (3, "the saving")] {
        other.fail_once(after, Fault::Locked);
        assert!(machine.run(&["login", "--store", "file"]).failed(Exit::StoreUnavailable).contains("error: the keyring is locked"), "{what}");
    }
    assert_eq!((machine.config(), other.kept().len(), machine.store.kept().len()), (config, 0, 1));
    machine.run(&["token"]).done();
}

#[test]
fn removing_and_signing_out_look_in_the_store_of_each_profile() {
    let (provider, machine) = (Provider::start(), Machine::new());
    for (name, store) in [("a", "keyring"), ("b", "file")] {
        machine.run(&["login", "-p", name, "--store", store, "--issuer", &provider.issuer()]).done();
    }
    assert!(machine.run(&["profile", "remove", "b"]).failed(Exit::Failed).contains("is signed in as alice"));
    machine.run(&["logout", "--all"]).done();
    assert_eq!((machine.store.kept().len(), files(&machine), provider.live_sessions()), (0, vec![], 0));
    machine.run(&["profile", "remove", "--all"]).done();
}

#[test]
fn an_import_can_choose_its_store_too() {
    let machine = Machine::new();
    let file = machine.path("keycloak.json");
    std::fs::write(&file, r#"{"realm":"a","auth-server-url":"https://kc.example","resource":"x","credentials":{"secret":"s3cr3t"}}"#)
        .expect("written");
    machine.set("KCLOGIN_STORE", "file");
    let outcome = machine.run(&["profile", "import", file.to_str().expect("a path")]);
    assert_eq!((outcome.exit, outcome.stderr.contains(CAUTION)), (Exit::Done, true), "{}", outcome.stderr);
    assert!(machine.config().contains("\nstore = \"file\"\n"), "it is remembered: {}", machine.config());
    assert_eq!(files(&machine).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_token_file_that_others_can_read_is_exit_4_and_asks_nobody() {
    use std::os::unix::fs::PermissionsExt;
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--store", "file", "--issuer", &provider.issuer()]).done();
    provider.forget_requests();
    let path = machine.path(".local/state/kclogin/tokens").join(&files(&machine)[0]);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    let stderr = machine.run(&["token"]).failed(Exit::StoreUnavailable);
    let expected = format!(
        "error: {path} can be read or written by other users, so it is not used for tokens\n\
         hint: make it yours alone with `chmod 600 '{path}'`; somebody may have read it: `kclogin logout` ends the session\n",
        path = path.display()
    );
    assert_eq!((stderr, provider.request_count(), machine.opened()), (expected, 0, 1));
}

#[cfg(unix)]
#[test]
fn a_helper_keeps_a_session_and_one_that_is_gone_is_exit_4() {
    use std::os::unix::fs::PermissionsExt;
    let (provider, machine) = (Provider::start(), Machine::new());
    let program = machine.path("docker-credential-test");
    let script = "#!/bin/sh\nIFS= read -r line\nfile=$HOME/kept-$(printf %s \"$line\" | sed 's/.*https:..\\([^.]*\\).*/\\1/')\ncase $1 in\n\
                  store) printf %s \"$line\" > \"$file\" ;;\n\
                  get) cat \"$file\" 2> /dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;\n\
                  erase) rm \"$file\" ;;\nesac\n";
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("set");
    machine.set("PATH", &format!("{}:/usr/bin:/bin", machine.path("").display()));
    machine.run(&["login", "--store", "helper:test", "--issuer", &provider.issuer()]).done();
    machine.run(&["token", "--force-refresh"]).done();
    assert!(machine.run(&["status"]).done().contains("  Store     helper:test (docker-credential-test)\n"));
    assert_eq!(machine.store.calls().len(), 0, "the keyring was left alone");
    machine.set("PATH", "/usr/bin:/bin");
    let expected = "error: there is no program `docker-credential-test`\n\
                    hint: install it in a directory that is in your PATH, or choose another store with `--store`\n";
    for call in ["token", "whoami", "status", "logout"] {
        assert_eq!(machine.run(&[call]).failed(Exit::StoreUnavailable), expected, "{call}");
    }
    machine.set("PATH", &format!("{}:/usr/bin:/bin", machine.path("").display()));
    machine.run(&["logout"]).done();
    let left = std::fs::read_dir(machine.path(""))
        .expect("entries")
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("kept-")));
    assert_eq!(left.count(), 0);
}

/// A machine with a confidential client signed in and its secret kept, and the store that `helper:other` is.
fn before_a_move(provider: &Provider) -> (Machine, MemoryStore) {
    let machine = Machine::new();
    provider.confidential_client("backend", "s3cr3t-of-backend");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
    machine.run(&["login", "--client-id", "backend", "--issuer", &provider.issuer()]).done();
    machine.set("KCLOGIN_CLIENT_SECRET", "");
    let other = machine.replace_store("helper:other");
    (machine, other)
}

const MOVE: [&str; 4] = ["profile", "move-store", "--to", "helper:other"];

#[test]
fn moving_takes_the_session_and_the_client_s_secret_along() {
    let provider = Provider::start();
    let (machine, other) = before_a_move(&provider);
    let (kept, token) = (machine.store.kept(), machine.run(&["token"]).done());
    let outcome = machine.run(&MOVE);
    let expected = "What the profile test keeps is now in helper:other (docker-credential-other).\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", expected));
    assert!(machine.store.kept().is_empty() && other.kept() == kept);
    assert!(machine.config().contains("\nstore = \"helper:other\"\n"), "{}", machine.config());
    assert_eq!(machine.run(&["token"]).done(), token);
    machine.run(&["token", "--force-refresh"]).done();
    machine.run(&["profile", "move-store", "test", "--to", "file"]).done();
    machine.run(&["profile", "move-store", "-p", "test", "--to", "keyring"]).done();
    assert_eq!((machine.store.kept().len(), other.kept().len(), files(&machine).len()), (2, 0, 0), "and round");
    machine.run(&["token", "--force-refresh"]).done();
}

#[test]
fn a_move_that_fails_at_any_call_of_either_store_loses_nothing() {
    let provider = Provider::start();
    for which in ["from", "to"] {
        let mut failed = 0;
        for after in 0.. {
            let (machine, other) = before_a_move(&provider);
            let (config, kept) = (machine.config(), machine.store.kept());
            let store = if which == "from" { &machine.store } else { &other };
            let calls = store.calls().len();
            store.fail_once(after, Fault::Locked);
            let outcome = machine.run(&MOVE);
            if store.calls().len() - calls <= after {
                assert_eq!(outcome.exit, Exit::Done, "there was no such call");
                break;
            }
            failed += 1;
            if outcome.exit == Exit::Done {
                assert!(
                    outcome.stderr.contains(&format!(
                        "warning: what the profile `test` may have left in another store, {}, could not be ",
                        StoreName::Keyring.description()
                    )),
                    "{}",
                    outcome.stderr
                );
                assert!(other.kept() == kept && which == "from", "it was moved");
            } else {
                assert_eq!((outcome.exit, machine.config()), (Exit::StoreUnavailable, config), "{which} {after}");
                assert!(machine.store.kept() == kept, "{which} {after}");
                // A probe that can't be removed holds nothing of worth.
                let left = other.kept().into_keys().filter(|account| !account.starts_with("probe ")).count();
                assert_eq!(left, 0, "{which} {after}");
            }
            machine.run(&["token", "--force-refresh"]).done();
            let _ = machine.run(&MOVE);
            machine.run(&["token", "--force-refresh"]).done();
            machine.run(&["logout"]).done();
            let left = [machine.store.kept(), other.kept()].map(|kept| kept.into_keys().filter(|account| account.starts_with("token-set ")).count());
            assert_eq!((left, machine.config().contains("uncleared")), ([0, 0], false), "{which} {after}");
        }
        assert!(failed >= 4, "{failed} calls of {which}");
    }
}

#[test]
fn a_move_whose_profile_can_t_be_written_leaves_all_as_it_was() {
    let provider = Provider::start();
    let (machine, other) = before_a_move(&provider);
    let (config, kept) = (machine.config(), machine.store.kept());
    let lock = machine.path(".config/kclogin/.config.toml.lock");
    std::fs::remove_file(&lock).expect("removed");
    std::fs::create_dir(&lock).expect("made");
    assert!(machine.run(&MOVE).failed(Exit::Failed).starts_with("error: the configuration "));
    assert!((machine.config(), machine.store.kept(), other.kept().len()) == (config, kept, 0));
    std::fs::remove_dir(&lock).expect("removed");
    machine.run(&["token", "--force-refresh"]).done();
}

#[test]
fn a_new_store_that_changes_what_it_keeps_is_found_out() {
    let provider = Provider::start();
    let (machine, other) = before_a_move(&provider);
    let (config, kept) = (machine.config(), machine.store.kept());
    other.spoil_what_is_saved();
    let expected = "error: the new token store does not give back what it was given, so nothing was moved\n";
    assert_eq!(machine.run(&MOVE).failed(Exit::StoreUnavailable), expected);
    assert!((machine.config(), machine.store.kept(), other.kept().len()) == (config, kept, 0));
}

#[test]
fn a_move_that_makes_no_sense_is_a_wrong_call_and_one_of_nothing_is_not() {
    let provider = Provider::start();
    let (machine, other) = before_a_move(&provider);
    let expected = "error: the profile `test` is in that store already\n";
    assert_eq!(machine.run(&["profile", "move-store", "--to", "keyring"]).failed(Exit::Usage), expected);
    assert!(
        machine.run(&["profile", "move-store", "--to", "vault"]).failed(Exit::Usage).starts_with("error: there is no token store called `vault`\n")
    );
    machine.run(&["profile", "move-store", "nobody", "--to", "file"]).failed(Exit::Usage);
    machine.run(&["logout"]).done();
    machine.store.forget("client-secret ");
    machine.set("KCLOGIN_STORE", "keyring");
    let outcome = machine.run(&MOVE);
    let expected = "Nothing is kept yet for the profile test; it will be kept in helper:other (docker-credential-other).\n\
                    warning: KCLOGIN_STORE is `keyring`, which goes before the profile: change it too\n";
    assert_eq!((outcome.exit, outcome.stderr.as_str(), other.kept().len()), (Exit::Done, expected, 0));
    assert!(machine.config().contains("\nstore = \"helper:other\"\n"), "{}", machine.config());
}

#[test]
fn moving_to_files_warns_that_they_are_not_encrypted() {
    let provider = Provider::start();
    let (machine, _other) = before_a_move(&provider);
    let outcome = machine.run(&["profile", "move-store", "--to", "file"]);
    assert_eq!((outcome.exit, outcome.stderr.starts_with(CAUTION)), (Exit::Done, true), "{}", outcome.stderr);
}

#[test]
fn a_move_waits_for_a_refresh_that_is_under_way() {
    let provider = Provider::start();
    let (machine, other) = before_a_move(&provider);
    let before = provider.live_sessions();
    std::thread::scope(|scope| {
        let lock = kclogin::refresh_lock::take(Some(&machine.path(".local/state/kclogin")), "test").expect("the lock");
        let moving = scope.spawn(|| machine.run(&MOVE).exit);
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!moving.is_finished() && other.kept().is_empty(), "it waits");
        drop(lock);
        assert_eq!(moving.join().expect("no panic"), Exit::Done);
    });
    assert_eq!((other.kept().len(), provider.live_sessions()), (2, before));
}
