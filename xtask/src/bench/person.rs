//! Somebody who uses kclogin, with a configuration of their own: their commands, and their login.
//! Owns the environment of the calls; what is made of them is the parts' business.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::form::{Redirect, sign_in};
use super::site::{CLIENT, Site};
use super::timing::bare;
use super::visit;
use crate::failure::{Context, Failure, Outcome};
use crate::process::{Running, until};

/// How long kclogin may take to open its browser. It takes some milliseconds; a busy machine may take more.
const OPENED: Duration = Duration::from_secs(30);

/// A person, who is also the profile.
pub(super) struct Person<'a> {
    site: &'a Site,
    name: &'static str,
    folder: PathBuf,
}

impl<'a> Person<'a> {
    pub(super) fn new(site: &'a Site, name: &'static str) -> Outcome<Self> {
        let folder = site.scratch.dir(name)?;
        // The browser: it writes down where it is sent. Renamed, so that it is read whole.
        let address = folder.join("address");
        let script = format!("printf %s \"$1\" > {0}.new && mv {0}.new {0}\n", address.display());
        fs::write(folder.join("browser"), script).context("writing a browser")?;
        Ok(Self { site, name, folder })
    }

    /// Somebody who has signed in, and keeps the tokens in this store.
    pub(super) fn signed_in(site: &'a Site, name: &'static str, issuer: &str, store: &str) -> Outcome<Self> {
        let person = Self::new(site, name)?;
        person.log_in(issuer, store, Duration::ZERO)?;
        Ok(person)
    }

    /// kclogin, with nothing in its environment but where things are.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.site.surroundings.command(&self.site.kclogin);
        for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
            command.env(name, self.folder.join(folder));
        }
        command.env("BROWSER", format!("sh {}", self.folder.join("browser").display()));
        command.args(arguments).stdin(Stdio::null());
        bare(command)
    }

    /// The folder below which kclogin's own are: `config` and `state`.
    pub(super) fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The attributes under which the session is in the keyring.
    pub(super) fn item(&self, issuer: &str) -> [String; 4] {
        ["service".to_owned(), "kclogin".to_owned(), "username".to_owned(), format!("token-set {} {CLIENT} {issuer}", self.name)]
    }

    /// Signs in, typing for so long, and gives the time between the redirect to kclogin and its end.
    pub(super) fn log_in(&self, issuer: &str, store: &str, typing: Duration) -> Outcome<Duration> {
        let provider = self.site.provider()?;
        let address = self.folder.join("address");
        let _ = fs::remove_file(&address);
        let said = self.folder.join("said");
        let authority = provider.authority.certificate.to_string_lossy();
        let words = [
            "login",
            "--profile",
            self.name,
            "--issuer",
            issuer,
            "--client-id",
            CLIENT,
            "--store",
            store,
            "--timeout",
            "2m",
            "--ca-file",
            &authority,
        ];
        let mut command = self.command(&words);
        let written = File::create(&said).context("writing what kclogin says")?;
        let mut login = Running::start(command.stdout(Stdio::null()).stderr(written))?;
        let failed = |what: &str| {
            let said = fs::read_to_string(&said).unwrap_or_default();
            Failure::new(format!("a login {what}: {}", said.trim().replace('\n', "; ")))
        };
        let address = until(OPENED, || fs::read_to_string(&address).ok()).ok_or_else(|| failed("opened no browser"))?;
        let Redirect { address, cookie } = sign_in(&provider.curl, &self.folder, &address, typing)?;
        let begun = Instant::now();
        let answered = visit::get(&address, cookie.as_deref());
        let status = login.finish()?;
        let took = begun.elapsed();
        answered?;
        if status.success() { Ok(took) } else { Err(failed(&format!("ended with {status}"))) }
    }
}
