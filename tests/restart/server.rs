//! A Keycloak of a test's own, started by the program that `cargo xtask test` names, at the address that it names.

use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::keycloak;

/// How long Keycloak may take to start: more than xtask itself waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// A Keycloak that keeps its data in a folder. Stopped when this is dropped, however the test ends.
pub(crate) struct Server(Child);

impl Server {
    /// With these options of `cargo xtask keycloak run`. Does not wait until it is ready.
    pub(crate) fn begin(folder: &Path, options: &[&str]) -> Self {
        let program = std::env::var("KCLOGIN_LIVE_XTASK").expect("KCLOGIN_LIVE_XTASK is set by `cargo xtask test`");
        let address = keycloak();
        let port = address.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port");
        let mut command = Command::new(program);
        command.args(["keycloak", "run", "--port", port, "--folder"]).arg(folder).args(options);
        Self(command.spawn().expect("xtask starts"))
    }

    fn is_ready() -> bool {
        ureq::get(format!("{}/realms/master", keycloak())).call().is_ok()
    }

    /// Waits until it is ready.
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Self {
        let mut server = Self::begin(folder, options);
        let until = Instant::now() + PATIENCE;
        while !Self::is_ready() {
            assert!(server.0.try_wait().expect("a state").is_none(), "Keycloak has ended");
            assert!(Instant::now() < until, "Keycloak did not get ready");
            thread::sleep(Duration::from_millis(200));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, it ends Keycloak first.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}
