//! Files that only their owner can read, for machines without a keyring. They are not encrypted: what keeps them is the system's own bounds between
//! users. How a file is replaced in one step, `private_file` knows.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use rustix::fs::OFlags;

use super::{Account, TokenStore};
use crate::error::{Error, Result};
use crate::private_file::{self, make_private_dir};
use crate::secret::Secret;

/// The largest file that is read, in bytes: what a hundred thousand groups would take.
const LIMIT: u64 = 16 * 1024 * 1024;

/// What the names of files begin with that have not taken their place yet.
const NEW: &str = ".new-";

/// The files in one directory.
pub(super) struct Files {
    dir: PathBuf,
}

impl Files {
    /// In the directory that [`directory`] names.
    pub(super) fn open(state_dir: Option<&Path>) -> Result<Self> {
        let Some(state_dir) = state_dir else {
            return Err(Error::store_unavailable("there is no home directory to keep tokens in").hint("set HOME, or XDG_STATE_HOME"));
        };
        Ok(Self { dir: directory(state_dir) })
    }

    fn path(&self, account: &Account) -> PathBuf {
        self.dir.join(account.file_name())
    }
}

/// The directory of the files.
pub(super) fn directory(state_dir: &Path) -> PathBuf {
    state_dir.join("tokens")
}

impl TokenStore for Files {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        let path = self.path(account);
        let cannot = |error: io::Error| Error::store_unavailable(format!("the token file {} can't be read: {error}", path.display()));
        let Some(file) = open_itself(&path).map_err(cannot)? else { return Ok(None) };
        let metadata = file.metadata().map_err(cannot)?;
        require_private(&path, &metadata, 0o077, "600")?;
        if metadata.len() > LIMIT {
            return Err(Error::store_unavailable(format!("the token file {} is too large to be one of kclogin's", path.display())));
        }
        // In one piece, since a buffer that grows leaves copies behind.
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        let read = file.take(LIMIT).read_to_end(&mut bytes);
        let secret = Secret::new(bytes);
        read.map_err(cannot)?;
        Ok(Some(secret))
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let dir = &self.dir;
        let cannot = |error: io::Error| {
            let hint = match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there; what was kept before still is",
                _ => "make that directory writable, or set XDG_STATE_HOME; what was kept before still is",
            };
            Error::store_unavailable(format!("the tokens can't be written to {}: {error}", dir.display())).hint(hint)
        };
        make_private_dir(dir).map_err(cannot)?;
        // Who may write there may put a file of theirs in place of ours.
        require_private(dir, &fs::metadata(dir).map_err(cannot)?, 0o022, "700")?;
        private_file::replace(&self.path(account), secret.expose(), NEW).map_err(cannot)
    }

    /// The disk may be full or read-only since. What is kept is written once more.
    fn try_out(&self, account: &Account, kept: &Secret<Vec<u8>>) -> Result<()> {
        self.save(account, kept)
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let path = self.path(account);
        private_file::remove(&path, NEW).map_err(|error| {
            Error::store_unavailable(format!("the token file {} can't be removed: {error}", path.display())).hint("make its directory writable")
        })
    }
}

/// Opens a file, but not what a symbolic link in its place points to, and without waiting where it is a pipe.
fn open_itself(path: &Path) -> io::Result<Option<File>> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    match options.open(path) {
        // A link is found out before it is blamed for not being followed, in whatever words the system has for that.
        _ if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) => Err(io::Error::other("it is a link, or no file")),
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses what belongs to somebody else, and what others may do more with than these bits of its mode forbid. `mode` is what it should be.
#[cfg(unix)]
fn require_private(path: &Path, metadata: &Metadata, forbidden: u32, mode: &str) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let shown = path.display();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Error::store_unavailable(format!("{shown} belongs to another user, so it is not used for tokens"))
            .hint("remove it, or sign in as the user it belongs to"));
    }
    if metadata.mode() & forbidden != 0 {
        let who = if metadata.is_dir() { "written to" } else { "read or written" };
        return Err(Error::store_unavailable(format!("{shown} can be {who} by other users, so it is not used for tokens"))
            .hint(format!("make it yours alone with `chmod {mode} '{shown}'`; somebody may have read it: `kclogin logout` ends the session")));
    }
    Ok(())
}

/// On Windows what is in a person's own application data can be read by that person, the system and administrators.
#[cfg(not(unix))]
fn require_private(_: &Path, _: &Metadata, _: u32, _: &str) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::token_set("work", "kclogin", "https://kc.example/realms/a")
    }

    fn secret(byte: u8, length: usize) -> Secret<Vec<u8>> {
        Secret::new(vec![byte; length])
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).expect("entries").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_hundred_kilobytes_round_trip_and_each_account_has_its_own_file() {
        let state = tempfile::tempdir().expect("a directory");
        let files = Files::open(Some(state.path())).expect("a store");
        let (tokens, client) = (account(), account().client_secret());
        assert_eq!(files.load(&tokens), Ok(None), "not even the directory is there");
        files.delete(&tokens).expect("nothing to remove");
        for (account, byte, length) in [(&tokens, 1, 10), (&client, 2, 20), (&tokens, 3, 100 * 1024), (&tokens, 4, 0)] {
            files.save(account, &secret(byte, length)).expect("saved");
            assert_eq!(files.load(account), Ok(Some(secret(byte, length))));
        }
        assert_eq!(files.load(&client), Ok(Some(secret(2, 20))));
        assert_eq!(names(&state.path().join("tokens")), [client.file_name(), tokens.file_name()]);
        files.delete(&tokens).expect("removed");
        assert_eq!((files.load(&tokens), files.load(&client)), (Ok(None), Ok(Some(secret(2, 20)))));
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_read_or_put_in_place_is_refused_and_says_how_to_mend_it() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let state = tempfile::tempdir().expect("a directory");
        let files = Files::open(Some(state.path())).expect("a store");
        files.save(&account(), &secret(1, 10)).expect("saved");
        let (dir, path) = (state.path().join("tokens"), files.path(&account()));
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&path)), (0o700, 0o600));
        for wide in [0o644, 0o640, 0o604, 0o620, 0o602] {
            set(&path, wide);
            let error = files.load(&account()).expect_err("others can read it");
            assert_eq!(error.sentence(), format!("{} can be read or written by other users, so it is not used for tokens", path.display()));
            assert!(error.hint_text().expect("a hint").contains(&format!("chmod 600 '{}'", path.display())), "{error:?}");
        }
        set(&path, 0o600);
        for wide in [0o770, 0o702] {
            set(&dir, wide);
            let error = files.save(&account(), &secret(2, 10)).expect_err("others can put a file there");
            assert!(error.hint_text().expect("a hint").contains(&format!("chmod 700 '{}'", dir.display())), "{error:?}");
        }
        set(&dir, 0o755);
        assert_eq!(files.load(&account()), Ok(Some(secret(1, 10))), "to see the names is no harm");
        let elsewhere = state.path().join("elsewhere");
        fs::rename(&path, &elsewhere).expect("moved");
        symlink(&elsewhere, &path).expect("a link");
        let error = files.load(&account()).expect_err("a link");
        assert!(error.sentence().ends_with("can't be read: it is a link, or no file"), "{error}");
        files.save(&account(), &secret(3, 10)).expect("saved");
        assert_eq!((files.load(&account()), fs::read(elsewhere).expect("bytes")), (Ok(Some(secret(3, 10))), vec![1; 10]), "the link is replaced");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_directory_in_its_place_holds_nobody_up() {
        let state = tempfile::tempdir().expect("a directory");
        let files = Files::open(Some(state.path())).expect("a store");
        let path = files.path(&account());
        make_private_dir(&state.path().join("tokens")).expect("made");
        assert!(std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status().expect("mkfifo runs").success());
        files.load(&account()).expect_err("a pipe");
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("made");
        files.load(&account()).expect_err("a directory");
    }

    #[test]
    fn a_directory_that_can_t_be_made_is_a_clear_error() {
        let state = tempfile::tempdir().expect("a directory");
        let file = state.path().join("file");
        fs::write(&file, "").expect("written");
        let error = Files::open(Some(&file)).expect("a store").save(&account(), &secret(1, 10)).expect_err("there is no directory");
        let start = format!("the tokens can't be written to {}: ", file.join("tokens").display());
        assert!(error.sentence().starts_with(&start), "{error}");
        assert!(error.hint_text().expect("a hint").starts_with("make that directory writable"), "{error:?}");
        assert!(Files::open(None).is_err());
    }

    #[test]
    fn readers_see_the_old_or_the_new_while_somebody_writes() {
        let state = tempfile::tempdir().expect("a directory");
        let files = Files::open(Some(state.path())).expect("a store");
        files.save(&account(), &secret(0, 50_000)).expect("saved");
        std::thread::scope(|scope| {
            scope.spawn(|| (1..40).for_each(|byte| files.save(&account(), &secret(byte, 50_000 - usize::from(byte))).expect("saved")));
            for _ in 0..200 {
                let read = files.load(&account()).expect("readable").expect("there");
                let byte = read.expose()[0];
                assert_eq!(read, secret(byte, 50_000 - usize::from(byte)));
            }
        });
    }
}
