//! A Keycloak that keeps what it knows in a folder, so that it can be stopped and started again at the same address with every session.
//! Owns its life; the command line and the waiting are `server`'s. It runs from Keycloak's files only, never in a container.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use clap::Args;

use super::server::{self, Setting};
use super::{Admin, credentials};
use crate::failure::{Failure, Outcome};
use crate::process::Running;
use crate::progress::say;

/// How it is served, where that is not as always.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Served {
    /// The path below which everything of it is, such as `/auth` [default: none]
    #[arg(long, value_name = "PATH", default_value_t, hide_default_value = true)]
    path: String,
    /// More of Keycloak's own options
    #[arg(last = true, value_name = "OPTION")]
    more: Vec<String>,
}

/// One whose data outlives it. It is stopped when this is dropped; the folder is the caller's.
#[derive(Debug)]
pub(crate) struct Lasting {
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) admin: Admin,
    folder: PathBuf,
    port: u16,
    served: Served,
    running: Option<Running>,
}

impl Lasting {
    /// Starts one on this port, with what an earlier one left in the folder.
    pub(crate) fn start(folder: &Path, port: u16, served: &Served) -> Outcome<Self> {
        let (user, password) = credentials();
        let (url, served) = (server::url(port) + &served.path, served.clone());
        let mut lasting = Self { admin: Admin::new(&url, &user, &password), url, folder: folder.to_owned(), port, served, running: None };
        lasting.resume()?;
        Ok(lasting)
    }

    /// Stops it as an administrator would: it writes down what it knows first.
    pub(crate) fn pause(&mut self) {
        self.running = None;
    }

    /// Starts it again.
    pub(crate) fn resume(&mut self) -> Outcome {
        let (database, files) = (self.folder.join("database"), self.folder.join("server"));
        let credentials = (self.admin.user(), self.admin.password());
        let Served { path, more } = &self.served;
        // Such options are built into Keycloak's files, which are everybody's.
        let files = (!path.is_empty() || !more.is_empty()).then_some(files.as_path());
        let setting = Setting { database: Some(&database), tls: None, path, more, files };
        self.running = Some(server::launch(self.port, setting, &self.folder.join(server::LOG), credentials)?);
        Ok(())
    }
}

/// `cargo xtask keycloak run`: one in the foreground, until it is interrupted.
pub(crate) fn run(folder: &Path, port: Option<u16>, served: &Served) -> Outcome {
    let port = port.map_or_else(server::free_port, Ok)?;
    std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("making {}: {error}", folder.display())))?;
    let mut lasting = Lasting::start(folder, port, served)?;
    say(&format!("Keycloak:       {}  (keeps its data in {}; Ctrl-C stops it)", lasting.url, folder.display()));
    loop {
        if let Some(status) = lasting.running.as_mut().and_then(Running::ended) {
            return Err(Failure::new(format!("Keycloak ended with {status}")));
        }
        sleep(Duration::from_millis(200));
    }
}
