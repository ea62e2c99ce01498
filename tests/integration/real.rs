//! The real program, in a home of its own, with its tokens in files and a person who follows the printed address.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use url::Url;

use crate::cookies;
use crate::machine::follow;
use crate::provider::Provider;
use crate::schemas;

/// A home, and the provider its person signs in to.
pub(crate) struct Home {
    around: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) provider: Provider,
    variables: Vec<(&'static str, &'static str)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self::called(OsStr::new("home"))
    }

    /// A home whose directory has this name; it is not made.
    pub(crate) fn called(name: &OsStr) -> Self {
        let around = tempfile::tempdir().expect("a directory");
        Self { path: around.path().join(name), around, provider: Provider::start(), variables: vec![("KCLOGIN_STORE", "file")] }
    }

    /// With this variable beside what the environment holds, or in place of it.
    #[cfg(windows)]
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// The program with an environment that holds little more than the home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kclogin"));
        command.args(arguments).env_clear().env("HOME", &self.path).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if cfg!(windows) {
            // Without the first there are no sockets; the others are where a person's application data is.
            command.env("SystemRoot", std::env::var_os("SystemRoot").unwrap_or_default());
            command.env("APPDATA", self.path.join("Roaming")).env("LOCALAPPDATA", self.path.join("Local"));
        }
        command.envs(self.variables.iter().copied()).stdin(Stdio::null()).current_dir(self.around.path());
        command
    }

    /// Runs the program. What it prints as JSON is held against the schema for it.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("started");
        schemas::check(arguments, output.status.success(), &String::from_utf8_lossy(&output.stdout));
        output
    }

    /// Signs in.
    #[track_caller]
    pub(crate) fn signed_in(self) -> Self {
        let issuer = self.provider.issuer();
        let mut login = self.command(&["login", "--no-browser", "--issuer", &issuer]).stderr(Stdio::piped()).spawn().expect("started");
        let mut said = String::new();
        for line in BufReader::new(login.stderr.take().expect("stderr")).lines().map_while(Result::ok) {
            if let Some(address) = Url::parse(line.trim()).ok().filter(|url| url.scheme() == "http") {
                follow(&cookies::enter(&address));
            }
            said += &line;
        }
        assert!(login.wait().expect("an end").success(), "{said}");
        self
    }
}
