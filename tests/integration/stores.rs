//! Token stores beside the keyring: chosen by name, remembered, and left behind with nothing in them.

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::Provider;
use crate::store::Fault;

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
fn a_former_store_that_fails_is_a_warning_and_the_login_stands() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    machine.store.fail_to_open(Some(Fault::Absent));
    let outcome = machine.run(&["login", "--store", "file"]);
    let expected =
        "warning: what this profile had in its former store, keyring (Secret Service), could not be removed there: there is no keyring here\n";
    assert_eq!((outcome.exit, outcome.stderr.contains(expected)), (Exit::Done, true), "{}", outcome.stderr);
    machine.run(&["token"]).done();
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
