//! `--login`: a command that signs in by itself, once for all who need it at once.

use std::time::Duration;

use kclogin::exit::Exit;

use crate::machine::{Machine, Outcome, follow};
use crate::person::error_in;
use crate::provider::{Endpoint, Provider};
use crate::token::at_now;

const WAITING: &str = "Another kclogin is waiting for you to sign in; this one waits for what comes of it.\n";

/// A machine whose session has ended at the provider, with a browser that takes its time, long enough for all who ask at once to have asked.
fn after_the_end() -> (Provider, Machine) {
    let (provider, machine) = at_now();
    provider.end_sessions();
    provider.advance(301);
    machine.clock.advance(301);
    machine.browse(|url| {
        std::thread::sleep(Duration::from_millis(1500));
        drop(follow(url));
    });
    (provider, machine)
}

/// So many at once.
fn at_once(machine: &Machine, count: usize) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(|| machine.run(&["token", "--login"]))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

#[test]
fn twenty_who_need_a_sign_in_at_once_open_one_browser_and_share_what_comes_of_it() {
    let (provider, machine) = after_the_end();
    let outcomes = at_once(&machine, 20);
    let waited = outcomes.iter().filter(|outcome| outcome.stderr.contains(WAITING)).count();
    let mut tokens: Vec<String> = outcomes.into_iter().map(Outcome::done).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), machine.opened(), provider.live_sessions()), (1, 2, 1), "one for the login before, one for the storm");
    assert!(waited >= 15, "{waited}");
    assert_eq!(machine.run(&["token"]).done(), tokens[0]);
}

#[test]
fn a_denied_sign_in_is_not_repeated_by_those_who_waited_for_it() {
    let (provider, machine) = after_the_end();
    provider.deny("access_denied", None);
    let outcomes = at_once(&machine, 20);
    assert_eq!(machine.opened(), 2);
    let (denied, waited): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|outcome| outcome.exit == Exit::Failed);
    assert_eq!((denied.len(), waited.len()), (1, 19));
    assert_eq!(error_in(&denied[0].stderr), "error: the sign-in was denied at the provider\n");
    let expected = "error: nobody completed the sign-in that another kclogin had begun\nhint: sign in with `kclogin login --profile test`\n";
    for outcome in waited {
        assert_eq!(error_in(&outcome.failed(Exit::LoginRequired)), expected);
    }
    provider.unaltered();
    machine.clock.advance(1);
    machine.run(&["token", "--login"]).done();
    assert_eq!(machine.opened(), 3, "a later need is another one");
}

#[test]
fn one_who_comes_too_late_to_wait_does_not_repeat_it_either() {
    let (provider, machine) = after_the_end();
    provider.deny("access_denied", None);
    machine.run(&["token", "--login"]).failed(Exit::Failed);
    // In the same second by this machine's clock, which stands still.
    machine.run(&["token", "--login"]).failed(Exit::LoginRequired);
    assert_eq!(machine.opened(), 2);
}

#[test]
fn a_sign_in_that_somebody_typed_is_shared_too() {
    let (_provider, machine) = after_the_end();
    std::thread::scope(|scope| {
        let login = scope.spawn(|| machine.run(&["login"]));
        while machine.opened() < 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let outcome = machine.run(&["token", "--login"]);
        assert_eq!(outcome.stderr, WAITING);
        outcome.done();
        login.join().expect("no panic").done();
    });
    assert_eq!(machine.opened(), 2);
}

#[test]
fn profiles_don_t_wait_for_each_other_s_sign_in() {
    let (first, second) = (Provider::start(), Provider::start());
    let machine = Machine::new();
    for (name, provider) in [("first", &first), ("second", &second)] {
        machine.run(&["login", "--profile", name, "--issuer", &provider.issuer()]).done();
    }
    machine.store.forget("token-set ");
    machine.browse(|url| {
        std::thread::sleep(Duration::from_millis(500));
        drop(follow(url));
    });
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            ["first", "second"].map(|name| scope.spawn(|| machine.run(&["token", "--login", "--profile", name]))).into_iter().collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    for outcome in outcomes {
        assert!(!outcome.stderr.contains(WAITING));
        outcome.done();
    }
    assert_eq!(machine.opened(), 4);
}

#[test]
fn a_session_that_lives_is_not_signed_in_to_anew() {
    let (provider, machine) = at_now();
    machine.run(&["token", "--login"]).done();
    provider.advance(301);
    machine.clock.advance(301);
    machine.run(&["token", "--login"]).done();
    assert_eq!((machine.opened(), provider.requests(Endpoint::Token).len()), (1, 1));
}

#[test]
fn only_the_need_of_a_sign_in_opens_the_browser() {
    let (mut provider, machine) = after_the_end();
    provider.stop();
    machine.run(&["token", "--login"]).failed(Exit::ProviderUnreachable);
    machine.store.fail_to_open(Some(crate::store::Fault::Locked));
    machine.run(&["token", "--login"]).failed(Exit::StoreUnavailable);
    assert_eq!(machine.opened(), 1);
}

#[test]
fn the_token_is_alone_on_stdout_after_a_sign_in_too() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    let outcome = machine.run(&["token", "--login"]);
    assert!(outcome.stderr.contains("Logged in as Alice Adams (alice) at "), "{}", outcome.stderr);
    assert_eq!(outcome.done().lines().count(), 1);
}
