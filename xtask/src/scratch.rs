//! A folder that only this user can read and that is gone when the task ends.
//! Owns making and removing it; what goes into it is the caller's.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::failure::{Context, Failure, Outcome};
use crate::undo::Undo;

/// A temporary folder, removed on drop and on Ctrl-C.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _undo: Undo,
}

impl Scratch {
    /// The name is kept short: a Unix socket below it has about 100 bytes for its whole path.
    pub(crate) fn new() -> Outcome<Self> {
        let base = std::env::temp_dir();
        for attempt in 0..100 {
            let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
            let path = base.join(format!("kcx-{:x}-{:x}", std::process::id(), nanos.wrapping_add(attempt)));
            match private_dir(&path) {
                Ok(()) => {
                    let doomed = path.clone();
                    return Ok(Self { path, _undo: Undo::later(move || remove(&doomed)) });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).context(format_args!("making a folder in {}", base.display()));
                }
            }
        }
        Err(Failure::new(format!("no free name for a folder in {}", base.display())))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder inside it, made private too.
    pub(crate) fn dir(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.path.join(name);
        private_dir(&path).context(format_args!("making {}", path.display()))?;
        Ok(path)
    }
}

#[cfg(unix)]
fn private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_dir(path: &Path) -> std::io::Result<()> {
    fs::create_dir(path)
}

/// A browser that has just been stopped may still be writing its profile, so the first attempts can find new files in a folder just emptied.
fn remove(path: &Path) {
    for _ in 0..20 {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => sleep(Duration::from_millis(100)),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_afterwards() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        fs::write(scratch.dir("home").unwrap().join("file"), "x").unwrap();
        assert!(path.is_dir());
        drop(scratch);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_look_in() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new().unwrap();
        let inner = scratch.dir("runtime").unwrap();
        for path in [scratch.path(), &inner] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
