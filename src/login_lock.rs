//! One sign-in for all who need it at once: whoever comes first signs in, and the others wait for what comes of it.
//!
//! Twenty scripts whose session has ended would open twenty browser windows. Only commands that were asked to sign in by themselves queue here;
//! `kclogin login` waits for nobody, since a person who types it means it, but its result is waited for.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::file_lock::FileLock;

/// Whose turn it was.
#[derive(Debug)]
pub enum Turn {
    /// Ours: nobody else signs in while this is held.
    Ours(LoginLock),
    /// Another process's: it has signed in meanwhile, or given up.
    Theirs,
}

/// The turn to sign in to one profile, until it is dropped.
#[derive(Debug)]
pub struct LoginLock(FileLock);

impl LoginLock {
    /// Leaves word that nobody signed in, for those who began before `now` and have not come to wait yet. Best effort.
    pub fn note_failure(&mut self, now: Timestamp) {
        let _ = self.0.note(&now.0.to_string());
    }
}

/// Takes the turn if it is free, and waits for nobody: for a sign-in that somebody typed, whose result others may then wait for.
#[must_use]
pub fn without_waiting(state_dir: Option<&Path>, profile: &str) -> Option<LoginLock> {
    FileLock::take(&path_of(state_dir?, profile), Duration::ZERO).map(LoginLock).ok()
}

/// Not the refresh lock's file: a sign-in takes minutes, and a login stores its result under that lock.
fn path_of(state_dir: &Path, profile: &str) -> PathBuf {
    state_dir.join(format!("{profile}.login"))
}

/// Waits for the turn to sign in to a profile, for at most `patience`; `on_wait` is called where it is another's at first. A sign-in that failed after
/// `began`, when our need arose, was for us as well.
///
/// # Errors
/// There is no directory for the lock and none can be made, or another process signs in for too long.
pub fn turn(state_dir: Option<&Path>, profile: &str, began: Timestamp, patience: Duration, on_wait: impl FnOnce()) -> Result<Turn> {
    let Some(state_dir) = state_dir else {
        return Err(Error::failed("there is no home directory to lock a sign-in in").hint("set HOME, or XDG_STATE_HOME"));
    };
    let path = path_of(state_dir, profile);
    let cant = |error: std::io::Error| Error::failed(format!("a sign-in can't be locked in {}: {error}", state_dir.display()));
    match FileLock::take(&path, Duration::ZERO) {
        Ok(lock) => {
            let failed = lock.noted().ok().and_then(|text| text.trim().parse().ok()).map(Timestamp);
            Ok(if failed.is_some_and(|failed| failed >= began) { Turn::Theirs } else { Turn::Ours(LoginLock(lock)) })
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            on_wait();
            match FileLock::take(&path, patience) {
                Ok(_) => Ok(Turn::Theirs),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Err(Error::failed("another kclogin has been waiting for a sign-in for too long").hint("sign in with `kclogin login`"))
                }
                Err(error) => Err(cant(error)),
            }
        }
        Err(error) => Err(cant(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn the_first_signs_in_and_the_others_wait() {
        let dir = tempfile::tempdir().expect("a directory");
        let turn = |profile, patience| turn(Some(dir.path()), profile, Timestamp(1_000), patience, || ());
        let held = turn("work", AT_ONCE).expect("a turn");
        assert!(matches!(held, Turn::Ours(_)));
        assert_eq!(turn("work", AT_ONCE).expect_err("held").sentence(), "another kclogin has been waiting for a sign-in for too long");
        assert!(matches!(turn("home", AT_ONCE), Ok(Turn::Ours(_))), "profiles don't wait for each other");
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turn("work", Duration::from_secs(20)));
            std::thread::sleep(Duration::from_millis(50));
            drop(held);
            waiting.join().expect("no panic")
        });
        assert!(matches!(waiting, Ok(Turn::Theirs)));
        assert!(matches!(turn("work", AT_ONCE), Ok(Turn::Ours(_))), "and the next one's need is another");
    }

    #[test]
    fn a_failure_counts_for_those_whose_need_is_older() {
        let dir = tempfile::tempdir().expect("a directory");
        let turn = |began| turn(Some(dir.path()), "work", Timestamp(began), AT_ONCE, || ()).expect("a turn");
        for failed in [1_000, 900] {
            let Turn::Ours(mut lock) = turn(failed + 5_000) else { panic!("nobody else is there") };
            lock.note_failure(Timestamp(failed));
            drop(lock);
            assert!(matches!(turn(failed), Turn::Theirs));
            assert!(matches!(turn(failed + 1), Turn::Ours(_)));
        }
    }
}
