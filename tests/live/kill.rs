//! A refresh that is killed, at each of its steps: every call with which its main thread reaches outside the process, from the reading of the
//! configuration on. A killed process runs nothing more, so there is no other moment that could leave something else behind.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Person, outcome};
use crate::form;
use crate::kept::{in_keyring, session};
use crate::strace::{Killed, Killer};

/// How long the call after a killed one may take. A stale lock would hold it up for longer.
const AT_ONCE: Duration = Duration::from_secs(20);

/// How long a request that was sent may take to show in the provider's log.
const ARRIVAL: Duration = Duration::from_secs(10);

const REFRESH: [&str; 2] = ["token", "--force-refresh"];

/// A person's refresh, killed again and again.
struct Refreshes {
    person: Person,
    killer: Killer,
}

impl Refreshes {
    fn new(realm: &str) -> Self {
        let person = Person::in_realm(realm);
        form::log_in(&person, &[]);
        let killer = Killer::new(person.path("trace"));
        Self { person, killer }
    }

    /// The stored session. There is one and nothing beside it.
    #[track_caller]
    fn stored(&self) -> Value {
        let account = format!("token-set {} kclogin {}", self.person.name, self.person.issuer());
        assert_eq!(in_keyring(&self.person), [account]);
        session(&self.person, &self.person.issuer()).expect("a session")
    }

    /// Kills the next refresh one step later than the one before.
    #[track_caller]
    fn kill(&mut self) -> Killed {
        let status = self.killer.command(&self.person.command(&REFRESH)).output().expect("strace is installed").status;
        self.killer.killed(status)
    }

    /// Refreshes, and gives the exit code and stderr.
    #[track_caller]
    fn refresh(&self) -> (i32, String) {
        let begun = Instant::now();
        let outcome = outcome(self.person.command(&REFRESH).output().expect("kclogin runs"));
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
        (outcome.code, outcome.stderr)
    }
}

/// Whether the second session follows the first; they are equal where it doesn't, and never mixed.
#[track_caller]
fn is_next(before: &Value, after: &Value) -> bool {
    let changed = |name: &str| before[name] != after[name];
    let has_changed = changed("access_token");
    assert_eq!([changed("refresh_token"), changed("id_token")], [has_changed; 2], "{before} {after}");
    assert!(has_changed || before == after, "{before} {after}");
    has_changed
}

#[test]
fn a_refresh_killed_at_any_step_leaves_the_old_or_the_new_session_and_no_lock() {
    let mut refreshes = Refreshes::new("demo");
    let mut before = refreshes.stored();
    let mut is_new = Vec::new();
    while !refreshes.killer.is_done() {
        let killed = refreshes.kill();
        let after = refreshes.stored();
        is_new.push(is_next(&before, &after));
        let printed = refreshes.person.run(&["token"]).done();
        assert_eq!(Some(printed.trim_end()), after["access_token"].as_str());
        assert_eq!(refreshes.refresh(), (0, String::new()), "killed before {}", killed.last);
        before = refreshes.stored();
    }
    // The first of them was not killed.
    assert!(is_new.len() > 60 && is_new.remove(0) && !is_new[0] && is_new[is_new.len() - 1], "{is_new:?}");
}

#[test]
fn with_one_use_refresh_tokens_a_kill_loses_the_session_only_between_the_request_and_its_storing() {
    let mut refreshes = Refreshes::new("rotating");
    let (mut before, mut lost, mut steps) = (refreshes.stored(), Vec::new(), 0);
    while !refreshes.killer.is_done() {
        let spent = refreshes.person.events("REFRESH_TOKEN");
        let killed = refreshes.kill();
        steps += 1;
        let after = refreshes.stored();
        let was_sent = killed.made("grant_type=refresh_token") > 0;
        let is_new = is_next(&before, &after);
        assert!(was_sent || !is_new, "before {}", killed.last);
        // Whether the provider took a request whose sender was gone, its log says.
        if was_sent && !is_new && within(ARRIVAL, || refreshes.person.events("REFRESH_TOKEN") > spent) {
            // Nobody can avoid this: the refresh token is spent, and its successor died with the process.
            let (code, stderr) = refreshes.refresh();
            assert_eq!(code, 3, "before {}: {stderr}", killed.last);
            assert!(stderr.contains("\nhint: sign in again with `kclogin login"), "{stderr}");
            assert!(in_keyring(&refreshes.person).is_empty(), "what is of no use is forgotten");
            lost.push(killed.last);
            form::log_in(&refreshes.person, &[]);
        } else {
            assert_eq!(refreshes.refresh(), (0, String::new()), "before {}", killed.last);
        }
        before = refreshes.stored();
    }
    assert!((1..40).contains(&lost.len()) && steps > 60, "{} of {steps}: {lost:#?}", lost.len());
}

/// Whether it becomes true within this time.
fn within(time: Duration, mut look: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !look() {
        if begun.elapsed() > time {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
    true
}
