//! The Secret Service of Linux and the BSDs (GNOME Keyring, KWallet, KeePassXC): the only file that names dbus-secret-service.
//!
//! It owns what a keyring can be besides open: locked, absent, refusing, slow, each with a sentence of its own. The session with the service is a plain
//! one. An encrypted one takes nearly three times as long, and keeps nothing from anybody: who can listen on the person's own session bus can as well
//! ask the unlocked keyring itself. What is kept is found by the attributes that keyring-core's stores use, as earlier versions wrote it.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use dbus_secret_service::{Collection, EncryptionType, Error as ServiceError, Item, Path, SecretService};

use super::{Account, Tell, TokenStore};
use crate::clock::lasting;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The attribute under which every item of ours is found.
const SERVICE: &str = "kclogin";
/// What an item holds, as a MIME type.
const CONTENT: &str = "application/octet-stream";
/// For how long a silent service is asked again, in seconds. The library gives up each question after 2 s, which is too soon for a service that is just
/// being started, or that a hundred scripts ask at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause before a question is asked again, so that a service that falls over each time is not hammered.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the person may take to unlock the keyring, in seconds.
const PROMPT_LIMIT: Duration = Duration::from_secs(120);

type Answer<T> = std::result::Result<T, ServiceError>;

/// The Secret Service, with a session open.
pub(super) struct Keyring {
    service: SecretService,
    /// Who is told that the person is waited for; without it the person is not asked at all.
    tell: Option<Tell>,
}

impl Keyring {
    /// Connects to the service on this bus.
    ///
    /// # Errors
    /// There is no bus, nobody on it offers the service, or they don't answer.
    pub(super) fn open(bus: Option<&str>, tell: Option<Tell>) -> Result<Self> {
        let bus = bus.ok_or_else(|| {
            Error::store_unavailable("there is no keyring here: no D-Bus session bus is running")
                .hint("sign in to a desktop, or start one with `dbus-run-session -- sh` and in it a keyring such as `gnome-keyring-daemon --unlock`")
        })?;
        if is_dumb(bus) {
            return Err(silent().detail(format!("nobody speaks at {bus}")));
        }
        // KeePassXC asks to be prompted for whatever it writes, and then asks nobody: even where the person is not to be asked, that needs a moment.
        let limit = if tell.is_some() { PROMPT_LIMIT } else { PATIENCE };
        Ok(Self { service: patiently(|| connect(limit))?, tell })
    }

    /// The one item of an account, unlocked.
    fn find(&self, account: &Account) -> Result<Option<Path<'static>>> {
        let key = account.to_string();
        let search = || patiently(|| self.service.search_items(attributes(&key))).map(|found| (paths_of(found.unlocked), paths_of(found.locked)));
        let (mut open, mut locked) = search()?;
        // A service may have nothing to show while it is locked, as KeePassXC does. That is not the same as having nothing.
        if open.is_empty()
            && locked.is_empty()
            && let Some((collection, true)) = self.default_collection()?
        {
            self.unlock(|service| Collection::new(service, collection.clone()).unlock())?;
            (open, locked) = search()?;
        }
        if open.len() + locked.len() > 1 {
            return Err(Error::store_unavailable("the keyring has several items under one name, so none of them can be trusted")
                .hint("delete the items called `kclogin ...` in your desktop's password program, then `kclogin login`"));
        }
        if let Some(item) = locked.pop() {
            self.unlock(|service| Item::new(service, item.clone()).unlock())?;
            open.push(item);
        }
        Ok(open.pop())
    }

    /// Where new items go, and whether that is locked; a fresh machine has no such place.
    fn default_collection(&self) -> Result<Option<(Path<'static>, bool)>> {
        let look = || {
            let collection = self.service.get_default_collection()?;
            Ok((collection.path.clone(), collection.is_locked()?))
        };
        match patiently(look) {
            Err(ServiceError::NoResult) => Ok(None),
            Err(error) if is_gone(&error) => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// Has the service unlock something, which asks the person, if there is a way to.
    fn unlock(&self, unlock: impl Fn(&SecretService) -> Answer<()>) -> Result<()> {
        let Some(tell) = &self.tell else {
            // With no time for it nobody is prompted, and what opens without a prompt still opens.
            return connect(Duration::ZERO).and_then(|service| unlock(&service)).map_err(|error| match error {
                ServiceError::Prompt => locked(),
                error => error.into(),
            });
        };
        tell(&format!("The keyring is locked. Waiting for you to unlock it, for {} at most (Ctrl-C to stop).", lasting(PROMPT_LIMIT)));
        let asked = Instant::now();
        unlock(&self.service).map_err(|error| match error {
            // The library counts seconds, and a message that is not for us as one, so its end comes a little early.
            ServiceError::Prompt if asked.elapsed() + PATIENCE >= PROMPT_LIMIT => locked().detail("nobody unlocked it in time"),
            ServiceError::Prompt => Error::store_unavailable("the keyring is still locked: its prompt was dismissed, or could not be shown")
                .hint("run this again and unlock it then, or unlock it by your desktop's password program"),
            error => error.into(),
        })
    }
}

impl TokenStore for Keyring {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        let Some(path) = self.find(account)? else { return Ok(None) };
        match patiently(|| Item::new(&self.service, path.clone()).get_secret()) {
            Err(error) if is_gone(&error) && self.find(account)?.is_none() => Ok(None),
            answer => Ok(Some(Secret::new(answer?))),
        }
    }

    /// An item that is there gets the new secret, wherever it is; otherwise one is made, in place of any that somebody else made meanwhile. Both are one
    /// step of the service, so that a kill leaves the old or the new, and both may be asked for twice, where only the answer was lost.
    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        if let Some(path) = self.find(account)? {
            match patiently(|| Item::new(&self.service, path.clone()).set_secret(secret.expose(), CONTENT)) {
                Err(error) if is_gone(&error) => {}
                answer => return Ok(answer?),
            }
        }
        let (collection, _) = self.default_collection()?.ok_or(ServiceError::NoResult)?;
        let (label, key) = (account.label(), account.to_string());
        let create = || {
            let collection = Collection::new(&self.service, collection.clone());
            collection.create_item(&label, attributes(&key), secret.expose(), true, CONTENT).map(drop)
        };
        Ok(patiently(create)?)
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let Some(path) = self.find(account)? else { return Ok(()) };
        match patiently(|| Item::new(&self.service, path.clone()).delete()) {
            Err(error) if is_gone(&error) => Ok(()),
            answer => Ok(answer?),
        }
    }
}

fn attributes(key: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", key)])
}

fn paths_of(items: Vec<Item<'_>>) -> Vec<Path<'static>> {
    items.into_iter().map(|item| item.path).collect()
}

/// A session in which the person has this long for each prompt.
fn connect(prompt_limit: Duration) -> Answer<SecretService> {
    SecretService::connect_with_max_prompt_timeout(EncryptionType::Plain, prompt_limit.as_secs())
}

/// Whether the bus takes connections and then says nothing. libdbus would wait for ever for its greeting.
///
/// The D-Bus Specification, "Authentication Protocol": an AUTH command without a mechanism is answered by a list of them. Addresses of another form
/// than the usual one are libdbus's to understand, and sockets with another fault are left to it.
fn is_dumb(bus: &str) -> bool {
    let path = bus.strip_prefix("unix:path=").filter(|rest| !rest.contains([';', '%'])).and_then(|rest| rest.split(',').next());
    let Some(path) = path else { return is_dumb_to_the_library() };
    let Ok(mut socket) = UnixStream::connect(path) else { return false };
    let greeting = socket.set_read_timeout(Some(PATIENCE)).and_then(|()| socket.write_all(b"\0AUTH\r\n")).and_then(|()| socket.read(&mut [0]));
    greeting.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// The same, found out by a connection of the library's own that is not used further. It is made in a thread, since it may never end; the thread is then
/// left to itself, for the process ends soon after, and waits for none.
fn is_dumb_to_the_library() -> bool {
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        // How it ended, the connection that is used will find out for itself.
        drop(connect(Duration::ZERO));
        let _ = ended.send(());
    });
    end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout)
}

/// Asks until there is an answer or patience ends. Only for questions that may be asked twice.
fn patiently<T>(question: impl Fn() -> Answer<T>) -> Answer<T> {
    let begun = Instant::now();
    loop {
        match question() {
            Err(error) if is_silence(&error) && begun.elapsed() + PAUSE < PATIENCE => thread::sleep(PAUSE),
            answer => return answer,
        }
    }
}

/// The last part of a D-Bus error's name, where it is one.
fn name_of(error: &ServiceError) -> Option<&str> {
    match error {
        ServiceError::Dbus(error) => error.name()?.rsplit('.').next(),
        _ => None,
    }
}

fn is_silence(error: &ServiceError) -> bool {
    matches!(name_of(error), Some("NoReply" | "Timeout" | "TimedOut"))
}

fn is_gone(error: &ServiceError) -> bool {
    matches!(name_of(error), Some("NoSuchObject" | "UnknownObject" | "UnknownMethod"))
}

fn silent() -> Error {
    Error::store_unavailable("the keyring does not answer")
        .hint("look whether its program hangs or could not be started, or sign in to the desktop again")
}

fn locked() -> Error {
    Error::store_unavailable("the keyring is locked")
        .hint("unlock it: on a desktop by its password program or by signing in again, elsewhere with `gnome-keyring-daemon --unlock`, which reads the password from stdin")
}

/// The sentence for each way the service fails.
impl From<ServiceError> for Error {
    fn from(failure: ServiceError) -> Self {
        let error = match (&failure, name_of(&failure)) {
            (ServiceError::Locked, _) | (_, Some("IsLocked")) => locked(),
            (ServiceError::Prompt, _) => Error::store_unavailable("the keyring asked for your permission and did not get it")
                .hint("run this again, and allow it in the keyring's own window"),
            (ServiceError::NoResult, _) => Error::store_unavailable("the keyring has no default collection to keep anything in")
                .hint("create one in your desktop's password program (in GNOME's, a keyring called `Login` set as default)"),
            (_, Some("AccessDenied" | "AuthFailed")) => {
                Error::store_unavailable("the keyring refuses kclogin").hint("look at what its program, or the bus, allows other programs")
            }
            _ if is_silence(&failure) => silent(),
            // There is no such bus, or nobody on it has the name.
            (ServiceError::Unavailable, _)
            | (_, Some("ServiceUnknown" | "NameHasNoOwner" | "FileNotFound" | "NoServer" | "BadAddress" | "Disconnected" | "NotSupported")) => {
                absent()
            }
            // D-Bus knows how to start one, and it does not start.
            (ServiceError::Dbus(error), _) if error.name().is_some_and(|name| name.contains(".Spawn.")) => absent(),
            (ServiceError::Dbus(_), _) => Error::store_unavailable("the keyring fails"),
            _ => Error::store_unavailable("the keyring gives something that can't be read"),
        };
        error.detail(failure.to_string())
    }
}

fn absent() -> Error {
    Error::store_unavailable("there is no keyring here: no program on the session bus offers one")
        .hint("start one, such as gnome-keyring or KeePassXC with its Secret Service switched on")
}
