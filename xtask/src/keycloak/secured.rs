//! A Keycloak of one task's own that speaks TLS as well, with nothing kept: what is measured against it has it for itself.
//! Owns its life; the command line and the waiting are `server`'s. It runs from Keycloak's files only, never in a container.

use std::path::{Path, PathBuf};

use super::server::{self, Setting, Tls};
use super::{Admin, credentials};
use crate::failure::Outcome;
use crate::process::Running;

/// A certificate with its key, in the form PKCS #12.
#[derive(Debug)]
pub(crate) struct KeyStore {
    pub(crate) file: PathBuf,
    pub(crate) password: &'static str,
}

/// One without any realm but its administrator's. It is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Secured {
    /// Without a slash at the end.
    pub(crate) http: String,
    /// The same over TLS.
    pub(crate) https: String,
    pub(crate) admin: Admin,
    _running: Running,
}

impl Secured {
    /// Starts one on free ports, with its log in the folder.
    pub(crate) fn start(folder: &Path, key_store: &KeyStore) -> Outcome<Self> {
        let (user, password) = credentials();
        let (port, tls_port) = (server::free_port()?, server::free_port()?);
        let tls = Tls { port: tls_port, key_store: &key_store.file, password: key_store.password };
        let setting = Setting { tls: Some(tls), ..Setting::default() };
        let running = server::launch(port, setting, &folder.join(server::LOG), (&user, &password))?;
        let http = server::url(port);
        Ok(Self { admin: Admin::new(&http, &user, &password), http, https: format!("https://127.0.0.1:{tls_port}"), _running: running })
    }
}
