//! One advisory lock for each stored session, across processes: held over re-reading, refreshing and saving, never over an interactive login.
//!
//! Under refresh token rotation a second refresh with the same token ends the whole session, so refreshing is for one process at a time. The lock is
//! on an open file and not its existence: a process that dies, however it dies, lets go.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How long another process's refresh is waited for: longer than one exchange with the provider may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often it is tried; the standard library has no wait with an end.
const INTERVAL: Duration = Duration::from_millis(10);

/// A lock that is held until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is let go when this is dropped"]
pub struct RefreshLock(#[allow(dead_code, reason = "it is held, not used")] File);

impl RefreshLock {
    /// Takes the lock called `name` in kclogin's state directory.
    ///
    /// # Errors
    /// There is no such directory and it can't be made, or another process holds the lock for too long.
    pub fn take(state_dir: Option<&Path>, name: &str) -> Result<Self> {
        let Some(state_dir) = state_dir else {
            return Err(Error::failed("there is no home directory to lock a refresh in").hint("set HOME, or XDG_STATE_HOME"));
        };
        let file = open(state_dir, name).map_err(|error| {
            Error::failed(format!("a refresh can't be locked in {}: {error}", state_dir.display()))
                .hint("make that directory writable, or set XDG_STATE_HOME")
        })?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(INTERVAL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::provider_unreachable("another kclogin has been refreshing this session for too long").hint("try again later"));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::failed(format!("a refresh can't be locked in {}: {error}", state_dir.display())));
                }
            }
        }
    }
}

fn open(state_dir: &Path, name: &str) -> std::io::Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(state_dir)?;
    let path = state_dir.join(format!("{name}.lock"));
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.file_type().is_symlink()) {
        return Err(std::io::Error::other("the lock file is a symbolic link"));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_exclusive_until_dropped() {
        let dir = tempfile::tempdir().expect("a directory");
        let held = RefreshLock::take(Some(dir.path()), "work").expect("a lock");
        let second = open(dir.path(), "work").expect("a file");
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        let _other = RefreshLock::take(Some(dir.path()), "home").expect("another session's lock");
        drop(held);
        assert!(second.try_lock().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_and_the_file_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let state = dir.path().join("kclogin");
        let _lock = RefreshLock::take(Some(&state), "work").expect("a lock");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&state.join("work.lock"))), (0o700, 0o600));
        fs::remove_file(state.join("work.lock")).expect("removed");
        std::os::unix::fs::symlink(dir.path().join("victim"), state.join("work.lock")).expect("a link");
        assert!(RefreshLock::take(Some(&state), "work").is_err());
        assert!(!dir.path().join("victim").exists());
    }
}
