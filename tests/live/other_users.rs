//! The built program as other users of the system than root, which only root can show: one who is in no user database, and one who may not write where
//! the configuration is.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::{Outcome, outcome};
use crate::kill_login::sign_in;
use crate::provider::Provider;

/// In no user database, as in many containers.
const NOBODY_KNOWS: u32 = 12345;
/// `nobody`, wherever that is.
const UNPRIVILEGED: u32 = 65534;

/// A user, with a directory of theirs, and the provider they sign in to.
struct User {
    id: u32,
    dir: tempfile::TempDir,
    variables: Vec<(&'static str, PathBuf)>,
    provider: Provider,
}

impl User {
    fn new(id: u32) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        chown(dir.path(), Some(id), Some(id)).expect("root gives away");
        // Where the program was built, this user may not look.
        let program = dir.path().join("kclogin");
        fs::copy(env!("CARGO_BIN_EXE_kclogin"), &program).expect("copied");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("set");
        Self { id, dir, variables: Vec::new(), provider: Provider::start() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program as this user, without any variable but those that are set.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("kclogin"));
        command.args(arguments).env_clear().envs(self.variables.iter().cloned()).current_dir("/").stdin(Stdio::null());
        // The standard library leaves the groups of root behind as well.
        command.uid(self.id).gid(self.id);
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).output().expect("root becomes whom it likes"))
    }

    fn login(&self, more: &[&str]) -> Command {
        self.command(&[&["login", "--no-browser", "--timeout", "60s", "--issuer", &self.provider.issuer()], more].concat())
    }
}

#[test]
fn whoever_has_no_home_and_is_in_no_user_database_is_told_so() {
    let user = User::new(NOBODY_KNOWS);
    let keep_tokens = "error: there is no home directory to keep tokens in\nhint: set HOME, or XDG_STATE_HOME\n";
    assert_eq!(outcome(user.login(&["--store", "file"]).output().expect("it runs")).failed(4), keep_tokens);
    #[cfg(target_os = "linux")]
    {
        let configure = "error: there is no home directory to keep the configuration in\nhint: set HOME, or XDG_CONFIG_HOME\n";
        assert_eq!(outcome(user.login(&["--store", "kernel"]).output().expect("it runs")).failed(1), configure);
    }
    assert!(user.run(&["token"]).failed(3).starts_with("error: not logged in: no profile is set up yet\nhint: "));
    assert!(user.run(&["profile", "use", "x"]).failed(2).starts_with("error: there is no profile called `x`\n"));
    user.run(&["logout"]).done();
    user.run(&["profile", "list"]).done();
    assert_eq!(user.provider.live_sessions(), 0, "nobody was asked to sign in");
}

#[test]
fn directories_that_are_named_stand_in_for_the_home_that_is_missing() {
    let mut user = User::new(NOBODY_KNOWS);
    user.variables = vec![("XDG_CONFIG_HOME", user.path("config")), ("XDG_STATE_HOME", user.path("state"))];
    assert!(sign_in(user.login(&["--store", "file"])).success());
    let token = user.run(&["token"]).done();
    assert_ne!(user.run(&["token", "--force-refresh"]).done(), token);
    user.run(&["logout"]).done();
    assert_eq!((user.run(&["token"]).code, user.provider.live_sessions()), (3, 0));
}

/// What is in a directory, by name.
fn files(dir: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(dir).expect("entries").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("text"))).collect();
    files.sort();
    files
}

#[test]
fn a_configuration_directory_that_is_read_only_is_exit_1_and_costs_no_session() {
    let mut user = User::new(UNPRIVILEGED);
    user.variables = vec![("HOME", user.path("")), ("KCLOGIN_PROFILE", "a".into())];
    assert!(sign_in(user.login(&["--store", "file"])).success());
    let (config, tokens) = (user.path(".config/kclogin"), user.path(".local/state/kclogin/tokens"));
    fs::set_permissions(&config, Permissions::from_mode(0o500)).expect("set");
    let before = files(&config);
    // With the lock of earlier times in it, and then without.
    for with_lock in [true, false] {
        let token = user.run(&["token"]).done();
        let kept = files(&tokens);
        let refused = format!("error: the configuration {} can't be written: Permission denied (os error 13)", config.join("config.toml").display());
        let hint = "hint: make its directory writable, or set XDG_CONFIG_HOME";
        let calls =
            [&["login", "--timeout", "5s", "--scope", "openid email"][..], &["profile", "use", "a"], &["profile", "move-store", "--to", "kernel"]];
        for call in calls {
            let stderr = user.run(call).failed(1);
            assert_eq!(stderr.lines().collect::<Vec<_>>(), [refused.as_str(), hint], "{call:?}, with its lock: {with_lock}");
        }
        assert_eq!((files(&config).len(), files(&tokens)), (before.len() - usize::from(!with_lock), kept), "with its lock: {with_lock}");
        assert_eq!(user.run(&["token"]).done(), token);
        // What changes no profile needs no writing.
        user.run(&["token", "--force-refresh"]).done();
        assert!(sign_in(user.login(&[])).success());
        user.run(&["whoami"]).done();
        fs::remove_file(config.join(".config.toml.lock")).unwrap_or_else(|error| assert!(!with_lock, "{error}"));
    }
    user.run(&["logout"]).done();
    assert_eq!((user.run(&["token"]).code, fs::read_to_string(config.join("config.toml")).expect("text")), (3, before[1].1.clone()));
}
