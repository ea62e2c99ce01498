//! Advisory locks on files, across processes. What a lock protects, and for how long it is waited, its caller knows.
//!
//! The lock is on an open file and not its existence: a process that dies, however it dies, lets go, and a file left behind blocks nobody.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::private_file::make_private_dir;

/// How often it is tried; the standard library has no wait with an end.
const INTERVAL: Duration = Duration::from_millis(10);

/// The longest note that is read, in bytes.
const NOTE_LIMIT: u64 = 1024;

/// A lock that is held until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is let go when this is dropped"]
pub struct FileLock(File);

impl FileLock {
    /// Takes the lock on a file, which is made where it is missing, for its owner alone as its directory.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where another process holds it for longer than `patience`, [`io::ErrorKind::Unsupported`] where the file system
    /// has no locks, as some networks' have not; else what keeps the file from being opened.
    pub fn take(path: &Path, patience: Duration) -> io::Result<Self> {
        let file = open(path)?;
        let until = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(INTERVAL),
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) => return Err(io::Error::new(io::ErrorKind::Unsupported, error)),
            }
        }
    }

    /// Leaves a note in the file for whoever takes the lock next, in place of the one before.
    ///
    /// # Errors
    /// It can't be written.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.0.set_len(0)?;
        self.0.rewind()?;
        self.0.write_all(text.as_bytes())
    }

    /// The note that an earlier holder left; empty where there is none.
    ///
    /// # Errors
    /// It can't be read.
    pub fn noted(&self) -> io::Result<String> {
        let mut text = String::new();
        (&self.0).take(NOTE_LIMIT).read_to_string(&mut text)?;
        Ok(text)
    }
}

fn open(path: &Path) -> io::Result<File> {
    make_private_dir(path.parent().ok_or_else(|| io::Error::other("it has no directory"))?)?;
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_symlink()) {
        return Err(io::Error::other("the lock file is a symbolic link"));
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

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn a_lock_is_exclusive_until_dropped() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("work.lock");
        let held = FileLock::take(&path, AT_ONCE).expect("a lock");
        assert_eq!(FileLock::take(&path, AT_ONCE).expect_err("held").kind(), io::ErrorKind::WouldBlock);
        let _other = FileLock::take(&dir.path().join("home.lock"), AT_ONCE).expect("another lock");
        drop(held);
        let _again = FileLock::take(&path, AT_ONCE).expect("free, though the file is still there");
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_and_the_file_are_for_the_owner_only_and_links_are_not_followed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let (state, path) = (dir.path().join("kclogin"), dir.path().join("kclogin/work.lock"));
        let _lock = FileLock::take(&path, AT_ONCE).expect("a lock");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&path)), (0o700, 0o600));
        fs::remove_file(&path).expect("removed");
        std::os::unix::fs::symlink(dir.path().join("victim"), &path).expect("a link");
        assert!(FileLock::take(&path, AT_ONCE).is_err());
        assert!(!dir.path().join("victim").exists());
    }
}
