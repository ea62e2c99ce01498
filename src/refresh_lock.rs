//! One lock for each stored session, across processes: held over re-reading, refreshing and saving, never over an interactive login.
//!
//! Under refresh token rotation a second refresh with the same token ends the whole session, so refreshing is for one process at a time.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::file_lock::FileLock;

/// How long another process's refresh is waited for: longer than one exchange with the provider may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Takes the lock of a profile's session in kclogin's state directory. Without it nothing is refreshed: where refresh tokens are for one use, two
/// refreshes at once end the session.
///
/// # Errors
/// There is no such directory and it can't be made, its file system has no locks, or another process holds the lock for too long.
pub fn take(state_dir: Option<&Path>, profile: &str) -> Result<FileLock> {
    take_within(PATIENCE, state_dir, profile)
}

fn take_within(patience: Duration, state_dir: Option<&Path>, profile: &str) -> Result<FileLock> {
    let Some(state_dir) = state_dir else {
        return Err(Error::failed("there is no home directory to lock a refresh in").hint("set HOME, or XDG_STATE_HOME"));
    };
    FileLock::take(&state_dir.join(format!("{profile}.lock")), patience).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => Error::provider_unreachable("another kclogin has been refreshing this session for too long")
            .hint("try again later; where the home directory is shared it may run on another machine"),
        ErrorKind::Unsupported => {
            Error::failed(format!("a refresh can't be locked in {}: its file system has no locks: {error}", state_dir.display()))
                .hint("set XDG_STATE_HOME to a directory on a disk of this machine")
        }
        _ => Error::failed(format!("a refresh can't be locked in {}: {error}", state_dir.display()))
            .hint("make that directory writable, or set XDG_STATE_HOME"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind as ErrorKindOfOurs;

    #[test]
    fn a_lock_that_another_holds_for_too_long_is_said_to_be_worth_another_try() {
        let dir = tempfile::tempdir().expect("a directory");
        let take = || take_within(Duration::from_millis(50), Some(dir.path()), "work");
        let held = take().expect("a lock");
        let error = take().expect_err("held");
        assert_eq!(
            (error.kind(), error.sentence()),
            (ErrorKindOfOurs::ProviderUnreachable, "another kclogin has been refreshing this session for too long")
        );
        drop(held);
        let _free = take().expect("free again, though the file is still there");
    }

    #[test]
    fn a_directory_that_can_t_be_made_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        std::fs::write(&file, "").expect("written");
        let error = take(Some(&file.join("kclogin")), "work").expect_err("no directory");
        assert!(error.sentence().starts_with(&format!("a refresh can't be locked in {}: ", file.join("kclogin").display())), "{error}");
        assert_eq!(take(None, "work").expect_err("no home").hint_text(), Some("set HOME, or XDG_STATE_HOME"));
    }
}
