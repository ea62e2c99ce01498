//! A Secret Service that does what a test tells it to, on a message bus of its own. A real one can't be made to hang, refuse or lose an answer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dbus::Message;
use dbus::arg::{PropMap, RefArg, Variant};
use dbus::blocking::Connection;
use dbus::channel::Sender;
use dbus::strings::{ErrorName, Path};

use crate::bench::eventually;

/// A secret as it goes over the bus: its session, its parameters, itself, and its MIME type.
type WireSecret<'a> = (Path<'a>, Vec<u8>, Vec<u8>, String);

const COLLECTION: &str = "/org/freedesktop/secrets/collection/test";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/p1";
const NOWHERE: &str = "/";

/// How a test wants the service to be.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// It has the name on the bus and never answers.
    pub(crate) silent: bool,
    /// It takes calls and begins to answer them only after this time.
    pub(crate) starts_after: Duration,
    /// This method is answered by this error.
    pub(crate) refuses: Option<(&'static str, &'static str)>,
    /// Everything in it is locked.
    pub(crate) locked: bool,
    /// And it has nothing to show for it while it is.
    pub(crate) hides_what_is_locked: bool,
    /// How long the person takes for a prompt, and whether they dismiss it; without, they never do anything.
    pub(crate) prompt: Option<(Duration, bool)>,
    /// This method has its effect the first time, and no answer.
    pub(crate) loses: Option<&'static str>,
    /// What was read is under another name afterwards, as where another program has replaced it.
    pub(crate) moves: bool,
    /// It is a fresh machine's.
    pub(crate) without_collection: bool,
}

/// One thing that is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) secret: Vec<u8>,
}

#[derive(Default)]
struct State {
    items: BTreeMap<String, Item>,
    calls: Vec<String>,
    /// The connections that were answered something harmless.
    known: HashSet<String>,
    /// The methods that a connection called before that. gnome-keyring may die of one.
    too_early: Vec<String>,
}

/// A message bus with nothing on it.
pub(crate) struct Bus {
    daemon: Child,
    dir: tempfile::TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let config = dir.path().join("bus.conf");
        let allow = "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>";
        let socket = dir.path().join("bus");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><policy context=\"default\">{allow}</policy></busconfig>",
            socket.display()
        );
        fs::write(&config, text).expect("written");
        let mut daemon = Command::new("dbus-daemon");
        daemon.arg(format!("--config-file={}", config.display())).args(["--nofork", "--nopidfile"]);
        daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let daemon = daemon.spawn().expect("dbus-daemon runs");
        eventually("the bus", || socket.exists().then_some(()));
        Self { daemon, dir }
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.dir.path().join("bus").display())
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill().and_then(|()| self.daemon.wait());
    }
}

/// The service, on its bus.
pub(crate) struct FakeKeyring {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    service: Option<JoinHandle<()>>,
    pub(crate) bus: Bus,
}

impl FakeKeyring {
    pub(crate) fn start(script: Script) -> Self {
        let (bus, state, stop) = (Bus::start(), Arc::<Mutex<State>>::default(), Arc::new(AtomicBool::new(false)));
        let connection = Connection::new_address(&bus.address()).expect("the bus is there");
        connection.request_name("org.freedesktop.secrets", false, false, true).expect("the name is free");
        let service = Service { script, connection, state: Arc::clone(&state), due: None };
        let stopped = Arc::clone(&stop);
        Self { bus, state, stop, service: Some(thread::spawn(move || service.serve(&stopped))) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the service has not panicked")
    }

    /// Puts an item there.
    pub(crate) fn put(&self, item: Item) {
        let mut state = self.state();
        let path = format!("{COLLECTION}/{}", state.items.len());
        state.items.insert(path, item);
    }

    pub(crate) fn items(&self) -> Vec<Item> {
        self.state().items.values().cloned().collect()
    }

    /// The methods called, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// What would have ended gnome-keyring, on a bad day.
    pub(crate) fn called_too_early(&self) -> Vec<String> {
        self.state().too_early.clone()
    }

    pub(crate) fn called(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| *call == method).count()
    }
}

impl Drop for FakeKeyring {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = self.service.take().map(JoinHandle::join);
    }
}

struct Service {
    script: Script,
    connection: Connection,
    state: Arc<Mutex<State>>,
    /// When the person is done with the prompt.
    due: Option<Instant>,
}

impl Service {
    fn serve(mut self, stop: &AtomicBool) {
        let begun = Instant::now();
        while !stop.load(Ordering::SeqCst) {
            if begun.elapsed() < self.script.starts_after {
                thread::sleep(Duration::from_millis(10));
                continue;
            }
            let message = self.connection.channel().blocking_pop_message(Duration::from_millis(20)).expect("the bus is there");
            if let Some(answer) = message.filter(|message| message.path().is_some()).and_then(|message| self.answer(&message)) {
                self.connection.send(answer).expect("sent");
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.due = None;
                self.complete_prompt();
            }
        }
    }

    fn complete_prompt(&mut self) {
        let dismissed = self.script.prompt.is_some_and(|(_, dismissed)| dismissed);
        self.script.locked &= dismissed;
        let completed = Message::new_signal(PROMPT, "org.freedesktop.Secret.Prompt", "Completed").expect("a signal");
        self.connection.send(completed.append2(dismissed, Variant("".to_owned()))).expect("sent");
    }

    /// The answer to a call, if it gets one.
    fn answer(&mut self, call: &Message) -> Option<Message> {
        let (path, method) = (call.path()?.to_string(), call.member()?.to_string());
        if call.interface().is_some_and(|interface| &*interface == "org.freedesktop.DBus") {
            return None;
        }
        let sender = call.sender().map(|sender| sender.to_string()).expect("a bus says who calls");
        {
            let mut state = self.state.lock().expect("no panic");
            state.calls.push(method.clone());
            if method == "ReadAlias" && call.get1::<&str>() != Some("default") {
                state.known.insert(sender);
            } else if !state.known.contains(&sender) {
                state.too_early.push(method.clone());
            }
        }
        if self.script.silent {
            return None;
        }
        if let Some((_, error)) = self.script.refuses.filter(|(refused, _)| *refused == method) {
            return Some(error_of(call, error));
        }
        let answer = self.act(call, &path, &method);
        if self.script.loses == Some(method.as_str()) {
            self.script.loses = None;
            return None;
        }
        Some(answer)
    }

    fn act(&mut self, call: &Message, path: &str, method: &str) -> Message {
        let state = Arc::clone(&self.state);
        let items = &mut state.lock().expect("no panic").items;
        let object = |path: &str| Path::from(path.to_owned());
        match method {
            "OpenSession" => call.method_return().append2(Variant("".to_owned()), object("/org/freedesktop/secrets/session/s1")),
            "ReadAlias" => call.method_return().append1(object(if self.script.without_collection { NOWHERE } else { COLLECTION })),
            "Get" => call.method_return().append1(Variant(self.script.locked)),
            "SearchItems" => {
                let wanted: HashMap<String, String> = call.read1().expect("attributes");
                let matches = |item: &Item| wanted.iter().all(|(name, value)| item.attributes.get(name) == Some(value));
                let found: Vec<Path<'_>> = items.iter().filter(|(_, item)| matches(item)).map(|(path, _)| object(path)).collect();
                let (open, locked) = match (self.script.locked, self.script.hides_what_is_locked) {
                    (true, true) => (Vec::new(), Vec::new()),
                    (true, false) => (Vec::new(), found),
                    (false, _) => (found, Vec::new()),
                };
                call.method_return().append2(open, locked)
            }
            "Unlock" => call.method_return().append2(Vec::<Path<'_>>::new(), object(PROMPT)),
            "Prompt" => {
                self.due = self.script.prompt.map(|(takes, _)| Instant::now() + takes);
                call.method_return()
            }
            "CreateItem" => {
                let (properties, secret, replace): (PropMap, WireSecret<'_>, bool) = call.read3().expect("an item");
                let label = properties["org.freedesktop.Secret.Item.Label"].0.as_str().expect("a label").to_owned();
                let mut pairs = properties["org.freedesktop.Secret.Item.Attributes"].0.as_iter().expect("attributes");
                let mut attributes = BTreeMap::new();
                while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
                    attributes.insert(name.as_str().expect("text").to_owned(), value.as_str().expect("text").to_owned());
                }
                if replace {
                    items.retain(|_, item| item.attributes != attributes);
                }
                let path = format!("{COLLECTION}/{}", items.len());
                items.insert(path.clone(), Item { label, attributes, secret: secret.2 });
                call.method_return().append2(object(&path), object(NOWHERE))
            }
            _ => match (items.get_mut(path), method) {
                (None, _) => error_of(call, "org.freedesktop.Secret.Error.NoSuchObject"),
                (Some(item), "GetSecret") => {
                    let session: Path<'static> = call.read1().expect("a session");
                    let answer = call.method_return().append1((session, Vec::<u8>::new(), item.secret.clone(), "text/plain"));
                    if self.script.moves
                        && let Some(item) = items.remove(path)
                    {
                        items.insert(format!("{path}a"), item);
                    }
                    answer
                }
                (Some(item), "SetSecret") => {
                    let (secret,): ((Path<'_>, Vec<u8>, Vec<u8>, String),) = call.read_all().expect("a secret");
                    item.secret = secret.2;
                    call.method_return()
                }
                (Some(_), "Delete") => {
                    items.remove(path);
                    call.method_return().append1(object(NOWHERE))
                }
                _ => error_of(call, "org.freedesktop.DBus.Error.UnknownMethod"),
            },
        }
    }
}

fn error_of(call: &Message, name: &str) -> Message {
    call.error(&ErrorName::from(name.to_owned()), c"as the script says")
}
