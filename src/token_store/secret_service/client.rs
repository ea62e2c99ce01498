//! One connection to the session bus and one session with the Secret Service on it: the only file that names dbus.
//!
//! It owns the messages (Secret Service API Draft 0.2) and the D-Bus names of what can go wrong; which of them are asked again, and in which words a failure is
//! said, is the parent's. No wait here is without an end: libdbus would wait for ever for the greeting of a bus that is silent, so the Hello is a call like others.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use dbus::arg::{Append, AppendAll, Arg, ArgType, IterAppend, ReadAll, Variant};
use dbus::channel::Channel;
use dbus::message::MessageType;
use dbus::{Message, Path};

use crate::secret::Secret;

const SERVICE: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const SERVICE_INTERFACE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
/// Stands for "no object" where the API wants one.
const NONE: &str = "/";
/// The D-Bus error of an answer that does not come.
const NO_REPLY: &str = "org.freedesktop.DBus.Error.NoReply";
/// What an item holds, as a MIME type.
const CONTENT: &str = "application/octet-stream";
/// How long one answer may take, in seconds.
const ANSWER: Duration = Duration::from_secs(2);

/// The name of a collection or an item at its service.
pub(super) type Object = Path<'static>;

/// The same as it goes over the bus: its session, its parameters (none in a plain session), itself, and its MIME type.
type WireSecret = (Path<'static>, Vec<u8>, Vec<u8>, String);

/// A new item's properties. The library's own type for them holds anything, and brings the code for that.
struct Properties<'a> {
    label: &'a str,
    attributes: &'a HashMap<&'a str, &'a str>,
}

impl Append for Properties<'_> {
    fn append_by_ref(&self, to: &mut IterAppend<'_>) {
        to.append_dict(&<&str>::signature(), &Variant::<&str>::signature(), |to| {
            to.append_dict_entry(|to| {
                to.append(format!("{ITEM}.Label"));
                to.append(Variant(self.label));
            });
            to.append_dict_entry(|to| {
                to.append(format!("{ITEM}.Attributes"));
                to.append(Variant(self.attributes));
            });
        });
    }
}

/// Why there is no answer, or none that helps.
#[derive(Debug)]
pub(super) enum Fault {
    /// An error of the bus or of the service, by its D-Bus name.
    Call { name: String, message: String },
    /// The service wants the person to allow it, and they didn't, or were not asked.
    Prompt,
    /// The answer has another form than the API says.
    Unreadable(&'static str),
}

impl Fault {
    /// The last part of a D-Bus error's name, where it is one.
    fn kind(&self) -> &str {
        match self {
            Self::Call { name, .. } => name.rsplit('.').next().unwrap_or(name),
            _ => "",
        }
    }

    /// Nobody answered in time, or whoever was asked left the bus instead.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self.kind(), "NoReply" | "Timeout" | "TimedOut")
    }

    /// What was asked about is no longer there.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.kind(), "NoSuchObject" | "UnknownObject" | "UnknownMethod")
    }

    pub(super) fn is_locked(&self) -> bool {
        self.kind() == "IsLocked"
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.kind(), "AccessDenied" | "AuthFailed")
    }

    /// There is no such bus, nobody on it has the name, or D-Bus knows how to start somebody and they don't start.
    pub(super) fn is_absence(&self) -> bool {
        matches!(
            self.kind(),
            "ServiceUnknown" | "NameHasNoOwner" | "FileNotFound" | "NoServer" | "BadAddress" | "Disconnected" | "NotSupported" | "IOError"
        ) || matches!(self, Self::Call { name, .. } if name.contains(".Spawn."))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { name, message } => write!(f, "{message} ({name})"),
            Self::Prompt => f.write_str("the prompt was dismissed"),
            Self::Unreadable(method) => write!(f, "{method} was answered in another form than the Secret Service API has"),
        }
    }
}

impl From<dbus::Error> for Fault {
    fn from(error: dbus::Error) -> Self {
        Self::Call { name: error.name().unwrap_or_default().to_owned(), message: error.message().unwrap_or_default().to_owned() }
    }
}

pub(super) type Answer<T> = Result<T, Fault>;

/// The service, with a plain session open or about to be.
pub(super) struct Client {
    bus: Channel,
    /// Answers that came while another was waited for.
    early: RefCell<Vec<Message>>,
    /// The session, without which no secret crosses the bus.
    session: OnceCell<Object>,
    /// The serial number of the call that asked for one, until its answer is wanted.
    opening: Cell<Option<u32>>,
}

impl Client {
    /// Connects to the bus at this address, which may say nothing for so long, and opens a session.
    pub(super) fn connect(address: &str, patience: Duration) -> Answer<Self> {
        let bus = Channel::open_private(address)?;
        let client = Self { bus, early: RefCell::default(), session: OnceCell::new(), opening: Cell::new(None) };
        // The bus takes a connection's messages in their order, so that what follows the Hello need not wait for its answer.
        let hello = client.send(Message::call_with_args(BUS, BUS_PATH, BUS, "Hello", ()))?;
        let introduction = client.introduce()?;
        client.answer::<(String,)>(hello, patience)?;
        match client.answer_to(introduction, ANSWER) {
            Err(fault) if fault.is_silence() => Err(fault),
            _ => Ok(client),
        }
    }

    /// Lets the service get to know this connection before it is asked anything that matters.
    ///
    /// gnome-keyring (seen with 42.1 and 50.0) makes its record of a client in one thread's turn and takes its calls in another's, and a call that overtakes the
    /// record ends the whole daemon, which comes back locked. It does so once in a few thousand connections that come at the same time as others. An alias that
    /// nobody has needs no record, and its answer comes from the thread that makes the record, so that whatever follows it finds one. A ping does not: another
    /// thread answers that. What the answer is doesn't matter.
    fn introduce(&self) -> Answer<u32> {
        self.send(Message::call_with_args(SERVICE, ROOT, SERVICE_INTERFACE, "ReadAlias", ("kclogin",)))
    }

    /// The items with these attributes, the open ones and the locked ones. It comes before all else, so a session is opened while they are looked for.
    pub(super) fn search(&self, attributes: &HashMap<&str, &str>) -> Answer<(Vec<Object>, Vec<Object>)> {
        if self.session.get().is_none() {
            self.opening()?;
        }
        let found = self.ask(&object(ROOT), SERVICE_INTERFACE, "SearchItems", (attributes,))?;
        self.session().map(|_| found)
    }

    /// Asks for a session, where nobody has yet.
    fn opening(&self) -> Answer<u32> {
        if let Some(serial) = self.opening.get() {
            return Ok(serial);
        }
        let serial = self.send(Message::call_with_args(SERVICE, ROOT, SERVICE_INTERFACE, "OpenSession", ("plain", Variant(""))))?;
        self.opening.set(Some(serial));
        Ok(serial)
    }

    fn session(&self) -> Answer<Object> {
        if let Some(session) = self.session.get() {
            return Ok(session.clone());
        }
        let serial = self.opening()?;
        // If it does not come, it is asked for anew.
        self.opening.set(None);
        let answer = self.answer_to(serial, ANSWER)?;
        // After the outcome of an agreement, which is none in a plain session.
        let mut answer = answer.iter_init();
        answer.next();
        let session = answer.get().ok_or(Fault::Unreadable("OpenSession"))?;
        Ok(self.session.get_or_init(|| session).clone())
    }

    /// Where new items go.
    pub(super) fn default_collection(&self) -> Answer<Option<Object>> {
        let (path,): (Object,) = self.ask(&object(ROOT), SERVICE_INTERFACE, "ReadAlias", ("default",))?;
        Ok(Some(path).filter(|path| **path != *NONE))
    }

    /// Whether a collection is locked.
    pub(super) fn is_locked(&self, collection: &Object) -> Answer<bool> {
        let (Variant(locked),) = self.ask(collection, "org.freedesktop.DBus.Properties", "Get", (COLLECTION, "Locked"))?;
        Ok(locked)
    }

    /// What an item keeps.
    pub(super) fn secret(&self, item: &Object) -> Answer<Secret<Vec<u8>>> {
        let session = self.session()?;
        self.asked(item, ITEM, "GetSecret", (session,), |answer| {
            let mut wire = answer.iter_init().recurse(ArgType::Struct)?;
            // Its session and its parameters, which are none in a plain session. The bytes are taken as they lie there, as the library's own way to a
            // `Vec` reads each of them as a value.
            (wire.next() && wire.next()).then_some(())?;
            wire.get::<&[u8]>().map(|secret| Secret::new(secret.to_vec()))
        })
    }

    /// Gives an item another secret.
    pub(super) fn set_secret(&self, item: &Object, secret: &Secret<Vec<u8>>) -> Answer<()> {
        self.ask(item, ITEM, "SetSecret", (self.wire(secret)?,))
    }

    /// Makes an item, in place of any that has the same attributes. The person may be asked, for so long.
    pub(super) fn create(
        &self,
        collection: &Object,
        label: &str,
        attributes: &HashMap<&str, &str>,
        secret: &Secret<Vec<u8>>,
        limit: Duration,
    ) -> Answer<()> {
        let arguments = (Properties { label, attributes }, self.wire(secret)?, true);
        let (_, prompt): (Object, Object) = self.ask(collection, COLLECTION, "CreateItem", arguments)?;
        self.prompt(&prompt, limit)
    }

    /// Deletes an item. The person may be asked, for so long.
    pub(super) fn delete(&self, item: &Object, limit: Duration) -> Answer<()> {
        let (prompt,): (Object,) = self.ask(item, ITEM, "Delete", ())?;
        self.prompt(&prompt, limit)
    }

    /// Unlocks a collection or an item. The person may be asked, for so long.
    pub(super) fn unlock(&self, what: &Object, limit: Duration) -> Answer<()> {
        let (_, prompt): (Vec<Object>, Object) = self.ask(&object(ROOT), SERVICE_INTERFACE, "Unlock", (vec![what.clone()],))?;
        self.prompt(&prompt, limit)
    }

    fn wire(&self, secret: &Secret<Vec<u8>>) -> Answer<WireSecret> {
        Ok((self.session()?, Vec::new(), secret.expose().clone(), CONTENT.to_owned()))
    }

    /// Has the service ask the person, where it wants to, and waits for them. A time of nothing asks nobody.
    fn prompt(&self, prompt: &Object, limit: Duration) -> Answer<()> {
        if **prompt == *NONE {
            return Ok(());
        }
        if limit.is_zero() {
            return Err(Fault::Prompt);
        }
        let rule = format!("type='signal',interface='{PROMPT}',member='Completed',path='{prompt}'");
        self.call::<()>(Message::call_with_args(BUS, BUS_PATH, BUS, "AddMatch", (rule,)), ANSWER)?;
        // The prompt may be over before its call is answered.
        let asked = self.send(Message::call_with_args(SERVICE, prompt.clone(), PROMPT, "Prompt", ("",)))?;
        let is_end = |message: &Message| {
            let is_completed = message.msg_type() == MessageType::Signal && message.member().is_some_and(|member| *member == *"Completed");
            is_completed && message.path().is_some_and(|path| *path == **prompt)
        };
        let is_failure = |message: &Message| message.msg_type() == MessageType::Error && message.get_reply_serial() == Some(asked);
        if let Some(mut end) = self.receive(limit, |message| is_end(message) || is_failure(message))? {
            let dismissed: bool = end.as_result()?.get1().ok_or(Fault::Unreadable("Prompt"))?;
            return if dismissed { Err(Fault::Prompt) } else { Ok(()) };
        }
        // Its window would otherwise stay, and ask for somebody who is gone. Whether it closes is its own affair.
        let _ = self.ask::<()>(prompt, PROMPT, "Dismiss", ());
        Err(Fault::Prompt)
    }

    fn ask<T: ReadAll>(&self, object: &Object, interface: &str, method: &'static str, arguments: impl AppendAll) -> Answer<T> {
        self.asked(object, interface, method, arguments, |answer| answer.read_all().ok())
    }

    /// Asks, and has the answer read.
    fn asked<T>(
        &self,
        object: &Object,
        interface: &str,
        method: &'static str,
        arguments: impl AppendAll,
        read: impl FnOnce(&Message) -> Option<T>,
    ) -> Answer<T> {
        let serial = self.send(Message::call_with_args(SERVICE, object.clone(), interface, method, arguments))?;
        read(&self.answer_to(serial, ANSWER)?).ok_or(Fault::Unreadable(method))
    }

    /// Sends a call and reads its answer, for which there is so long.
    ///
    /// libdbus has this as one function, which sends everything before it looks at the time: where nobody speaks at the other end, that is for ever.
    fn call<T: ReadAll>(&self, message: Message, limit: Duration) -> Answer<T> {
        let serial = self.send(message)?;
        self.answer(serial, limit)
    }

    fn send(&self, message: Message) -> Answer<u32> {
        let failed = || Fault::Call { name: "org.freedesktop.DBus.Error.NoMemory".to_owned(), message: "the message could not be sent".to_owned() };
        self.bus.send(message).map_err(|()| failed())
    }

    /// The answer to the call with this serial number.
    fn answer<T: ReadAll>(&self, serial: u32, limit: Duration) -> Answer<T> {
        self.answer_to(serial, limit)?.read_all().map_err(|_| Fault::Unreadable("a call"))
    }

    /// The same before it is read.
    fn answer_to(&self, serial: u32, limit: Duration) -> Answer<Message> {
        let answer = self.receive(limit, |message| message.get_reply_serial() == Some(serial))?;
        let late = || Fault::Call { name: NO_REPLY.to_owned(), message: format!("no answer within {} s", limit.as_secs()) };
        let mut answer = answer.ok_or_else(late)?;
        answer.as_result()?;
        Ok(answer)
    }

    /// The next message that is wanted, if it comes in time. Answers that somebody else waits for are put aside; the rest is for nobody here.
    fn receive(&self, limit: Duration, is_wanted: impl Fn(&Message) -> bool) -> Answer<Option<Message>> {
        let mut early = self.early.borrow_mut();
        if let Some(at) = early.iter().position(&is_wanted) {
            return Ok(Some(early.swap_remove(at)));
        }
        let begun = Instant::now();
        loop {
            while let Some(message) = self.bus.pop_message() {
                if is_wanted(&message) {
                    return Ok(Some(message));
                }
                early.extend(message.get_reply_serial().is_some().then_some(message));
            }
            let Some(left) = limit.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { return Ok(None) };
            let gone =
                || Fault::Call { name: "org.freedesktop.DBus.Error.Disconnected".to_owned(), message: "the bus closed the connection".to_owned() };
            self.bus.read_write(Some(left)).map_err(|()| gone())?;
        }
    }
}

fn object(path: &'static str) -> Object {
    Path::from(path)
}
