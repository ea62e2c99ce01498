//! A file with a token in it, for a program that takes one only so: there for as long as the program runs, and gone afterwards.
//!
//! Should kclogin be killed, the file stays until the next one is made: each is in a directory of its own with a lock that its maker holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::file_lock::FileLock;
use crate::private_file::{self, PassingDir, passing_dir};
use crate::secret::Secret;

/// What the directories' names begin with.
const PREFIX: &str = "exec-";
/// What the names of new files begin with until they take their place.
const NEW: &str = ".token.new-";

/// A token file, which is removed when this is dropped.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    // In this order: Windows removes no directory with an open file in it. Where another process is quicker to remove it then, that is as good.
    _lock: FileLock,
    _dir: PassingDir,
}

impl TokenFile {
    /// Makes the file, for its owner alone, somewhere below `above`. Those of processes that were killed are removed.
    ///
    /// # Errors
    /// There is no directory to make it in, or it can't be made.
    pub fn make(above: Option<&Path>, token: &Secret<String>) -> Result<Self> {
        let above = above.ok_or_else(|| {
            Error::failed("there is no home directory to keep a token file in").hint("set HOME, or XDG_RUNTIME_DIR to a directory of your own")
        })?;
        let cant = |error: io::Error| Error::failed(format!("a token file can't be made in {}: {error}", above.display()));
        remove_left_behind(above);
        let dir = passing_dir(above, PREFIX).map_err(cant)?;
        let lock = FileLock::take(&lock_of(dir.path()), Duration::ZERO).map_err(cant)?;
        let file = Self { path: dir.path().join("token"), _dir: dir, _lock: lock };
        file.write(token)?;
        Ok(file)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a newer token in, in one step: who reads it has the old one or the new one, whole. There is no newline at the end, as programs that read
    /// such a file may take one for a part of it.
    ///
    /// # Errors
    /// It can't be written; the old one is as it was.
    pub fn write(&self, token: &Secret<String>) -> Result<()> {
        private_file::replace(&self.path, token.expose().as_bytes(), NEW)
            .map_err(|error| Error::failed(format!("the token file {} can't be written: {error}", self.path.display())))
    }
}

fn lock_of(dir: &Path) -> PathBuf {
    dir.join("lock")
}

/// Best effort. A directory whose lock is not there yet has just been made.
fn remove_left_behind(above: &Path) {
    let entries = fs::read_dir(above).into_iter().flatten().filter_map(io::Result::ok);
    for dir in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)).map(|entry| entry.path()) {
        if lock_of(&dir).exists() && FileLock::take(&lock_of(&dir), Duration::ZERO).is_ok() {
            let _ = fs::remove_dir_all(&dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_until_it_is_dropped_and_holds_the_newest_token_and_nothing_else() {
        let above = tempfile::tempdir().expect("a directory");
        let file = TokenFile::make(Some(above.path()), &Secret::from("one")).expect("made");
        assert_eq!(fs::read_to_string(file.path()).expect("read"), "one");
        file.write(&Secret::from("two")).expect("written");
        assert_eq!(fs::read_to_string(file.path()).expect("read"), "two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!((mode(file.path()), mode(file.path().parent().expect("a directory"))), (0o600, 0o700));
        }
        drop(file);
        assert_eq!(fs::read_dir(above.path()).expect("read").count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_another_holds_is_not() {
        let above = tempfile::tempdir().expect("a directory");
        let held = TokenFile::make(Some(above.path()), &Secret::from("held")).expect("made");
        let left = above.path().join("exec-left");
        fs::create_dir(&left).expect("made");
        fs::write(left.join("token"), "left").expect("written");
        fs::write(left.join("lock"), "").expect("written");
        fs::create_dir(above.path().join("exec-new")).expect("made");
        let _new = TokenFile::make(Some(above.path()), &Secret::from("new")).expect("made");
        assert!(held.path().exists() && !left.exists() && above.path().join("exec-new").exists());
    }
}
