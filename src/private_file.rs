//! Files that are their owner's alone, replaced in one step. What is in them, and what it means that one can't be read, its caller knows.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// The age at which a file left behind by a writer that was killed is removed. No writer takes that long.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

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

/// Replaces a file in one step, or makes it, for its owner alone: after a crash at any moment there is the old one or the new one, whole.
///
/// `prefix` is what the names of the new files begin with until they take their place; those of writers that were killed are removed in time.
///
/// # Errors
/// It can't be written; the old one is as it was.
pub fn replace(path: &Path, bytes: &[u8], prefix: &str) -> io::Result<()> {
    let dir = path.parent().ok_or_else(|| io::Error::other("it has no directory"))?;
    // Made with mode 0600, under a name that nobody can guess and so nobody can have linked elsewhere.
    let mut file = tempfile::Builder::new().prefix(prefix).tempfile_in(dir).map_err(without_path)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    remove_left_behind(dir, prefix, &file.as_file().metadata()?);
    file.persist(path)?;
    sync_dir(dir)
}

/// The system's own words, without the made-up name of the new file that the library adds.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default())
}

/// Removes a file, if it is there.
///
/// # Errors
/// It can't be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A rename or removal is only safe from a power failure once its directory is. Where directories can't be synced, as on Windows, the system does it.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Removes what killed writers left. Ages are compared by the file system's own clock, which on a network is not this machine's.
fn remove_left_behind(dir: &Path, prefix: &str, newest: &Metadata) {
    let is_old = |metadata: &Metadata| {
        let age = newest.modified().ok()?.duration_since(metadata.modified().ok()?).ok()?;
        Some(age >= LEFT_BEHIND)
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        if entry.metadata().is_ok_and(|metadata| metadata.is_file() && is_old(&metadata) == Some(true)) {
            // If it can't be removed now it is tried again the next time.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_is_removed_in_time_and_a_living_one_s_is_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in [".new-old", ".new-young", "other"] {
            fs::write(at(name), "x").expect("written");
        }
        let before = |seconds| fs::metadata(at("other")).expect("metadata").modified().expect("a time") - Duration::from_secs(seconds);
        for (name, age) in [(".new-old", 3_700), (".new-young", 3_000), ("other", 9_000)] {
            File::options().write(true).open(at(name)).expect("open").set_modified(before(age)).expect("set");
        }
        replace(&at("file"), b"first", ".new-").expect("written");
        replace(&at("file"), b"second", ".new-").expect("written");
        let mut names: Vec<_> = fs::read_dir(dir.path()).expect("entries").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        assert_eq!(names, [".new-young", "file", "other"]);
        assert_eq!(fs::read(at("file")).expect("bytes"), b"second");
        remove(&at("file")).expect("removed");
        remove(&at("file")).expect("there is none");
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
