//! Many scripts at once: one refresh, one sign-in, and nobody who fails because another was first.

use std::collections::BTreeSet;
use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::bench::{Outcome, Person, admin, change_client, eventually, new_client, outcome, with_an_expired_token};

/// Takes a person's refresh lock, which is let go when it is dropped.
fn hold_refreshes(person: &Person, state: &Path) -> File {
    create_dir_all(state).expect("a directory");
    let lock = File::create(state.join(format!("{}.lock", person.name))).expect("opened");
    lock.lock().expect("locked");
    lock
}

/// Starts so many, and lets the first of them refresh when all of them have found the token expired: else the first would be done before the last
/// looks.
fn all_at_once<T>(people: &[&Person], count: usize, start: impl FnOnce() -> T) -> T {
    let states: Vec<PathBuf> = people.iter().map(|person| person.path(".local/state/kclogin")).collect();
    let held: Vec<File> = people.iter().zip(&states).map(|(person, state)| hold_refreshes(person, state)).collect();
    let started = start();
    let locks: Vec<PathBuf> = people.iter().zip(&states).map(|(person, state)| state.join(format!("{}.lock", person.name))).collect();
    eventually("everybody at the lock", || (waiting_for(&locks) >= count).then_some(()));
    drop(held);
    started
}

/// How many processes beside this one have one of these files open.
#[cfg(target_os = "linux")]
fn waiting_for(files: &[PathBuf]) -> usize {
    let others = std::fs::read_dir("/proc").expect("processes").flatten().filter(|entry| entry.file_name() != *std::process::id().to_string());
    let waits = |process: &Path| {
        let open = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).any(|file| files.contains(&file))
    };
    others.filter(|entry| waits(&entry.path())).count()
}

/// Only Linux's kernel tells; elsewhere they are given some time.
#[cfg(not(target_os = "linux"))]
fn waiting_for(_files: &[PathBuf]) -> usize {
    thread::sleep(Duration::from_secs(10));
    usize::MAX
}

fn start(person: &Person, arguments: &[&str]) -> Child {
    person.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts")
}

fn ends(started: Vec<Child>) -> Vec<Outcome> {
    started.into_iter().map(|script| outcome(script.wait_with_output().expect("an end"))).collect()
}

fn tokens(outcomes: Vec<Outcome>) -> BTreeSet<String> {
    outcomes.into_iter().map(Outcome::done).collect()
}

#[test]
fn a_hundred_scripts_at_once_refresh_a_rotating_session_once() {
    let person = with_an_expired_token("rotating");
    let scripts = all_at_once(&[&person], 100, || (0..100).map(|_| start(&person, &["token"])).collect());
    assert_eq!(tokens(ends(scripts)).len(), 1, "they all got the same token");
    assert_eq!((person.events("REFRESH_TOKEN"), person.events("REFRESH_TOKEN_ERROR")), (1, 0));
}

#[test]
fn scripts_and_people_at_once_refresh_once() {
    let person = with_an_expired_token("rotating");
    let both = |_| (start(&person, &["token"]), start(&person, &["whoami"]));
    let started: Vec<(Child, Child)> = all_at_once(&[&person], 100, || (0..50).map(both).collect());
    let (scripts, people) = started.into_iter().unzip();
    assert_eq!(tokens(ends(scripts)).len(), 1, "they all got the same token");
    for outcome in ends(people) {
        assert!(outcome.done().starts_with(&format!("Live {}", person.name)));
    }
    assert_eq!((person.events("REFRESH_TOKEN"), person.events("REFRESH_TOKEN_ERROR")), (1, 0));
}

#[test]
fn two_profiles_at_once_refresh_once_each() {
    let people = [with_an_expired_token("rotating"), with_an_expired_token("rotating")];
    let both = |_| (start(&people[0], &["token"]), start(&people[1], &["token"]));
    let started: Vec<(Child, Child)> = all_at_once(&[&people[0], &people[1]], 50, || (0..25).map(both).collect());
    let (first, second): (Vec<Child>, Vec<Child>) = started.into_iter().unzip();
    for (person, scripts) in people.iter().zip([first, second]) {
        assert_eq!(tokens(ends(scripts)).len(), 1, "they all got the same token");
        assert_eq!((person.events("REFRESH_TOKEN"), person.events("REFRESH_TOKEN_ERROR")), (1, 0));
    }
}

#[test]
fn a_held_refresh_lock_holds_up_neither_a_fresh_token_nor_another_profile() {
    let (mut held, mut other) = (Person::in_realm("rotating"), Person::in_realm("rotating"));
    // One state directory for both, as for the profiles of one person.
    let state = held.path("state");
    for person in [&mut held, &mut other] {
        person.set("XDG_STATE_HOME", state.to_str().expect("text"));
        person.log_in(&[]).done();
    }
    let lock = hold_refreshes(&held, &state.join("kclogin"));
    held.run(&["token", "--min-validity", "1s"]).done();
    other.run(&["token", "--force-refresh"]).done();
    let mut waiting = start(&held, &["token", "--force-refresh"]);
    thread::sleep(Duration::from_secs(1));
    assert!(waiting.try_wait().expect("a state").is_none(), "a refresh waits for the lock");
    drop(lock);
    tokens(ends(vec![waiting]));
}

#[test]
fn scripts_keep_working_while_somebody_signs_in_anew() {
    let person = Person::in_realm("rotating");
    new_client("rotating", &person.name, &json!({"access.token.lifespan": "4"}));
    person.log_in(&["--client-id", &person.name]).done();
    let before = session_of(&person.run(&["token", "--min-validity", "1s"]).done());
    let done = AtomicBool::new(false);
    let calls: usize = thread::scope(|scope| {
        let script = || {
            let mut calls = 0;
            while !done.load(Ordering::SeqCst) {
                person.run(&["token", "--min-validity", "1s"]).done();
                calls += 1;
            }
            calls
        };
        let scripts: Vec<_> = (0..4).map(|_| scope.spawn(script)).collect();
        thread::sleep(Duration::from_secs(2));
        let login = person.log_in(&["--client-id", &person.name]);
        thread::sleep(Duration::from_secs(8));
        done.store(true, Ordering::SeqCst);
        login.done();
        scripts.into_iter().map(|script| script.join().expect("no script failed")).sum()
    });
    assert!(calls > 20, "{calls}");
    assert_ne!(session_of(&person.run(&["token", "--min-validity", "1s"]).done()), before, "the new session is the one that is used");
    assert_eq!(person.events("REFRESH_TOKEN_ERROR"), 0);
    assert!(person.events("REFRESH_TOKEN") >= 3);
}

/// Keycloak's name for the session a token belongs to.
fn session_of(token: &str) -> String {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a payload")).expect("base64");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    claims["sid"].as_str().expect("a session").to_owned()
}

/// How often the browser was opened.
fn windows(person: &Person) -> usize {
    person.seen();
    std::fs::read_to_string(person.path("browser.log")).expect("a log").lines().count()
}

#[test]
fn twenty_scripts_whose_session_was_ended_open_one_browser_and_share_its_session() {
    let person = with_an_expired_token("demo");
    person.forget_seen();
    person.end_sessions();
    let scripts = (0..20).map(|_| start(&person, &["token", "--login"])).collect();
    assert_eq!(tokens(ends(scripts)).len(), 1, "they all got the same token");
    assert_eq!((windows(&person), person.sessions()), (1, 1));
}

#[test]
fn a_denied_sign_in_is_asked_for_once() {
    let mut person = Person::new();
    new_client("demo", &person.name, &json!({"access.token.lifespan": "2"}));
    change_client("demo", &person.name, &json!({"consentRequired": true}));
    person.log_in(&["--client-id", &person.name]).done();
    person.forget_seen();
    // The person may be asked for it again.
    admin("DELETE", &format!("/admin/realms/demo/users/{}/consents/{}", person.id(), person.name), None);
    thread::sleep(Duration::from_secs(3));
    person.browser("deny");
    let scripts = (0..20).map(|_| start(&person, &["token", "--login"])).collect();
    let (denied, waited): (Vec<Outcome>, Vec<Outcome>) = ends(scripts).into_iter().partition(|outcome| outcome.code == 1);
    assert_eq!((denied.len(), waited.len(), windows(&person)), (1, 19, 1));
    assert!(denied[0].stderr.ends_with("error: the sign-in was denied at the provider\n"), "{}", denied[0].stderr);
    let expected =
        format!("error: nobody completed the sign-in that another kclogin had begun\nhint: sign in with `kclogin login --profile {}`\n", person.name);
    for outcome in waited {
        let stderr = outcome.failed(3);
        assert!(stderr.ends_with(&expected), "{stderr}");
    }
}
