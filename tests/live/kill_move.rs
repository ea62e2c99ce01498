//! A change of a profile's store that is killed, at each of its steps; see `kill.rs` and `kill_login.rs`. There are two stores then in which something
//! may be left, and the profile names one of them.

use std::collections::BTreeMap;
use std::process::ExitStatus;

use crate::kept::{kept_in, no_helper_runs, set_up_helper};
use crate::kill_login::{Desk, counts, sign_in};

/// Somebody whose profile changes from one store to another, again and again.
struct Change {
    desk: Desk,
    from: &'static str,
    to: &'static str,
    is_odd: bool,
}

impl Change {
    fn new(from: &'static str, to: &'static str) -> Self {
        let mut desk = Desk::without_store();
        set_up_helper(&mut desk.person);
        let change = Self { desk, from, to, is_odd: false };
        change.begin();
        change
    }

    /// Signs in with the first store, wherever the profile is.
    #[track_caller]
    fn begin(&self) {
        assert!(sign_in(self.desk.login_with(&["--store", self.from])).success());
        assert_eq!((self.counts(self.from), self.counts(self.to)[..2].to_vec()), ([1, 1, 0, 0], vec![0, 0]));
        self.is_written_down(&[]);
    }

    fn counts(&self, store: &str) -> [usize; 4] {
        counts(&kept_in(&self.desk.person, store))
    }

    #[track_caller]
    fn is_written_down(&self, stores: &[&str]) {
        let config = self.desk.person.config();
        assert!(
            !config.contains("uncleared") || stores.iter().any(|store| config.contains(&format!("uncleared-stores = [\"{store}\"]\n"))),
            "{config}"
        );
    }

    /// After a kill: the store that the profile names, which has a whole session; and the other one. Where the other has something of worth, the
    /// profile says so.
    #[track_caller]
    fn own_and_other(&self, last: &str) -> (&'static str, &'static str) {
        no_helper_runs(&self.desk.person);
        let config = self.desk.person.config();
        let is_new = config.contains(&format!("\nstore = \"{}\"\n", self.to));
        assert!(is_new || config.contains(&format!("\nstore = \"{}\"\n", self.from)), "before {last}: {config}");
        let (own, other) = if is_new { (self.to, self.from) } else { (self.from, self.to) };
        assert!(matches!(self.counts(own), [1, 1, 0, 0 | 1]), "before {last}: {:?}", kept_in(&self.desk.person, own));
        self.is_written_down(&[other]);
        let left = self.counts(other);
        assert!(left[..2] == [0, 0] || config.contains("uncleared-stores"), "before {last}: {left:?} {config}");
        (own, other)
    }

    /// Whatever a kill has left in the other store, the next login or, in turn, the next logout removes it.
    #[track_caller]
    fn tidy_up(&mut self, (own, other): (&str, &str), last: &str) {
        self.is_odd ^= true;
        if self.is_odd {
            self.desk.run(&["logout"]).done();
        } else {
            assert!(sign_in(self.desk.login_with(&[])).success(), "before {last}");
        }
        let kept = [self.counts(own), self.counts(other)];
        let of_worth = kept.map(|kept| [kept[0], kept[1]]);
        assert_eq!(of_worth, [[usize::from(!self.is_odd), 1], [0, 0]], "before {last}: {kept:?}");
        self.is_written_down(&[]);
        if self.is_odd {
            self.begin();
        } else if own == self.to {
            self.desk.run(&["profile", "move-store", "--to", self.from]).done();
        }
    }

    /// Moves on to the new store, if the kill came before that, and back to the first.
    #[track_caller]
    fn go_round(&self, own: &str, last: &str) {
        if own == self.from {
            self.desk.run(&["profile", "move-store", "--to", self.to]).done();
        }
        self.desk.run(&["profile", "move-store", "--to", self.from]).done();
        assert_eq!([self.counts(self.from), self.counts(self.to)], [[1, 1, 0, 0], [0; 4]], "before {last}");
        self.is_written_down(&[]);
    }
}

/// How many kills left a session in the other store: before the profile names the new one, and from then on.
#[derive(Debug, Default)]
struct Left {
    before: usize,
    after: usize,
}

/// A change, killed at each step; `change` is the command, and `token` looks at the token before and after the kill and at whether the profile has
/// changed.
fn at_each_step(mut change: Change, kill: impl Fn(&Change) -> ExitStatus, token: impl Fn(&str, &str, bool) -> bool) {
    let (mut is_new, mut left, mut seen) = (Vec::new(), Left::default(), BTreeMap::new());
    let mut before = change.desk.run(&["token"]).done();
    while !change.desk.killer.is_done() {
        let config = change.desk.person.config();
        let status = kill(&change);
        let last = change.desk.killer.killed(status).last;
        let (own, other) = change.own_and_other(&last);
        let after = change.desk.run(&["token"]).done();
        assert!(token(&before, &after, own == change.to), "before {last}");
        is_new.push(own == change.to);
        let in_other = change.counts(other);
        *(if own == change.to { &mut left.after } else { &mut left.before }) += in_other[0];
        // Where nothing has changed, there is nothing to tidy up; a probe holds nothing of worth.
        let state = (change.desk.person.config(), change.counts(own), in_other);
        if state.0 == config && in_other[..2] == [0, 0] {
            continue;
        }
        let times = seen.entry(state).or_insert(0);
        *times += 1;
        // Once by a logout and once by a login, which takes long; what looks the same after that is left to moves.
        if *times <= 2 {
            change.tidy_up((own, other), &last)
        } else {
            change.go_round(own, &last)
        }
        before = change.desk.run(&["token"]).done();
    }
    assert!(is_new.len() > 60 && is_new.remove(0) && !is_new[0] && is_new[is_new.len() - 1], "{is_new:?}");
    assert!(left.before > 0 && left.after > 0, "the kills before and after the profile changes are both there: {left:?}");
    assert!(sign_in(change.desk.login_with(&["--store", change.to])).success());
    assert_eq!([change.counts(change.from), change.counts(change.to)], [[0; 4], [1, 1, 0, 0]], "in the end there is not even a probe");
}

fn moved(from: &'static str, to: &'static str) {
    let kill = |change: &Change| {
        let plain = change.desk.person.command(&["profile", "move-store", "--to", to]);
        change.desk.killer.command(&plain).output().expect("strace is installed").status
    };
    at_each_step(Change::new(from, to), kill, |before, after, _| before == after);
}

#[test]
fn a_move_killed_at_any_step_leaves_nothing_behind_from_the_keyring_to_files() {
    moved("keyring", "file");
}

#[test]
fn a_move_killed_at_any_step_leaves_nothing_behind_from_files_to_the_keyring() {
    moved("file", "keyring");
}

#[cfg(target_os = "linux")]
#[test]
fn a_move_killed_at_any_step_leaves_nothing_behind_from_the_kernel_to_a_helper() {
    moved("kernel", "helper:test");
}

#[cfg(target_os = "linux")]
#[test]
fn a_move_killed_at_any_step_leaves_nothing_behind_from_a_helper_to_the_kernel() {
    moved("helper:test", "kernel");
}

fn login_elsewhere(from: &'static str, to: &'static str) {
    let kill = |change: &Change| sign_in(change.desk.killer.command(&change.desk.login_with(&["--store", to])));
    let mut change = Change::new(from, to);
    // Up to the lock under which the token set is stored, it is a login like any other: `kill_login` has those steps.
    change.desk.killer.begin_at(format!("/{}.lock\"", change.desk.person.name));
    at_each_step(change, kill, |before, after, has_changed| (before != after) == has_changed);
}

#[test]
fn a_login_elsewhere_killed_at_any_step_leaves_nothing_behind_from_the_keyring_to_files() {
    login_elsewhere("keyring", "file");
}

#[test]
fn a_login_elsewhere_killed_at_any_step_leaves_nothing_behind_from_files_to_the_keyring() {
    login_elsewhere("file", "keyring");
}

#[cfg(target_os = "linux")]
#[test]
fn a_login_elsewhere_killed_at_any_step_leaves_nothing_behind_from_the_kernel_to_a_helper() {
    login_elsewhere("kernel", "helper:test");
}
