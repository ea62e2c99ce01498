//! A Keycloak to sign in to: one that a person names, one that an earlier command left running, or a fresh one.
//! Owns that choice and the `keycloak` commands; getting, starting, talking to and remembering one are in the files below.

mod admin;
mod distribution;
mod docker;
mod lasting;
mod record;
mod secured;
mod server;

use std::env;
use std::time::Duration;

pub(crate) use admin::{Admin, DEMO, password_of};
pub(crate) use lasting::{Lasting, Served, run};
pub(crate) use secured::{KeyStore, Secured};
pub(crate) use server::{can_last, free_port, needs as own_needs};

use record::{How, Record};

use crate::failure::{Failure, Outcome};
use crate::packages::Tool;
use crate::progress::say;
use crate::{http, process, workspace};

/// The release that everything here is tried with.
pub(crate) const VERSION: &str = "26.7.3";

/// A Keycloak that answers.
#[derive(Debug)]
pub(crate) struct Keycloak {
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) admin: Admin,
    pub(crate) origin: Origin,
}

/// Where a Keycloak came from, which decides who stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Named by `KEYCLOAK_URL`: not ours to stop, nor to reset.
    Named,
    /// Started by an earlier command, and left running after this one as well.
    Running,
    /// Started by this command.
    Started,
}

impl Keycloak {
    /// Finds a running one or starts one, and sees to it that the demo realms are there.
    pub(crate) fn ensure() -> Outcome<Self> {
        let keycloak = Self::find_or_start()?;
        keycloak.admin.ensure_realms()?;
        Ok(keycloak)
    }

    fn find_or_start() -> Outcome<Self> {
        if let Some(keycloak) = Self::running()? {
            return Ok(keycloak);
        }
        let record = server::start(credentials())?;
        Ok(Self::from_record(record, Origin::Started))
    }

    /// The one that a person names, or the one that an earlier command started.
    pub(crate) fn running() -> Outcome<Option<Self>> {
        if let Ok(url) = env::var("KEYCLOAK_URL") {
            let url = url.trim_end_matches('/').to_owned();
            let answer = http::get(&format!("{url}/realms/master"), None)?;
            if answer.status != 200 {
                return Err(Failure::new(format!("what answers at KEYCLOAK_URL={url} is no Keycloak: {} for its realm master", answer.status))
                    .hint("name its address with the path under which it is served, or unset KEYCLOAK_URL to have one started"));
            }
            let (user, password) = credentials();
            return Ok(Some(Self { admin: Admin::new(&url, &user, &password), url, origin: Origin::Named }));
        }
        match Record::load() {
            Some(record) if record.answers() => Ok(Some(Self::from_record(record, Origin::Running))),
            _ => Ok(None),
        }
    }

    fn from_record(record: Record, origin: Origin) -> Self {
        Self { admin: Admin::new(&record.url, &record.user, &record.password), url: record.url, origin }
    }

    /// The issuer of one of its realms.
    pub(crate) fn issuer(&self, realm: &str) -> String {
        format!("{}/realms/{realm}", self.url)
    }
}

/// The programs that have to be there before one can be found or started.
pub(crate) fn needs() -> Outcome<Vec<Tool>> {
    match Keycloak::running()? {
        Some(_) => Ok(Vec::new()),
        None => server::needs(),
    }
}

/// The administrator: a default is good enough for a Keycloak that only this machine reaches and that keeps nothing.
pub(crate) fn credentials() -> (String, String) {
    let or_admin = |name| env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| "admin".to_owned());
    (or_admin("KC_BOOTSTRAP_ADMIN_USERNAME"), or_admin("KC_BOOTSTRAP_ADMIN_PASSWORD"))
}

/// `cargo xtask keycloak start`
pub(crate) fn start() -> Outcome {
    let keycloak = Keycloak::ensure()?;
    describe(&keycloak);
    Ok(())
}

fn describe(keycloak: &Keycloak) {
    say(&format!("Keycloak:       {}", keycloak.url));
    say(&format!("Admin console:  {}/admin  (user {}, password {})", keycloak.url, keycloak.admin.user(), keycloak.admin.password()));
    for realm in admin::REALMS {
        say(&format!("Realm:          {}", keycloak.issuer(realm.name)));
    }
    say(&format!("Users:          alice, password {}; bob, password {}", admin::ALICE_PASSWORD, admin::BOB_PASSWORD));
}

/// `cargo xtask keycloak stop`
pub(crate) fn stop() -> Outcome {
    let Some(record) = Record::load() else {
        say("No Keycloak of ours is running.");
        return Ok(());
    };
    let stopped = match &record.how {
        // An id can have been given to somebody else since: only what still looks like Keycloak is stopped.
        How::Process(pid) => !record.is_ours(*pid) || process::end_group(*pid),
        How::Container(id) => docker::stop(id).is_ok(),
    };
    if !stopped {
        return Err(Failure::new(format!("the Keycloak at {} does not stop", record.url)).hint(format!("end it yourself: {}", record.how)));
    }
    Record::forget();
    say(&format!("Stopped the Keycloak at {}.", record.url));
    Ok(())
}

/// `cargo xtask keycloak status`
pub(crate) fn status() -> Outcome {
    match Keycloak::running()? {
        Some(keycloak) => {
            describe(&keycloak);
            say(&format!("Log:            {}", workspace::cache().join(server::LOG).display()));
            Ok(())
        }
        None => Err(Failure::new("no Keycloak is running").hint("start one with `cargo xtask keycloak start`")),
    }
}

/// `cargo xtask keycloak realm`: makes the demo realms anew, so that a change of their files is seen.
pub(crate) fn realm() -> Outcome {
    let keycloak = Keycloak::running()?.ok_or_else(|| Failure::new("no Keycloak is running").hint("start one with `cargo xtask keycloak start`"))?;
    if keycloak.origin == Origin::Named {
        return Err(Failure::new(format!("the Keycloak at {} was not started here, so its realms are left alone", keycloak.url))
            .hint("delete its realms demo and rotating yourself, and `cargo xtask keycloak start` makes them anew"));
    }
    keycloak.admin.reset_realms()?;
    say(&format!("The demo realms at {} are as new.", keycloak.url));
    Ok(())
}

/// How long a fresh Keycloak may take until it answers. It is 30 seconds on a small machine, a busy one takes many times that, and the first start builds
/// for as long again.
const READY: Duration = Duration::from_secs(480);
