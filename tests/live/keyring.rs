//! The Secret Service when it is locked, absent, or has nowhere to keep anything: never "not logged in", never a browser.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use crate::bench::{Outcome, Person, outcome};

/// Runs kclogin on a session bus of its own, after `before` has been run there by a shell.
///
/// What kclogin prints goes to files: a keyring that the bus was just starting as it ended may live on for ever with the bus's stderr, and whoever reads a pipe
/// to its end would wait for it. With its group it is ended here.
fn on_another_bus(person: &Person, before: &str, arguments: &[&str]) -> Outcome {
    let plain = person.command(arguments);
    let mut command = Command::new("dbus-run-session");
    let printed = ["stdout", "stderr"].map(|name| person.path(name));
    command.args(["--", "sh", "-c", &format!("{before}\nout=$1 err=$2\nshift 2\nexec \"$@\" >\"$out\" 2>\"$err\""), "sh"]);
    command.args(&printed).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let runtime = person.path("run");
    fs::create_dir_all(&runtime).expect("a directory");
    fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("private");
    command.env("XDG_RUNTIME_DIR", runtime).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut session = command.spawn().expect("dbus-run-session runs");
    let status = session.wait().expect("a status");
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", session.id())]).stderr(Stdio::null()).status();
    let [stdout, stderr] = printed.map(|path| fs::read(path).expect("what was printed"));
    outcome(Output { status, stdout, stderr })
}

const UNLOCKED: &str = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";

#[test]
fn a_locked_keyring_is_exit_4_keeps_the_session_and_opens_no_browser() {
    let person = Person::new();
    on_another_bus(&person, UNLOCKED, &["login", "--issuer", &person.issuer(), "--timeout", "60s"]).done();
    on_another_bus(&person, UNLOCKED, &["token"]).done();
    person.forget_seen();
    for arguments in [["token"].as_slice(), &["whoami"], &["status"], &["login", "--timeout", "5s"], &["logout"]] {
        let stderr = on_another_bus(&person, LOCKED, arguments).failed(4);
        assert!(stderr.starts_with("error: the keyring is locked\nhint: unlock it: "), "{arguments:?}: {stderr}");
    }
    assert!(!person.path("browser.log").exists(), "no browser was opened");
    on_another_bus(&person, UNLOCKED, &["token"]).done();
}

#[test]
fn an_absent_keyring_is_exit_4() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.forget_seen();
    for arguments in [["token"].as_slice(), &["login", "--timeout", "5s"]] {
        let mut without_bus = person.command(arguments);
        without_bus.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", person.path("empty"));
        let stderr = outcome(without_bus.output().expect("kclogin runs")).failed(4);
        assert!(stderr.starts_with("error: there is no keyring here: no D-Bus session bus is running\nhint: "), "{stderr}");
    }
    assert!(!person.path("browser.log").exists(), "no browser was opened");
}

#[test]
fn a_keyring_without_a_default_collection_is_found_out_before_the_browser_opens() {
    let person = Person::new();
    let stderr = on_another_bus(&person, LOCKED, &["login", "--issuer", &person.issuer(), "--timeout", "5s"]).failed(4);
    assert!(stderr.starts_with("error: the keyring has no default collection to keep anything in\nhint: create one"), "{stderr}");
    assert!(!person.path("browser.log").exists(), "no browser was opened");
}

#[test]
fn a_bus_that_is_gone_is_an_absent_keyring() {
    let mut person = Person::new();
    person.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let stderr = person.log_in(&[]).failed(4);
    assert!(stderr.starts_with("error: there is no keyring here: no program on the session bus offers one\nhint: start one"), "{stderr}");
}
