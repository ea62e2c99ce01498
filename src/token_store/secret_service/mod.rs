//! The Secret Service of Linux and the BSDs (GNOME Keyring, KWallet, KeePassXC).
//!
//! It owns what a keyring can be besides open: locked, absent, refusing, slow, each with a sentence of its own; the messages are `client`'s. The session with the
//! service is a plain one. An encrypted one takes nearly three times as long, and keeps nothing from anybody: who can listen on the person's own session bus can
//! as well ask the unlocked keyring itself. That holds for a bus of this machine only, so no other is used. What is kept is found by the attributes that
//! keyring-core's stores use, as earlier versions wrote it.

mod client;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::{Account, Tell, TokenStore};
use crate::clock::lasting;
use crate::error::{Error, Result};
use crate::secret::Secret;
use client::{Answer, Client, Fault, Object};

/// The attribute under which every item of ours is found.
const SERVICE: &str = "kclogin";
/// For how long a silent service is asked again, in seconds. One answer has 2 s, which is too little for a service that is just being started, or that a
/// hundred scripts ask at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause before a question is asked again, so that a service that falls over each time is not hammered.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the person may take to unlock the keyring, in seconds.
const PROMPT_LIMIT: Duration = Duration::from_secs(120);

/// The Secret Service, with a session open.
pub(super) struct Keyring {
    service: Client,
    /// The item that was found last, for the account with this name: a refresh reads it twice and writes it once.
    known: RefCell<Option<(String, Object)>>,
    /// Who is told that the person is waited for; without it the person is not asked at all.
    tell: Option<Tell>,
}

impl Keyring {
    /// Connects to the service on this bus.
    ///
    /// # Errors
    /// There is no bus, it is another machine's, nobody on it offers the service, or they don't answer.
    pub(super) fn open(bus: Option<&str>, tell: Option<Tell>) -> Result<Self> {
        let bus = bus.ok_or_else(|| {
            Error::store_unavailable("there is no keyring here: no D-Bus session bus is running")
                .hint("sign in to a desktop, or start one with `dbus-run-session -- sh` and in it a keyring such as `gnome-keyring-daemon --unlock`")
        })?;
        if !is_local(bus) {
            return Err(Error::store_unavailable("the session bus is on another machine, and secrets would go there for everybody to read")
                .hint("set DBUS_SESSION_BUS_ADDRESS to a bus of this machine")
                .detail(format!("its address is {bus}")));
        }
        Ok(Self { service: patiently(|| Client::connect(bus, PATIENCE))?, known: RefCell::default(), tell })
    }

    /// How long the person may take to allow a change. KeePassXC asks to be prompted for whatever it writes, and then asks nobody: even where the person is not to
    /// be asked, that needs a moment.
    fn limit(&self) -> Duration {
        if self.tell.is_some() { PROMPT_LIMIT } else { PATIENCE }
    }

    /// The one item of an account, unlocked.
    fn find(&self, account: &Account) -> Result<Option<Object>> {
        let key = account.to_string();
        let search = || patiently(|| self.service.search(&attributes(&key)));
        let (mut open, mut locked) = search()?;
        // A service may have nothing to show while it is locked, as KeePassXC does. That is not the same as having nothing.
        if open.is_empty()
            && locked.is_empty()
            && let Some((collection, true)) = self.default_collection()?
        {
            self.unlock(&collection)?;
            (open, locked) = search()?;
        }
        if open.len() + locked.len() > 1 {
            return Err(Error::store_unavailable("the keyring has several items under one name, so none of them can be trusted")
                .hint("delete the items called `kclogin ...` in your desktop's password program, then `kclogin login`"));
        }
        if let Some(item) = locked.pop() {
            self.unlock(&item)?;
            open.push(item);
        }
        let found = open.pop();
        *self.known.borrow_mut() = found.clone().map(|item| (key, item));
        Ok(found)
    }

    /// Does something with the item that is known from before, without looking for it again; nothing where there is none, or not any more.
    fn with_known<T>(&self, account: &Account, what: impl Fn(&Object) -> Answer<T>) -> Option<Result<T>> {
        let (_, item) = self.known.borrow().clone().filter(|(name, _)| *name == account.to_string())?;
        match patiently(|| what(&item)) {
            Err(fault) if !fault.is_silence() => {
                // It is gone by now, or locked. Whoever looks for it finds that out, and says so.
                self.known.take();
                None
            }
            answer => Some(answer.map_err(Error::from)),
        }
    }

    /// Where new items go, and whether that is locked; a fresh machine has no such place.
    fn default_collection(&self) -> Result<Option<(Object, bool)>> {
        let look = || {
            let Some(collection) = self.service.default_collection()? else { return Ok(None) };
            let locked = self.service.is_locked(&collection)?;
            Ok(Some((collection, locked)))
        };
        match patiently(look) {
            Err(fault) if fault.is_gone() => Ok(None),
            found => Ok(found?),
        }
    }

    /// Has the service unlock something, which asks the person, if there is a way to.
    fn unlock(&self, what: &Object) -> Result<()> {
        let Some(tell) = &self.tell else {
            // With no time for it nobody is prompted, and what opens without a prompt still opens.
            return self.service.unlock(what, Duration::ZERO).map_err(|fault| match fault {
                Fault::Prompt => locked(),
                fault => fault.into(),
            });
        };
        tell(&format!("The keyring is locked. Waiting for you to unlock it, for {} at most (Ctrl-C to stop).", lasting(PROMPT_LIMIT)));
        let asked = Instant::now();
        self.service.unlock(what, PROMPT_LIMIT).map_err(|fault| match fault {
            Fault::Prompt if asked.elapsed() >= PROMPT_LIMIT => locked().detail("nobody unlocked it in time"),
            Fault::Prompt => Error::store_unavailable("the keyring is still locked: its prompt was dismissed, or could not be shown")
                .hint("run this again and unlock it then, or unlock it by your desktop's password program"),
            fault => fault.into(),
        })
    }
}

impl TokenStore for Keyring {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        if let Some(secret) = self.with_known(account, |item| self.service.secret(item)) {
            return secret.map(Some);
        }
        let Some(item) = self.find(account)? else { return Ok(None) };
        match patiently(|| self.service.secret(&item)) {
            Err(fault) if fault.is_gone() && self.find(account)?.is_none() => Ok(None),
            answer => Ok(Some(answer?)),
        }
    }

    /// An item that is there gets the new secret, wherever it is; otherwise one is made, in place of any that somebody else made meanwhile. Both are one
    /// step of the service, so that a kill leaves the old or the new, and both may be asked for twice, where only the answer was lost.
    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        if let Some(done) = self.with_known(account, |item| self.service.set_secret(item, secret)) {
            return done;
        }
        if let Some(item) = self.find(account)? {
            match patiently(|| self.service.set_secret(&item, secret)) {
                Err(fault) if fault.is_gone() => {}
                answer => return Ok(answer?),
            }
        }
        let (collection, _) = self.default_collection()?.ok_or_else(|| {
            Error::store_unavailable("the keyring has no default collection to keep anything in")
                .hint("create one in your desktop's password program (in GNOME's, a keyring called `Login` set as default)")
        })?;
        let (label, key) = (account.label(), account.to_string());
        Ok(patiently(|| self.service.create(&collection, &label, &attributes(&key), secret, self.limit()))?)
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let Some(item) = self.find(account)? else { return Ok(()) };
        match patiently(|| self.service.delete(&item, self.limit())) {
            Err(fault) if fault.is_gone() => Ok(()),
            answer => Ok(answer?),
        }
    }
}

fn attributes(key: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", key)])
}

/// Whether every bus at this address (D-Bus Specification, "Server Addresses") is one of this machine: what goes there can be read on the way.
fn is_local(address: &str) -> bool {
    address.split(';').all(|part| {
        let (transport, keys) = part.split_once(':').unwrap_or((part, ""));
        let host = keys.split(',').find_map(|key| key.strip_prefix("host="));
        let is_loopback = |host: &str| host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        !matches!(transport, "tcp" | "nonce-tcp") || host.is_some_and(is_loopback)
    })
}

/// Asks until there is an answer or patience ends. Only for questions that may be asked twice.
fn patiently<T>(question: impl Fn() -> Answer<T>) -> Answer<T> {
    let begun = Instant::now();
    loop {
        match question() {
            Err(fault) if fault.is_silence() && begun.elapsed() + PAUSE < PATIENCE => thread::sleep(PAUSE),
            answer => return answer,
        }
    }
}

fn locked() -> Error {
    Error::store_unavailable("the keyring is locked")
        .hint("unlock it: on a desktop by its password program or by signing in again, elsewhere with `gnome-keyring-daemon --unlock`, which reads the password from stdin")
}

/// The sentence for each way the service fails.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let error = match &fault {
            fault if fault.is_locked() => locked(),
            Fault::Prompt => Error::store_unavailable("the keyring asked for your permission and did not get it")
                .hint("run this again, and allow it in the keyring's own window"),
            fault if fault.is_refusal() => {
                Error::store_unavailable("the keyring refuses kclogin").hint("look at what its program, or the bus, allows other programs")
            }
            fault if fault.is_silence() => Error::store_unavailable("the keyring does not answer")
                .hint("look whether its program hangs or could not be started, or sign in to the desktop again"),
            fault if fault.is_absence() => Error::store_unavailable("there is no keyring here: no program on the session bus offers one")
                .hint("start one, such as gnome-keyring or KeePassXC with its Secret Service switched on"),
            Fault::Unreadable(_) => Error::store_unavailable("the keyring gives something that can't be read"),
            Fault::Call { .. } => Error::store_unavailable("the keyring fails"),
        };
        error.detail(fault.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bus_of_this_machine_gets_secrets() {
        for local in [
            "unix:path=/run/user/1000/bus",
            "unix:abstract=/tmp/x",
            "tcp:host=127.0.0.1,port=1",
            "tcp:port=1,host=::1",
            "tcp:host=localhost,port=1;unix:path=/x",
        ] {
            assert!(is_local(local), "{local}");
        }
        for remote in
            ["tcp:host=desk.example,port=1", "nonce-tcp:host=192.0.2.1,port=1", "unix:path=/x;tcp:host=192.0.2.1,port=1", "tcp:port=1", "tcp:"]
        {
            assert!(!is_local(remote), "{remote}");
        }
    }
}
