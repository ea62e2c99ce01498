//! Files that are their owner's alone, replaced in one step. What is in them, and what it means that one can't be read, its caller knows.

use std::fs::{self, DirBuilder, File, Metadata, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempDir};

/// The age at which a file left behind by a writer that was killed is removed where no lock tells. No writer takes that long.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

/// For how long it is tried to replace a file that somebody has open, and how often.
const PATIENCE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(5);

/// Makes a directory for its owner alone, and those above it.
///
/// # Errors
/// It can't be made.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// A directory of its own below another, for its owner alone, which is removed with all that is in it when this is dropped.
///
/// # Errors
/// It can't be made.
pub fn passing_dir(above: &Path, prefix: &str) -> io::Result<PassingDir> {
    make_private_dir(above)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(above).map(PassingDir).map_err(without_path)
}

/// A directory that is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct PassingDir(TempDir);

impl PassingDir {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Replaces a file in one step, or makes it, for its owner alone: after a crash at any moment there is the old one or the new one, whole.
///
/// `prefix` is what the names of the new files begin with until they take their place, and no other's; those of writers that were killed are removed.
///
/// # Errors
/// It can't be written; the old one is as it was.
pub fn replace(path: &Path, bytes: &[u8], prefix: &str) -> io::Result<()> {
    let dir = dir_of(path)?;
    let mut file = new_file(dir, prefix)?;
    remove_left_behind(dir, prefix, file.as_file().metadata().ok().as_ref());
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    put_in_place(file, path)?;
    sync_dir(dir)
}

/// On Windows no file is replaced while anybody has it open, and a reader has it for a moment, as a virus scanner does. What is to be written may be the
/// only copy of a session, so it is tried again.
fn put_in_place(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let failed = match file.persist(path) {
            Ok(_) => return Ok(()),
            Err(failed) => failed,
        };
        if !is_open_elsewhere(&failed.error, path) || Instant::now() >= until {
            return Err(failed.error);
        }
        file = failed.file;
        thread::sleep(INTERVAL);
    }
}

/// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION`. The first may as well mean that it is forbidden for good, which nothing tells in advance.
fn is_open_elsewhere(error: &io::Error, path: &Path) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32)) && path.is_file()
}

/// The system's own words, without the made-up name of the new file that the library adds.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default())
}

/// Removes a file, if it is there, and what writers that were killed left beside it.
///
/// # Errors
/// It can't be removed.
pub fn remove(path: &Path, prefix: &str) -> io::Result<()> {
    let dir = dir_of(path)?;
    remove_left_behind(dir, prefix, None);
    match fs::remove_file(path) {
        Ok(()) => sync_dir(dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Sees whether the file at `path` could be replaced.
///
/// # Errors
/// No file can be made beside it.
pub fn try_out(path: &Path, prefix: &str) -> io::Result<()> {
    new_file(dir_of(path)?, prefix).map(drop)
}

/// Whether others than its owner may change the file, as far as its mode tells; on Windows nobody is asked.
///
/// # Errors
/// It can't be looked at.
pub fn others_may_write(path: &Path) -> io::Result<bool> {
    let permissions = path.metadata()?.permissions();
    #[cfg(unix)]
    let may = std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o022 != 0;
    #[cfg(not(unix))]
    let (may, _) = (false, permissions);
    Ok(may)
}

fn dir_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::other("it has no directory"))
}

/// A new file with mode 0600, under a name that nobody can guess and so nobody can have linked elsewhere. It is locked for as long as its writer lives:
/// that tells it from one left behind.
fn new_file(dir: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new().prefix(prefix).tempfile_in(dir).map_err(without_path)?;
        // On Windows a lock would keep others from reading it once it has taken its place.
        let locked = if cfg!(unix) { file.as_file().try_lock() } else { Ok(()) };
        // Somebody who came before the lock has taken it for left behind.
        let is_taken = matches!(locked, Err(TryLockError::WouldBlock)) || !file.path().exists();
        if !is_taken {
            return Ok(file);
        }
    }
}

/// A rename or removal is only safe from a power failure once its directory is. Where directories can't be synced, as on Windows, the system does it.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Removes what killed writers left: it may be tokens, and nobody else would ever look for it. If it can't be removed now it is tried again the next time.
fn remove_left_behind(dir: &Path, prefix: &str, newest: Option<&Metadata>) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        let Some(metadata) = entry.metadata().ok().filter(Metadata::is_file) else { continue };
        let Ok(file) = File::options().read(true).write(true).open(entry.path()) else { continue };
        let locked = if cfg!(unix) { file.try_lock() } else { Err(TryLockError::Error(io::ErrorKind::Unsupported.into())) };
        let is_left_behind = match locked {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => newest.is_some_and(|newest| is_old(&metadata, newest) == Some(true)),
        };
        if is_left_behind {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Ages are compared by the file system's own clock, which on a network is not this machine's.
fn is_old(metadata: &Metadata, newest: &Metadata) -> Option<bool> {
    let age = newest.modified().ok()?.duration_since(metadata.modified().ok()?).ok()?;
    Some(age >= LEFT_BEHIND)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory in which one writer has been killed an hour ago, one just now, and one lives.
    fn after_kills() -> (tempfile::TempDir, NamedTempFile) {
        let dir = tempfile::tempdir().expect("a directory");
        for name in [".new-old", ".new-young", "old", ".newer"] {
            fs::write(dir.path().join(name), "x").expect("written");
        }
        for name in [".new-old", "old"] {
            let file = File::options().write(true).open(dir.path().join(name)).expect("open");
            let now = file.metadata().expect("metadata").modified().expect("a time");
            file.set_modified(now - LEFT_BEHIND - Duration::from_secs(100)).expect("set");
        }
        let living = new_file(dir.path(), ".new-").expect("a new file");
        (dir, living)
    }

    fn names(dir: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name().into_string().expect("text");
        let mut names: Vec<_> = fs::read_dir(dir).expect("entries").map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_killed_writers_left_is_removed_with_the_next_writing_and_a_living_one_s_is_not() {
        let (dir, living) = after_kills();
        let path = dir.path().join("file");
        replace(&path, b"first", ".new-").expect("written");
        replace(&path, b"second", ".new-").expect("written");
        assert!(living.path().exists());
        assert_eq!(fs::read(&path).expect("bytes"), b"second");
        drop(living);
        let young: &[&str] = if cfg!(unix) { &[] } else { &[".new-young"] };
        assert_eq!(names(dir.path()), [young, &[".newer", "file", "old"]].concat());
    }

    #[cfg(unix)]
    #[test]
    fn what_killed_writers_left_is_removed_with_a_removal_even_of_nothing() {
        let (dir, living) = after_kills();
        remove(&dir.path().join("file"), ".new-").expect("there is none");
        assert!(living.path().exists());
        drop(living);
        remove(&dir.path().join("old"), ".new-").expect("removed");
        assert_eq!(names(dir.path()), [".newer"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_that_is_taken_for_left_behind_before_it_is_locked_is_made_again() {
        let dir = tempfile::tempdir().expect("a directory");
        std::thread::scope(|scope| {
            let tidy = scope.spawn(|| (0..2_000).for_each(|_| remove_left_behind(dir.path(), ".new-", None)));
            while !tidy.is_finished() {
                replace(&dir.path().join("file"), b"x", ".new-").expect("written");
            }
        });
        assert_eq!(names(dir.path()), ["file"]);
    }

    #[test]
    fn an_error_names_no_file_that_nobody_knows() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = replace(&dir.path().join("absent/file"), b"x", ".new-").expect_err("no directory");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(".new-"), "{error}");
    }

    #[test]
    fn a_file_that_can_t_be_replaced_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(dir.path().join("taken/by-something")).expect("made");
        replace(&dir.path().join("taken"), b"x", ".new-").expect_err("a directory is there");
        assert_eq!(fs::read_dir(dir.path()).expect("entries").count(), 1);
    }
}
