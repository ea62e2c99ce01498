//! A machine for one test: kclogin's real `run`, with a browser, a store, a clock, an environment and two streams that the test owns.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use kclogin::browser::{Browser, Launch};
use kclogin::clock::{Clock, Timestamp};
use kclogin::environment::Environment;
use kclogin::error::{Error, Result};
use kclogin::exit::Exit;
use kclogin::host::Host;
use kclogin::interrupt::Interrupt;
use kclogin::program::{Conversation, Paths, Program, Programs, Verdict};
use kclogin::terminal::Terminal;
use kclogin::token_store::SystemStores;
use kclogin::typed::{Entry, Typed};
use url::Url;

use crate::cookies;
use crate::provider::{Provider, header, location};
use crate::schemas;
use crate::store::{MemoryStore, TestStores};

/// How a run ended and what it printed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The run's stdout, if it ended well; else the test fails with all that was printed.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.exit, Exit::Done, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }

    /// The run's stderr, if it ended with this exit and printed nothing on stdout.
    #[track_caller]
    pub(crate) fn failed(self, exit: Exit) -> String {
        assert_eq!((self.exit, self.stdout.as_str()), (exit, ""), "stderr: {}", self.stderr);
        self.stderr
    }
}

/// What the person's browser does with the address it is given.
type Visit = dyn Fn(&Url) + Send + Sync;

/// A machine with an empty home.
pub(crate) struct Machine {
    home: tempfile::TempDir,
    /// The keyring.
    pub(crate) store: MemoryStore,
    other_stores: Mutex<BTreeMap<String, MemoryStore>>,
    pub(crate) clock: FixedClock,
    variables: Mutex<BTreeMap<OsString, OsString>>,
    stdin: Mutex<Vec<u8>>,
    visit: Mutex<Arc<Visit>>,
    opened: Arc<AtomicUsize>,
    pub(crate) programs: FakePrograms,
    terminal: Mutex<(bool, bool)>,
    latest: Mutex<Buffer>,
    types: Mutex<Option<Types>>,
    why_no_browser: Mutex<Option<&'static str>>,
}

impl Machine {
    /// A machine whose browser follows redirects to the end, as that of somebody who is already signed in at the provider, and whose clock is the
    /// system's.
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a home");
        Self {
            store: MemoryStore::default(),
            other_stores: Mutex::default(),
            clock: FixedClock::default(),
            variables: Mutex::new(homes(home.path()).into_iter().map(|(name, path)| (OsString::from(name), path.into_os_string())).collect()),
            stdin: Mutex::default(),
            visit: Mutex::new(Arc::new(|url: &Url| drop(follow(url)))),
            opened: Arc::default(),
            programs: FakePrograms::default(),
            terminal: Mutex::new((false, false)),
            latest: Mutex::default(),
            types: Mutex::default(),
            why_no_browser: Mutex::default(),
            home,
        }
    }

    /// A machine whose person has no home at all.
    #[cfg(unix)]
    pub(crate) fn homeless() -> Self {
        let machine = Self::new();
        machine.variables.lock().expect("variables").clear();
        machine
    }

    /// A machine on which somebody has signed in to the provider.
    #[track_caller]
    pub(crate) fn signed_in_to(provider: &Provider) -> Self {
        let machine = Self::new();
        machine.run(&["login", "--issuer", &provider.issuer()]).done();
        provider.forget_requests();
        machine
    }

    /// Sets an environment variable.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.variables.lock().expect("variables").insert(name.into(), value.into());
    }

    /// Puts memory in place of another store than the keyring.
    pub(crate) fn replace_store(&self, name: &str) -> MemoryStore {
        self.other_stores.lock().expect("stores").entry(name.to_owned()).or_default().clone()
    }

    /// Has no browser to open, for this reason.
    pub(crate) fn without_browser(&self, why: &'static str) {
        *self.why_no_browser.lock().expect("why") = Some(why);
    }

    /// Puts text on stdin of the next runs.
    pub(crate) fn type_when(&self, types: impl FnMut(&str) -> Option<Entry> + Send + 'static) {
        *self.types.lock().expect("types") = Some(Arc::new(Mutex::new(types)));
    }

    /// What is on stdin.
    pub(crate) fn type_in(&self, text: &str) {
        *self.stdin.lock().expect("stdin") = text.as_bytes().to_vec();
    }

    /// Replaces what the browser does.
    pub(crate) fn browse(&self, visit: impl Fn(&Url) + Send + Sync + 'static) {
        *self.visit.lock().expect("visit") = Arc::new(visit);
    }

    /// Makes stdout and stderr terminals, or not.
    pub(crate) fn terminals(&self, stdout: bool, stderr: bool) {
        *self.terminal.lock().expect("terminal") = (stdout, stderr);
    }

    /// How many times a browser was opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// A path in the machine's home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        below(self.home.path(), name)
    }

    /// The configuration file's text; empty where there is none.
    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.path(".config/kclogin/config.toml")).unwrap_or_default()
    }

    /// Writes the configuration file.
    pub(crate) fn write_config(&self, text: &str) {
        std::fs::create_dir_all(self.path(".config/kclogin")).expect("a directory");
        std::fs::write(self.path(".config/kclogin/config.toml"), text).expect("written");
    }

    /// What the latest run, which may still be under way, has printed on stderr.
    pub(crate) fn stderr_so_far(&self) -> String {
        self.latest.lock().expect("latest").text()
    }

    /// Runs kclogin. May be called from several threads at once.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_as("kclogin", arguments)
    }

    /// Runs kclogin under another name. What it prints as JSON is held against the schema for it.
    #[track_caller]
    pub(crate) fn run_as(&self, program: &str, arguments: &[&str]) -> Outcome {
        let (out, err) = (Buffer::default(), Buffer::default());
        *self.latest.lock().expect("latest") = err.clone();
        let (out_tty, err_tty) = *self.terminal.lock().expect("terminal");
        let variables: Vec<(OsString, OsString)> = self.variables.lock().expect("variables").clone().into_iter().collect();
        let environment = Environment::from_pairs(variables);
        let mut memory = self.other_stores.lock().expect("stores").clone();
        memory.insert("keyring".to_owned(), self.store.clone());
        let mut host = Host {
            browser: Box::new(PersonsBrowser {
                visit: self.visit.lock().expect("visit").clone(),
                opened: self.opened.clone(),
                why_not: *self.why_no_browser.lock().expect("why"),
            }),
            stores: Box::new(TestStores { memory, system: SystemStores::new(&environment) }),
            clock: Box::new(self.clock.clone()),
            environment,
            terminal: Terminal::new((Box::new(out.clone()), out_tty), (Box::new(err.clone()), err_tty)),
            stdin: Box::new(Cursor::new(self.stdin.lock().expect("stdin").clone())),
            typed: RefCell::new(Box::new(Typist { types: self.types.lock().expect("types").clone(), said: err.clone() })),
            programs: Box::new(self.programs.clone()),
            interrupt: Box::new(NoInterrupt),
        };
        let exit = kclogin::run(std::iter::once(program).chain(arguments.iter().copied()).map(OsString::from), &mut host);
        let as_helper = program.ends_with("docker-credential-kclogin").then_some("docker-credential");
        let arguments: Vec<&str> = as_helper.into_iter().chain(arguments.iter().copied()).collect();
        schemas::check(&arguments, exit == Exit::Done, &out.text());
        Outcome { exit, stdout: out.text(), stderr: err.text() }
    }
}

/// The variables that lead to a home. On Windows what other systems have below it has some of its own; here it is in the same places.
pub(crate) fn homes(home: &Path) -> Vec<(&'static str, PathBuf)> {
    let windows = [("APPDATA", below(home, ".config")), ("LOCALAPPDATA", below(home, ".local/state"))];
    [("HOME", home.to_owned())].into_iter().chain(windows.into_iter().filter(|_| cfg!(windows))).collect()
}

/// A path below another, with the system's own separators, so that it reads as kclogin says it.
fn below(dir: &Path, name: &str) -> PathBuf {
    dir.join(name.split('/').collect::<PathBuf>())
}

/// Follows redirects from `url` as a browser does, and gives the last response's status and body. At most ten.
pub(crate) fn follow(url: &Url) -> (u16, String) {
    let mut at = url.clone();
    for _ in 0..10 {
        let (status, headers, body) = cookies::get(&at);
        match header(&headers, "location") {
            Some(next) => at = at.join(next).expect("a URL"),
            None => return (status, String::from_utf8_lossy(&body).into_owned()),
        }
    }
    panic!("too many redirects from {url}");
}

/// The address that the provider sends the browser back to, which is not followed.
pub(crate) fn redirect_of(url: &Url) -> Url {
    location(&cookies::get(&cookies::enter(url))).expect("a redirect").0
}

struct PersonsBrowser {
    visit: Arc<Visit>,
    opened: Arc<AtomicUsize>,
    why_not: Option<&'static str>,
}

impl Browser for PersonsBrowser {
    fn why_not(&self) -> Option<&'static str> {
        self.why_not
    }

    fn open(&self, url: &Url) -> Result<Launch> {
        if let Some(why) = self.why_not {
            return Err(Error::failed(why));
        }
        self.opened.fetch_add(1, Ordering::SeqCst);
        let (url, visit) = (url.clone(), self.visit.clone());
        let (failed, launch) = Launch::new();
        thread::spawn(move || {
            let _failed = failed;
            visit(&cookies::enter(&url));
        });
        Ok(launch)
    }
}

/// A program that was run: its words, and the variables that were set for it.
pub(crate) type Ran = (Vec<OsString>, Vec<(String, String)>);

/// What an attended program does with the variables that it was given.
type Look = Arc<dyn Fn(&[(String, String)]) + Send + Sync>;

/// Programs that are not run but written down.
#[derive(Clone, Default)]
pub(crate) struct FakePrograms {
    ran: Arc<Mutex<Vec<Ran>>>,
    look: Arc<Mutex<Option<Look>>>,
    /// How many pauses an attended program still lives for.
    life: Arc<AtomicUsize>,
    pauses: Arc<Mutex<Vec<Duration>>>,
    /// What each program says that is conversed with, in this order.
    says: Arc<Mutex<VecDeque<Saying>>>,
    told: Arc<Mutex<Vec<String>>>,
}

/// What a program says: what is heard of it, in pieces, then its output, its words on stderr, and its exit code.
#[derive(Clone, Debug)]
pub(crate) struct Saying {
    pub(crate) heard: Vec<&'static str>,
    pub(crate) output: &'static str,
    pub(crate) words: String,
    pub(crate) exit: Exit,
}

impl FakePrograms {
    /// Has the programs that are conversed with say this, one after the other.
    pub(crate) fn say(&self, sayings: &[Saying]) {
        self.says.lock().expect("sayings").extend(sayings.iter().cloned());
    }

    /// What the programs were told, each.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().expect("told").clone()
    }

    pub(crate) fn run_so_far(&self) -> Vec<Ran> {
        self.ran.lock().expect("programs").clone()
    }

    /// Has the next attended program live for so many pauses, and look at its variables before each and at its end; one that is conversed with looks
    /// once, before it is heard.
    pub(crate) fn live(&self, pauses: usize, look: impl Fn(&[(String, String)]) + Send + Sync + 'static) {
        self.life.store(pauses, Ordering::SeqCst);
        *self.look.lock().expect("look") = Some(Arc::new(look));
    }

    /// The pauses that were asked for while a program was attended.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().expect("pauses").clone()
    }
}

impl Programs for FakePrograms {
    fn run(&self, program: &Program) -> Result<Exit> {
        let words = std::iter::once(&program.name).chain(&program.arguments).cloned().collect();
        let variables = program.variables.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
        self.ran.lock().expect("programs").push((words, variables));
        Ok(Exit::Command(7))
    }

    fn attend(&self, program: &Program, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> Result<Exit> {
        self.run(program)?;
        let (_, variables) = self.run_so_far().pop().expect("this one");
        loop {
            if let Some(look) = self.look.lock().expect("look").clone() {
                look(&variables);
            }
            let Some(pause) = meanwhile().filter(|_| self.life.load(Ordering::SeqCst) > 0) else { return Ok(Exit::Signalled(15)) };
            self.life.fetch_sub(1, Ordering::SeqCst);
            self.pauses.lock().expect("pauses").push(pause);
        }
    }

    fn converse(&self, conversation: Conversation<'_>) -> Result<Exit> {
        let saying = self.says.lock().expect("sayings").pop_front();
        let heard = saying.as_ref().is_none_or(|saying| !saying.heard.is_empty()).then(|| "HEARD".to_owned());
        self.run(&(conversation.program)(&Paths { told: "TOLD".to_owned(), heard }))?;
        self.told.lock().expect("told").push(conversation.told.expose().clone());
        let Some(saying) = saying else { return Ok(Exit::Command(7)) };
        if let Some(look) = self.look.lock().expect("look").clone() {
            look(&[]);
        }
        let verdicts: Vec<Verdict> = saying.heard.iter().filter_map(|piece| (conversation.hear)(piece.as_bytes())).collect();
        if let Some(mut stderr) = conversation.stderr {
            stderr.write_all(saying.words.as_bytes()).expect("written");
        }
        if let Some(mut stdout) = conversation.stdout.filter(|_| verdicts.first() != Some(&Verdict::Drop)) {
            stdout.write_all(saying.output.as_bytes()).expect("written");
        }
        Ok(saying.exit)
    }
}

type Types = Arc<Mutex<dyn FnMut(&str) -> Option<Entry> + Send>>;

/// A person who types by what is on stderr.
struct Typist {
    types: Option<Types>,
    said: Buffer,
}

impl Typed for Typist {
    fn next(&mut self) -> Option<Entry> {
        let types = self.types.as_ref()?;
        let said = self.said.text();
        (types.lock().expect("types"))(&said)
    }

    fn is_terminal(&self) -> bool {
        self.types.is_some()
    }
}

struct NoInterrupt;

impl Interrupt for NoInterrupt {
    fn watch(&self) {}
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("buffer").clone()).expect("UTF-8")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("buffer").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A clock that the test moves, and a pause; until then, the system's.
#[derive(Clone, Default)]
pub(crate) struct FixedClock {
    seconds: Arc<AtomicI64>,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl FixedClock {
    pub(crate) fn set(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::SeqCst);
    }

    /// The pauses that were asked for. None is taken: the clock moves instead, and stands still otherwise.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().expect("pauses").clone()
    }

    /// Moves the clock by so many seconds from where it is.
    pub(crate) fn advance(&self, seconds: i64) {
        self.set(self.now().0 + seconds);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        match self.seconds.load(Ordering::SeqCst) {
            0 => kclogin::clock::SystemClock.now(),
            seconds => Timestamp(seconds),
        }
    }

    fn pause(&self, duration: Duration) {
        self.pauses.lock().expect("pauses").push(duration);
        self.advance(duration.as_secs().try_into().expect("a short pause"));
    }
}
