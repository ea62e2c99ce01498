//! The environment variables and the directories they lead to: the only file that reads the process's environment.
//!
//! Everyone else is handed an [`Environment`], so that a test can bring its own.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A fixed set of environment variables.
#[derive(Clone, Default)]
pub struct Environment {
    variables: Arc<BTreeMap<OsString, OsString>>,
    home: Option<PathBuf>,
    /// Whether the files of this system say more about it.
    is_process: bool,
}

/// Only the names: a value may be a secret, such as a client's or a proxy's.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The process's own environment. Where `HOME` is missing the home directory comes from the user database.
    #[must_use]
    pub fn of_process() -> Self {
        Self { variables: Arc::new(env::vars_os().collect()), home: env::home_dir(), is_process: true }
    }

    /// An environment of just these variables.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables: BTreeMap<OsString, OsString> = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let home = variables.get(OsStr::new("HOME")).map(PathBuf::from);
        Self { variables: Arc::new(variables), home, is_process: false }
    }

    /// The variable's value as text; unset, empty and not UTF-8 are all nothing, as is usual for settings.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(OsStr::new(name)).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Whether the variable is set to something.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.variables.get(OsStr::new(name)).is_some_and(|value| !value.is_empty())
    }

    fn directory(&self, name: &str) -> Option<PathBuf> {
        // The XDG Base Directory Specification: "all paths must be absolute; a relative path is to be ignored".
        self.variables.get(OsStr::new(name)).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    fn below_home(&self, rest: &str) -> Option<PathBuf> {
        self.home.as_deref().filter(|home| home.is_absolute()).map(|home| home.join(rest))
    }

    /// kclogin's configuration directory: under `XDG_CONFIG_HOME` or `~/.config` (on macOS too, where command-line tools live there), under
    /// `%APPDATA%` on Windows. Nothing where there is no home.
    ///
    /// This is small enough to own: a library for it would read the process's environment itself, past the seam the tests use.
    #[must_use]
    pub fn config_dir(&self) -> Option<PathBuf> {
        let base = self.directory("XDG_CONFIG_HOME").or_else(|| if cfg!(windows) { self.directory("APPDATA") } else { self.below_home(".config") });
        base.map(|base| base.join("kclogin"))
    }

    /// kclogin's state directory, for locks: under `XDG_STATE_HOME` or `~/.local/state`, under `%LOCALAPPDATA%` on Windows.
    #[must_use]
    pub fn state_dir(&self) -> Option<PathBuf> {
        let base =
            self.directory("XDG_STATE_HOME").or_else(|| if cfg!(windows) { self.directory("LOCALAPPDATA") } else { self.below_home(".local/state") });
        base.map(|base| base.join("kclogin"))
    }

    /// Where files are kept that are gone with the session of the desktop or the login at the latest: `XDG_RUNTIME_DIR`, which is in memory; else the state
    /// directory.
    #[must_use]
    pub fn runtime_dir(&self) -> Option<PathBuf> {
        self.directory("XDG_RUNTIME_DIR").filter(|dir| dir.is_dir()).map(|dir| dir.join("kclogin")).or_else(|| self.state_dir())
    }

    /// The program of this name in one of the directories of `PATH`, or at this absolute path. Relative directories are passed over: what is where one happens to stand is not
    /// what was meant.
    #[must_use]
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        if Path::new(name).is_absolute() {
            return Some(PathBuf::from(name)).filter(|file| is_program(file));
        }
        // Windows calls it `Path` and takes that for the same.
        let is_path = |name: &OsString| name == "PATH" || (cfg!(windows) && name.eq_ignore_ascii_case("PATH"));
        let (_, path) = self.variables.iter().find(|(name, _)| is_path(name))?;
        let file = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
        env::split_paths(path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(&file)).find(|file| is_program(file))
    }

    /// Gives a program these variables and no others.
    pub fn give_to(&self, command: &mut Command) {
        command.env_clear().envs(&*self.variables);
    }

    /// The address of the D-Bus session bus that is named, or waits at its well-known socket.
    ///
    /// Without one, libdbus may start a bus daemon of its own when `DISPLAY` is set, and leave it running: nobody wants that from a login tool.
    #[must_use]
    pub fn session_bus(&self) -> Option<String> {
        let named = self.variables.get(OsStr::new("DBUS_SESSION_BUS_ADDRESS")).filter(|address| !address.is_empty());
        let well_known = || self.directory("XDG_RUNTIME_DIR").map(|dir| dir.join("bus")).filter(|socket| socket.exists());
        named.map(|address| address.to_string_lossy().into_owned()).or_else(|| well_known().map(|socket| format!("unix:path={}", socket.display())))
    }

    /// Whether a terminal here shows characters beyond ASCII, by the first locale variable that says (POSIX.1-2024 section 8.2); on Windows and macOS it does.
    #[must_use]
    pub fn has_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.get(name)).unwrap_or_default().to_ascii_lowercase();
        cfg!(any(windows, target_os = "macos")) || locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Whether this is a container, by what podman and docker leave in theirs and by the variables of others.
    #[must_use]
    pub fn in_container(&self) -> bool {
        let is_marked = || ["/run/.containerenv", "/.dockerenv"].iter().any(|marker| Path::new(marker).exists());
        self.has("container") || self.has("KUBERNETES_SERVICE_HOST") || (self.is_process && is_marked())
    }

    /// Whether this is Linux within Windows, by its variables, which `sudo` takes away, or by its kernel.
    #[must_use]
    pub fn in_wsl(&self) -> bool {
        let is_said = || fs::read_to_string("/proc/sys/kernel/osrelease").is_ok_and(|release| release.to_ascii_lowercase().contains("microsoft"));
        self.has("WSL_DISTRO_NAME") || self.has("WSL_INTEROP") || (self.is_process && is_said())
    }

    /// Whether there is a screen on which another program could ask the person something (on X11 and Wayland).
    #[must_use]
    pub fn has_display(&self) -> bool {
        self.has("DISPLAY") || self.has("WAYLAND_DISPLAY")
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset() {
        let environment = Environment::from_pairs([("NO_COLOR", ""), ("KCLOGIN_PROFILE", "work")]);
        assert_eq!(environment.get("NO_COLOR"), None);
        assert!(!environment.has("NO_COLOR"));
        assert_eq!(environment.get("KCLOGIN_PROFILE"), Some("work"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_where_path_says_and_never_where_one_stands() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        for (place, mode) in [(&first, 0o644), (&second, 0o755)] {
            std::fs::create_dir(place).expect("made");
            std::fs::write(place.join("tool"), "").expect("written");
            std::fs::set_permissions(place.join("tool"), std::fs::Permissions::from_mode(mode)).expect("set");
        }
        let found = |path: String| Environment::from_pairs([("PATH", path)]).find_program("tool");
        assert_eq!(found(format!("{}:{}", first.display(), second.display())), Some(second.join("tool")));
        assert_eq!(found(format!("src::.:{}", first.display())), None);
        assert_eq!(Environment::from_pairs([("PATH", ":.:src")]).find_program("lib.rs"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_relative_xdg_directory_is_ignored() {
        let environment = Environment::from_pairs([("HOME", "/home/alice"), ("XDG_CONFIG_HOME", "conf"), ("XDG_STATE_HOME", "/s")]);
        assert_eq!(environment.config_dir(), Some(PathBuf::from("/home/alice/.config/kclogin")));
        assert_eq!(environment.state_dir(), Some(PathBuf::from("/s/kclogin")));
        assert_eq!(Environment::default().config_dir(), None);
    }
}
