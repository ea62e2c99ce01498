//! Signing in with a browser on another machine.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::bench::{Person, outcome};
use crate::form::sign_in;

/// A login that waits, with the address it has printed.
fn begin(person: &Person, more: &[&str]) -> (Child, String) {
    let issuer = person.issuer();
    let mut command = person.command(&[&["login", "--paste", "--timeout", "60s", "--issuer", &issuer], more].concat());
    let mut login = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let mut lines = BufReader::new(login.stderr.as_mut().expect("stderr")).lines().map(|line| line.expect("text"));
    let address = lines.find_map(|line| Some(line.strip_prefix("  ")?.to_owned())).expect("an address");
    (login, address)
}

#[test]
fn the_address_that_is_copied_from_another_machine_s_browser_signs_in() {
    let person = Person::new();
    let (mut login, address) = begin(&person, &[]);
    let ended = sign_in(&person, &address);
    assert!(ended.starts_with("http://127.0.0.1:") && ended.contains("/callback?"), "{ended}");
    // What a program behind us reads of stdin is its own.
    write!(login.stdin.as_mut().expect("stdin"), "not this\n{ended}\n").expect("written");
    let outcome = outcome(login.wait_with_output().expect("an end"));
    assert!(outcome.stderr.contains("That is not the answer to this login: ") && outcome.stderr.contains("Logged in as "), "{outcome:?}");
    outcome.done();
    assert_eq!(person.sessions(), 1);
    assert!(person.run(&["whoami"]).done().contains(&person.name));
}

#[test]
fn only_the_line_is_taken_from_stdin() {
    let person = Person::new();
    // A shell whose script goes on behind the pasted line, as it does where a script is piped to it.
    let issuer = person.issuer();
    let mut shell = Command::new("sh");
    for (name, value) in person.command(&[]).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let kclogin = format!("'{}' login --paste --timeout 60s --issuer '{issuer}' && cat", env!("CARGO_BIN_EXE_kclogin"));
    let mut child = shell.args(["-c", &kclogin]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh starts");
    let mut lines = BufReader::new(child.stderr.as_mut().expect("stderr")).lines().map(|line| line.expect("text"));
    let address = lines.find_map(|line| Some(line.strip_prefix("  ")?.to_owned())).expect("an address");
    drop(lines);
    let mut stdin = child.stdin.take().expect("stdin");
    write!(stdin, "{}\nthe rest\n", sign_in(&person, &address)).expect("written");
    drop(stdin);
    assert_eq!(outcome(child.wait_with_output().expect("an end")).done(), "the rest\n");
}

#[test]
fn a_browser_whose_way_back_is_forwarded_needs_no_pasting() {
    let person = Person::new();
    let (mut login, address) = begin(&person, &[]);
    let mut browser = Command::new(std::env::var("KCLOGIN_LIVE_BROWSER").expect("a browser"));
    for (name, value) in person.command(&[]).get_envs() {
        if let Some(value) = value {
            browser.env(name, value);
        }
    }
    assert!(browser.arg(&address).status().expect("a browser").success());
    let stdin = login.stdin.take();
    outcome(login.wait_with_output().expect("an end")).done();
    drop(stdin);
    assert_eq!(person.seen()["title"].as_str().map(|title| title.starts_with("Signed in as ")), Some(true), "{}", person.seen());
    assert_eq!(person.sessions(), 1);
}
