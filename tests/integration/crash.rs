//! A crash shows nothing: neither the words of a panic nor the values in them, wherever it happens, and every wait still ends.
//!
//! What is done about a panic is the whole process's, so each test runs itself anew in a process of its own, and looks at that from outside.

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use kclogin::browser::{Browser, Launch};
use kclogin::clock::{Clock, Timestamp};
use kclogin::crash;
use kclogin::environment::Environment;
use kclogin::error::Result;
use kclogin::exit::Exit;
use kclogin::host::Host;
use kclogin::interrupt::Interrupt;
use kclogin::secret::Secret;
use kclogin::terminal::Terminal;
use kclogin::token_store::{Account, StoreName, Stores, TokenStore};
use url::Url;

use crate::cookies;
use crate::machine::{Machine, homes, redirect_of};
use crate::provider::{Endpoint, Provider, http};
use crate::store::MemoryStore;

const SECRET: &str = "s3cr3t-of-backend";
/// Tells the process of a test that it is the one to crash.
const MARK: &str = "KCLOGIN_TEST_OF_A_CRASH";

/// What a run is made of, and one part of it panics.
struct Parts {
    browser: Box<dyn Browser>,
    stores: Box<dyn Stores>,
    clock: Box<dyn Clock>,
    stderr: Box<dyn Write + Send>,
}

/// What a process of its own prints and how it ends, in which kclogin is run with these arguments and parts. Never returns in that process.
fn crashed(test: &str, arguments: &[&str], before: &[&str], spoil: impl FnOnce(&mut Parts, &Provider)) -> Output {
    if std::env::var_os(MARK).is_none() {
        let this = std::env::current_exe().expect("this program");
        let mut again = Command::new(this);
        again.args(["--exact", &format!("crash::{test}"), "--nocapture", "--test-threads=1"]);
        // With these, a panic is at its most talkative.
        return again.env(MARK, "1").env("RUST_BACKTRACE", "full").env("RUST_LIB_BACKTRACE", "full").output().expect("it runs");
    }
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", SECRET);
    let variables = [("KCLOGIN_CLIENT_SECRET", SECRET), ("KCLOGIN_CLIENT_ID", "backend"), ("KCLOGIN_ISSUER", &provider.issuer())];
    variables.iter().for_each(|(name, value)| machine.set(name, value));
    if !before.is_empty() {
        machine.run(before).done();
    }
    let mut parts = Parts {
        browser: Box::new(Following),
        stores: Box::new(Only(machine.store.clone())),
        clock: Box::new(machine.clock.clone()),
        stderr: Box::new(std::io::stderr()),
    };
    spoil(&mut parts, &provider);
    let homes = homes(&machine.path("")).into_iter().map(|(name, path)| (name, path.into_os_string()));
    let variables = variables.iter().map(|(name, value)| (*name, OsString::from(value))).chain(homes);
    let mut host = Host {
        browser: parts.browser,
        stores: parts.stores,
        clock: parts.clock,
        environment: Environment::from_pairs(variables),
        terminal: Terminal::new((Box::new(std::io::stdout()), false), (parts.stderr, false)),
        stdin: Box::new(Cursor::new(Vec::new())),
        typed: std::cell::RefCell::new(Box::new(kclogin::typed::SystemTyped::default())),
        programs: Box::new(kclogin::program::SystemPrograms),
        interrupt: Box::new(NoInterrupt),
    };
    let arguments = std::iter::once("kclogin").chain(arguments.iter().copied()).map(OsString::from);
    let exit = crash::contained(|| kclogin::run(arguments, &mut host));
    #[allow(clippy::exit, reason = "the test's own process ends as kclogin would")]
    std::process::exit(i32::from(exit.code()))
}

/// What a process printed on stderr, which is one sentence that says where it happened, and what to do.
#[track_caller]
fn says_only_where(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(Exit::Failed.code())), "{}: {stderr}", output.status);
    let rest = stderr.strip_prefix(&format!("error: kclogin failed unexpectedly (at {}:", file!()));
    let (line, hint) = rest.and_then(|rest| rest.split_once(")\n")).unwrap_or_else(|| panic!("{stderr}"));
    assert!(line.parse::<u32>().is_ok(), "{stderr}");
    assert_eq!(hint, "hint: this is a mistake in kclogin: please report this line, and what you did; it shows nothing secret\n");
}

#[test]
fn a_panic_shows_no_secret_and_is_a_failure() {
    let output = crashed("a_panic_shows_no_secret_and_is_a_failure", &["token"], &["login"], |parts, _| parts.clock = Box::new(BrokenClock));
    says_only_where(&output);
}

#[test]
fn a_panic_that_holds_the_tokens_of_a_login_under_way_shows_none_of_them() {
    let name = "a_panic_that_holds_the_tokens_of_a_login_under_way_shows_none_of_them";
    let output = crashed(name, &["login", "-q"], &[], |parts, _| parts.stores = Box::new(Only(TalkativeStore(MemoryStore::default()))));
    says_only_where(&output);
}

#[test]
fn a_panic_in_a_thread_beside_shows_no_secret_and_the_login_goes_on() {
    let name = "a_panic_in_a_thread_beside_shows_no_secret_and_the_login_goes_on";
    let output = crashed(name, &["login", "-v"], &[], |parts, provider| {
        let (own, keys) = (thread::current().id(), provider.url(Endpoint::Jwks));
        parts.stderr = Box::new(BrokenBeside { own, keys, broken: AtomicBool::new(false) });
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    assert_eq!(stderr.matches("error: kclogin failed unexpectedly (at ").count(), 1, "{stderr}");
    assert!(stderr.contains("\nLogged in as ") && !stderr.contains(SECRET) && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_panic_in_the_browser_s_thread_does_not_keep_a_wait_from_its_end() {
    let name = "a_panic_in_the_browser_s_thread_does_not_keep_a_wait_from_its_end";
    let output = crashed(name, &["login", "--timeout", "1s"], &[], |parts, _| parts.browser = Box::new(BrokenBrowser));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: kclogin failed unexpectedly (at ") && !stderr.contains(SECRET), "{stderr}");
    assert!(stderr.contains("\nerror: nobody signed in within 1 s\n"), "{stderr}");
}

struct BrokenClock;

impl Clock for BrokenClock {
    fn now(&self) -> Timestamp {
        panic!("the clock knows {SECRET}")
    }
}

/// The one store there is.
struct Only<S>(S);

impl<S: TokenStore + Clone + 'static> Stores for Only<S> {
    fn open(&self, _name: &StoreName) -> Result<Box<dyn TokenStore>> {
        Ok(Box::new(self.0.clone()))
    }
}

/// A store that panics with the token set it is to keep.
#[derive(Clone)]
struct TalkativeStore(MemoryStore);

impl TokenStore for TalkativeStore {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        self.0.load(account)
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let kept = String::from_utf8_lossy(secret.expose());
        assert!(!kept.contains("access_token"), "{account}: {kept}");
        self.0.save(account, secret)
    }

    fn delete(&self, account: &Account) -> Result<()> {
        self.0.delete(account)
    }
}

/// A stderr that panics once, when another thread than the first tells of the provider's keys.
struct BrokenBeside {
    own: ThreadId,
    keys: String,
    broken: AtomicBool,
}

impl Write for BrokenBeside {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if text.contains(&self.keys) && thread::current().id() != self.own && !self.broken.swap(true, Ordering::SeqCst) {
            std::panic::panic_any(Arc::<str>::from(SECRET));
        }
        std::io::stderr().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// The browser of somebody who is already signed in at the provider.
struct Following;

impl Browser for Following {
    fn open(&self, url: &Url) -> Result<Launch> {
        let (url, (failed, launch)) = (url.clone(), Launch::new());
        thread::spawn(move || {
            let _failed = failed;
            let redirect = redirect_of(&url);
            // A kclogin that crashes gives no answer.
            let cookie = cookies::of(&redirect).expect("the start page's cookie");
            let _ = http("GET", redirect.as_str(), &[("Cookie", &cookie)], b"");
        });
        Ok(launch)
    }
}

struct BrokenBrowser;

impl Browser for BrokenBrowser {
    fn open(&self, _url: &Url) -> Result<Launch> {
        let (failed, launch) = Launch::new();
        thread::spawn(move || {
            let _failed = failed;
            panic!("the browser knows {SECRET}")
        });
        Ok(launch)
    }
}

struct NoInterrupt;

impl Interrupt for NoInterrupt {
    fn watch(&self) {}
}
