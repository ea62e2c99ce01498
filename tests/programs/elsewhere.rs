//! What the tests of providers that are not Keycloak share: a provider that runs until it is dropped, and the home of somebody who signs in there.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Outcome, outcome};

/// How long a provider may take to start beside others.
const PATIENCE: Duration = Duration::from_secs(120);

/// A port that nobody has.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// A provider's process, until it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts a provider and waits until it says who it is.
    pub(crate) fn start(command: &mut Command, issuer: &str) -> Self {
        let process = Self(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts"));
        let (address, end) = (format!("{issuer}/.well-known/openid-configuration"), Instant::now() + PATIENCE);
        while ureq::get(&address).call().is_err() {
            assert!(Instant::now() < end, "it did not come");
            thread::sleep(Duration::from_millis(100));
        }
        process
    }
}

/// Somebody's home, with the tokens in files.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a home"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Where the tokens are.
    pub(crate) fn store(&self) -> PathBuf {
        self.path(".local/state/kclogin/tokens")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kclogin"));
        command.args(arguments).env_clear().env("HOME", self.0.path()).env("PATH", std::env::var_os("PATH").expect("a path"));
        command.env("KCLOGIN_STORE", "file").stdin(Stdio::null()).current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).output().expect("kclogin runs"))
    }

    /// Begins a login and does `meanwhile` with the address that it prints: with `--device`, the one with the code in it.
    #[track_caller]
    pub(crate) fn log_in(&self, issuer: &str, options: &[&str], meanwhile: impl FnOnce(&str)) -> Outcome {
        let always = ["login", "--timeout", "60s", "--issuer", issuer];
        let mut login = self.command(&[&always, options].concat()).stderr(Stdio::piped()).spawn().expect("started");
        let mut lines = BufReader::new(login.stderr.take().expect("stderr")).lines().map(|line| line.expect("text"));
        let is_it = |line: &&str| line.starts_with("http") && (!options.contains(&"--device") || line.contains("user_code="));
        let address = lines.find_map(|line| line.strip_prefix("  ").filter(is_it).map(str::to_owned));
        meanwhile(&address.expect("an address"));
        let said: Vec<String> = lines.collect();
        let code = login.wait().expect("an end").code().expect("a code");
        Outcome { code, stdout: String::new(), stderr: said.join("\n") }
    }
}
