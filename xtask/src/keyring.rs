//! A keyring for the product to keep tokens in: the person's own, or a throwaway one on a message bus of its own.
//! Owns the bus, the keyring daemon and the environment of what runs there (Linux and its like; elsewhere the system's own is used).
//!
//! The throwaway one is a `dbus-daemon` and a `gnome-keyring-daemon`, both with a new `HOME` and `XDG_RUNTIME_DIR` of their own:
//! the keyring's files and sockets are there, and nothing on the bus can start anything that knows the person's.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process::{self, Running};
use crate::scratch::Scratch;
use crate::workspace;

/// Where a program finds the bus of its session.
const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// How long the bus and the keyring may take. They need a tenth of a second; a busy machine may need more.
const READY: Duration = Duration::from_secs(15);

/// Would lead out of the throwaway home.
const LEADING_OUT: &[&str] = &["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "GNOME_KEYRING_CONTROL"];

/// Whether this system's keyring is the one of its desktop, which is always there.
const BUILT_IN: bool = cfg!(any(windows, target_os = "macos"));

/// Whether the person's own keyring can be used: there is one, and a display on which it could ask to be unlocked.
pub(crate) fn has_own() -> bool {
    BUILT_IN || (workspace::has_display() && has_secret_service())
}

fn has_secret_service() -> bool {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(|dir| Path::new(&dir).join("bus"));
    // Without an address dbus-send would start a bus of its own.
    let has_bus = env::var_os(ADDRESS).is_some() || runtime.is_some_and(|bus| bus.exists());
    has_bus && default_collection(None).is_some()
}

/// The path of the default collection. Without one nothing can be saved, however well the service is.
fn default_collection(bus: Option<&str>) -> Option<String> {
    let service = "/org/freedesktop/secrets";
    let answer = ask(bus, "org.freedesktop.secrets", service, "org.freedesktop.Secret.Service.ReadAlias", "string:default")?;
    collection(&answer)
}

fn collection(answer: &str) -> Option<String> {
    answer.split('"').nth(1).filter(|path| *path != "/").map(str::to_owned)
}

/// Whether somebody on the bus has the Secret Service's name. Asking the bus starts nobody, asking the service would.
fn is_served(bus: &str) -> bool {
    let method = "org.freedesktop.DBus.NameHasOwner";
    let answer = ask(Some(bus), "org.freedesktop.DBus", "/org/freedesktop/DBus", method, "string:org.freedesktop.secrets");
    answer.is_some_and(|answer| answer.contains("boolean true"))
}

fn ask(bus: Option<&str>, name: &str, path: &str, method: &str, argument: &str) -> Option<String> {
    let mut command = Command::new(process::find(&["dbus-send"])?);
    command.args(["--session", "--print-reply", "--reply-timeout=3000", &format!("--dest={name}"), path, method, argument]);
    if let Some(bus) = bus {
        command.env(ADDRESS, bus);
    }
    let output = process::output(&mut command).ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where a command runs so that it has a keyring.
#[derive(Debug)]
pub(crate) struct Surroundings {
    throwaway: Option<Throwaway>,
}

impl Surroundings {
    /// The programs that are needed for it.
    pub(crate) fn needs(own: bool) -> &'static [Tool] {
        if own || BUILT_IN { &[] } else { &[Tool::Dbus, Tool::Keyring] }
    }

    /// The person's own keyring.
    pub(crate) fn own() -> Self {
        Self { throwaway: None }
    }

    /// A throwaway keyring, with its folders below `scratch`. Where the system has one built in, that is used instead.
    pub(crate) fn throwaway(scratch: &Scratch, has_display: bool) -> Outcome<Self> {
        let throwaway = if BUILT_IN { None } else { Some(Throwaway::start(scratch.dir("home")?, scratch.dir("run")?, has_display)?) };
        Ok(Self { throwaway })
    }

    /// The process of the throwaway keyring's daemon.
    pub(crate) fn keyring_id(&self) -> Option<u32> {
        self.throwaway.as_ref().map(|throwaway| throwaway.keyring.id())
    }

    /// Fails where the throwaway keyring's daemon is no longer the one that was started: D-Bus would have started another, which is locked.
    pub(crate) fn still_there(&mut self) -> Outcome {
        let Some(throwaway) = &mut self.throwaway else { return Ok(()) };
        let Some(end) = throwaway.keyring.ended() else { return Ok(()) };
        let log = throwaway.folders.runtime.join("keyring.log");
        Err(Failure::new(format!("the throwaway keyring ended with {end}: {}", last_line(&log))))
    }

    /// A command that will run in there.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        if let Some(throwaway) = &self.throwaway {
            throwaway.folders.surround(&mut command);
        }
        command
    }
}

/// The order of the fields is the order of their end.
#[derive(Debug)]
struct Throwaway {
    folders: Folders,
    keyring: Running,
    _bus: Running,
}

impl Throwaway {
    fn start(home: PathBuf, runtime: PathBuf, has_display: bool) -> Outcome<Self> {
        let folders = Folders { home, runtime, has_display };
        let bus = folders.start_bus()?;
        let keyring = folders.start_keyring()?;
        Ok(Self { folders, keyring, _bus: bus })
    }
}

#[derive(Debug)]
struct Folders {
    home: PathBuf,
    runtime: PathBuf,
    has_display: bool,
}

impl Folders {
    /// Where a session's bus is by convention.
    fn address(&self) -> String {
        format!("unix:path={}", self.runtime.join("bus").display())
    }

    fn start_bus(&self) -> Outcome<Running> {
        let mut command = Command::new(packages::program(Tool::Dbus)?);
        self.surround(&mut command);
        let log = self.runtime.join("bus.log");
        command.args(["--session", "--nofork", "--nopidfile"]).arg(format!("--address={}", self.address()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file(&log)?);
        let bus = Running::start(&mut command)?;
        let ready = process::until(READY, || self.runtime.join("bus").exists().then_some(()));
        ready.map(|()| bus).ok_or_else(|| Failure::new(format!("the throwaway message bus did not get ready: {}", last_line(&log))))
    }

    fn start_keyring(&self) -> Outcome<Running> {
        let mut command = Command::new(packages::program(Tool::Keyring)?);
        self.surround(&mut command);
        let log = self.runtime.join("keyring.log");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(file(&log)?);
        let mut keyring = Running::start(&mut command)?;
        // The password of a keyring that did not exist before and will not exist afterwards. Closing the stream ends it.
        if let Some(mut password) = keyring.child().stdin.take() {
            password.write_all(b"throwaway").context("telling the keyring its password")?;
        }
        let bus = self.address();
        let ready = process::until(READY, || (is_served(&bus) && default_collection(Some(&bus)).is_some()).then_some(()));
        ready.map(|()| keyring).ok_or_else(|| Failure::new(format!("the throwaway keyring did not get ready: {}", last_line(&log))))
    }

    fn surround(&self, command: &mut Command) {
        for name in LEADING_OUT {
            command.env_remove(name);
        }
        if !self.has_display {
            // Nobody is there to answer a prompt on a screen.
            command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        }
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            // Cargo and rustup look for theirs below HOME, and would fetch everything anew.
            if let (None, Some(home)) = (env::var_os(name), env::home_dir()) {
                command.env(name, home.join(folder));
            }
        }
        command.env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.runtime).env(ADDRESS, self.address());
    }
}

fn file(log: &Path) -> Outcome<File> {
    File::create(log).context(format_args!("writing {}", log.display()))
}

fn last_line(log: &Path) -> String {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    said.lines().next_back().unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_default_collection_is_no_keyring() {
        let there = "method return time=1.2 sender=:1.1\n   object path \"/org/freedesktop/secrets/collection/login\"\n";
        assert_eq!(collection(there), Some("/org/freedesktop/secrets/collection/login".to_owned()));
        assert_eq!(collection("method return\n   object path \"/\"\n"), None);
        assert_eq!(collection(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_leads_out_of_the_throwaway_home() {
        let scratch = Scratch::new().unwrap();
        let folders = Folders { home: scratch.path().join("home"), runtime: "/run/it".into(), has_display: false };
        let mut command = Command::new("cargo");
        folders.surround(&mut command);
        let set = |name: &str| command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value.map(ToOwned::to_owned));
        assert_eq!(set("HOME"), Some(Some(scratch.path().join("home").into_os_string())));
        assert_eq!(set(ADDRESS), Some(Some("unix:path=/run/it/bus".into())));
        for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "DISPLAY"] {
            assert_eq!(set(name), Some(None), "{name}");
        }
    }
}
