//! Keyrings that are locked, absent, refusing or slow, each in its own words; and that nothing is lost or left over in a real one.
//!
//! The bus and the real keyring are needed here, and no Keycloak: the session is put where a login would have put it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kclogin::clock::{Clock, SystemClock};
use kclogin::oidc::claims::Identity;
use kclogin::oidc::endpoints::{ClientAuthentication, Endpoints};
use kclogin::profile::config_file::Config;
use kclogin::profile::{Profile, Settings};
use kclogin::secret::Secret;
use kclogin::token_set::TokenSet;
use kclogin::token_store::Account;

use crate::bench::{Outcome, outcome};
use crate::fake_keyring::{Bus, FakeKeyring, Item, Script};
use crate::strace::traced;

const ABSENT: &str = "error: there is no keyring here: no program on the session bus offers one\nhint: start one";
const LOCKED: &str = "error: the keyring is locked\nhint: unlock it: ";
const DISMISSED: &str = "error: the keyring is still locked: its prompt was dismissed, or could not be shown\nhint: ";
const REFUSED: &str = "error: the keyring refuses kclogin\nhint: ";
pub(crate) const SILENT: &str = "error: the keyring does not answer\nhint: ";
const WAITING: &str = "The keyring is locked. Waiting for you to unlock it, for 2 min at most (Ctrl-C to stop).\n";

/// Somebody who has a profile and sits at a bus. What is in the keyring is theirs to say.
pub(crate) struct Desk {
    home: tempfile::TempDir,
    bus: Option<String>,
    display: bool,
    profile: Profile,
}

impl Desk {
    pub(crate) fn at(bus: Option<String>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let home = tempfile::tempdir().expect("a home");
        let name = format!("desk-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let settings = Settings { issuer: Some("http://127.0.0.1:9/realms/test".into()), client_id: "kclogin".into(), ..Settings::default() };
        let profile = Profile { name, settings };
        let mut config = Config::read(Some(&home.path().join(".config/kclogin"))).expect("none yet");
        config.put(&profile).expect("written");
        Self { home, bus, display: false, profile }
    }

    fn with_display(mut self) -> Self {
        self.display = true;
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kclogin"));
        for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "DISPLAY", "WAYLAND_DISPLAY", "KCLOGIN_STORE", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(variable);
        }
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        if self.display {
            command.env("DISPLAY", ":99");
        }
        command.args(arguments).env("HOME", self.home.path()).env("KCLOGIN_PROFILE", &self.profile.name).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).output().expect("kclogin runs"))
    }

    /// The same, ended after so long.
    pub(crate) fn run_within(&self, limit: Duration, arguments: &[&str]) -> Outcome {
        let plain = self.command(arguments);
        let mut limited = Command::new("timeout");
        limited.arg(limit.as_secs().to_string()).arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        outcome(limited.stdin(Stdio::null()).output().expect("timeout runs"))
    }

    /// What a secret is found by.
    fn key(&self) -> String {
        Account::token_set(&self.profile.name, "kclogin", self.profile.provider()).to_string()
    }

    fn attributes(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("service".to_owned(), "kclogin".to_owned()), ("username".to_owned(), self.key())])
    }

    /// A session whose token endpoint is at this address.
    fn session(&self, access_token: &str, endpoint: &str) -> Vec<u8> {
        let now = SystemClock.now();
        let set = TokenSet {
            issuer: self.profile.provider().to_owned(),
            client_id: "kclogin".into(),
            identity: Identity { subject: "42".into(), ..Identity::default() },
            access_token: Secret::from(access_token),
            expiry: Some(now.after(Duration::from_secs(600))),
            refresh_token: Some(Secret::from("refresh")),
            refresh_expiry: None,
            id_token: Secret::from("e30.e30.e30"),
            scope: vec!["openid".into()],
            endpoints: Endpoints::of_keycloak(endpoint).expect("endpoints"),
            client_authentication: ClientAuthentication::None,
            proof_key: None,
            obtained: now,
            derived: Vec::new(),
        };
        set.to_stored().expose().clone()
    }

    pub(crate) fn item(&self, access_token: &str, endpoint: &str) -> Item {
        Item { label: format!("kclogin {}: tokens", self.profile.name), attributes: self.attributes(), secret: self.session(access_token, endpoint) }
    }
}

pub(crate) const NOWHERE: &str = "http://127.0.0.1:9/realms/test";

/// A desk at a keyring that follows the script, with a session in it.
fn signed_in(script: Script) -> (Desk, FakeKeyring) {
    let keyring = FakeKeyring::start(script);
    let desk = Desk::at(Some(keyring.bus.address()));
    keyring.put(desk.item("at-kept", NOWHERE));
    (desk, keyring)
}

/// A token endpoint that answers once with this access token. Gives the issuer it belongs to.
fn token_endpoint(access_token: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/realms/test", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                length = value.trim().parse().expect("a number");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).expect("a body");
        let body = serde_json::json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300}).to_string();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
            .expect("written");
    });
    issuer
}

/// How the commands that need the stored session fail; `kclogin profile import` needs the store too, for a secret.
#[track_caller]
fn every_command_fails_with(desk: &Desk, expected: &str) {
    for arguments in [["token"].as_slice(), &["status"], &["logout", "--local"]] {
        let stderr = desk.run(arguments).failed(4);
        assert!(stderr.starts_with(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_bus_without_a_keyring_is_an_absent_keyring() {
    let bus = Bus::start();
    every_command_fails_with(&Desk::at(Some(bus.address())), ABSENT);
}

#[test]
fn a_bus_that_is_not_there_is_an_absent_keyring() {
    every_command_fails_with(&Desk::at(Some("unix:path=/nowhere/bus".to_owned())), ABSENT);
}

#[test]
fn a_machine_that_never_had_a_keyring_is_not_signed_in_and_can_t_keep_a_secret() {
    let keyring = FakeKeyring::start(Script { without_collection: true, ..Script::default() });
    let desk = Desk::at(Some(keyring.bus.address()));
    // Nothing can be stored there, so nothing is: that is certain, and no fault of the keyring.
    let stderr = desk.run(&["token"]).failed(3);
    assert!(stderr.starts_with("error: not logged in to "), "{stderr}");
    let file = desk.home.path().join("keycloak.json");
    std::fs::write(&file, r#"{"realm": "r", "auth-server-url": "http://127.0.0.1:9", "resource": "app", "credentials": {"secret": "s"}}"#)
        .expect("written");
    let stderr = desk.run(&["profile", "import", file.to_str().expect("text"), "--profile", "imported"]).failed(4);
    assert!(stderr.starts_with("error: the keyring has no default collection to keep anything in\nhint: create one"), "{stderr}");
}

#[test]
fn a_locked_keyring_is_exit_4_at_once_where_nobody_can_be_asked() {
    let (desk, keyring) = signed_in(Script { locked: true, prompt: Some((Duration::ZERO, false)), ..Script::default() });
    every_command_fails_with(&desk, LOCKED);
    assert_eq!(keyring.called("Prompt"), 0, "{:?}", keyring.calls());
    assert_eq!((keyring.items().len(), keyring.called("Delete")), (1, 0));
}

#[test]
fn a_locked_keyring_that_shows_nothing_is_not_taken_for_an_empty_one() {
    let (desk, keyring) = signed_in(Script { locked: true, hides_what_is_locked: true, ..Script::default() });
    every_command_fails_with(&desk, LOCKED);
    drop(keyring);
    let unlocks = Script { locked: true, hides_what_is_locked: true, prompt: Some((Duration::ZERO, false)), ..Script::default() };
    let (desk, _keyring) = signed_in(unlocks);
    let outcome = desk.with_display().run(&["token"]);
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "at-kept\n", WAITING));
}

#[test]
fn a_locked_keyring_waits_for_the_person_and_says_so() {
    let (desk, _keyring) = signed_in(Script { locked: true, prompt: Some((Duration::from_secs(7), false)), ..Script::default() });
    let outcome = desk.with_display().run(&["token", "--quiet"]);
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "at-kept\n", WAITING));
}

#[test]
fn a_dismissed_prompt_is_exit_4_and_the_session_is_still_there() {
    let (desk, keyring) = signed_in(Script { locked: true, prompt: Some((Duration::ZERO, true)), ..Script::default() });
    let desk = desk.with_display();
    every_command_fails_with(&desk, &format!("{WAITING}{DISMISSED}"));
    assert_eq!((keyring.items().len(), keyring.called("Delete")), (1, 0));
}

#[test]
fn ctrl_c_ends_the_wait_for_the_person() {
    let (desk, _keyring) = signed_in(Script { locked: true, ..Script::default() });
    let desk = desk.with_display();
    let mut waiting = desk.command(&["token"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let mut line = String::new();
    BufReader::new(waiting.stderr.take().expect("stderr")).read_line(&mut line).expect("text");
    assert_eq!(line, WAITING);
    let interrupted = Instant::now();
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().expect("kill runs").success());
    assert_eq!(waiting.wait().expect("an end").signal(), Some(2));
    assert!(interrupted.elapsed() < Duration::from_secs(10));
}

#[test]
fn looking_at_the_profiles_asks_nobody_to_unlock_anything() {
    let (desk, keyring) = signed_in(Script { locked: true, ..Script::default() });
    let desk = desk.with_display();
    let outcome = desk.run(&["profile", "list"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains(&desk.profile.name) && outcome.stdout.contains("  ?  "), "{}", outcome.stdout);
    assert_eq!(keyring.called("Prompt"), 0);
}

#[test]
fn a_keyring_that_refuses_is_exit_4_and_the_session_is_still_there() {
    for method in ["OpenSession", "SearchItems"] {
        let refuses = Some((method, "org.freedesktop.DBus.Error.AccessDenied"));
        let (desk, keyring) = signed_in(Script { refuses, ..Script::default() });
        every_command_fails_with(&desk, REFUSED);
        assert_eq!(keyring.items().len(), 1);
    }
    let (desk, _keyring) = signed_in(Script { refuses: Some(("GetSecret", "org.freedesktop.Secret.Error.IsLocked")), ..Script::default() });
    assert!(desk.run(&["token"]).failed(4).starts_with(LOCKED));
    // A method that is missing is no item that is missing.
    let (desk, _keyring) = signed_in(Script { refuses: Some(("GetSecret", "org.freedesktop.DBus.Error.UnknownMethod")), ..Script::default() });
    assert!(desk.run(&["token"]).failed(4).starts_with("error: the keyring fails\n"));
}

#[test]
fn a_keyring_that_never_answers_is_given_up_after_some_seconds() {
    let (desk, _keyring) = signed_in(Script { silent: true, ..Script::default() });
    let begun = Instant::now();
    let stderr = desk.run(&["token"]).failed(4);
    assert!(stderr.starts_with(SILENT), "{stderr}");
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_bus_that_takes_connections_and_never_speaks_is_given_up_after_some_seconds() {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("bus");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let begun = Instant::now();
    let stderr = Desk::at(Some(format!("unix:path={},guid=00", socket.display()))).run(&["token"]).failed(4);
    assert!(stderr.starts_with(SILENT), "{stderr}");
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_bus_on_another_machine_gets_nothing() {
    let stderr = Desk::at(Some("tcp:host=desk.invalid,port=9".to_owned())).run(&["token"]).failed(4);
    assert!(stderr.starts_with("error: the session bus is on another machine, and secrets would go there for everybody to read\nhint: "), "{stderr}");
}

#[test]
fn a_keyring_that_is_just_being_started_is_waited_for() {
    let (desk, _keyring) = signed_in(Script { starts_after: Duration::from_secs(3), ..Script::default() });
    assert_eq!(desk.run(&["token"]).done(), "at-kept\n");
}

#[test]
fn lost_answers_are_asked_for_again_and_leave_one_item() {
    for method in ["OpenSession", "SearchItems", "GetSecret", "SetSecret"] {
        let keyring = FakeKeyring::start(Script { loses: Some(method), ..Script::default() });
        let desk = Desk::at(Some(keyring.bus.address()));
        keyring.put(desk.item("at-kept", &token_endpoint("at-new".to_owned())));
        assert_eq!(desk.run(&["token", "--force-refresh"]).done(), "at-new\n", "{method}");
        assert_eq!((keyring.items().len(), keyring.called("Delete"), keyring.called("CreateItem")), (1, 0, 0), "{method}: {:?}", keyring.calls());
        assert!(String::from_utf8_lossy(&keyring.items()[0].secret).contains("at-new"), "{method}");
    }
    let (desk, keyring) = signed_in(Script { loses: Some("Delete"), ..Script::default() });
    desk.run(&["logout", "--local"]).done();
    assert!(keyring.items().is_empty());
}

#[test]
fn a_fresh_token_takes_four_calls_over_one_connection_and_no_thread() {
    let (desk, keyring) = signed_in(Script::default());
    let trace = desk.home.path().join("trace");
    let calls = "trace=clone,?clone3,?fork,?vfork,connect,?open,openat,getdents64";
    let mut token = traced(&desk.command(&["token"]), &["-f", "-qq", "-e", calls], &trace);
    assert_eq!(outcome(token.stdin(Stdio::null()).output().expect("strace runs")).done(), "at-kept\n");
    assert_eq!(keyring.calls(), ["ReadAlias", "OpenSession", "SearchItems", "GetSecret"]);
    let seen = std::fs::read_to_string(trace).expect("text");
    let count = |name: &str| seen.lines().filter(|line| line.contains(name)).count();
    assert_eq!(count(" connect("), 1, "{seen}");
    for name in [" clone", " fork", " vfork", "O_DIRECTORY", " getdents64("] {
        assert_eq!(count(name), 0, "{name}: {seen}");
    }
}

#[test]
fn a_refresh_looks_for_its_item_once_unless_that_is_no_longer_there() {
    for (moves, searches) in [(false, 1), (true, 3)] {
        let keyring = FakeKeyring::start(Script { moves, ..Script::default() });
        let desk = Desk::at(Some(keyring.bus.address()));
        keyring.put(desk.item("at-kept", &token_endpoint("at-new".to_owned())));
        assert_eq!(desk.run(&["token", "--force-refresh"]).done(), "at-new\n");
        let called = ["SearchItems", "CreateItem"].map(|method| keyring.called(method));
        assert_eq!((called, keyring.items().len()), ([searches, 0], 1), "{:?}", keyring.calls());
        assert!(String::from_utf8_lossy(&keyring.items()[0].secret).contains("at-new"));
    }
}

#[test]
fn a_new_item_whose_answer_was_lost_is_there_once() {
    let keyring = FakeKeyring::start(Script { loses: Some("CreateItem"), ..Script::default() });
    let desk = Desk::at(Some(keyring.bus.address()));
    let file = desk.home.path().join("keycloak.json");
    std::fs::write(&file, r#"{"realm": "r", "auth-server-url": "http://127.0.0.1:9", "resource": "app", "credentials": {"secret": "s"}}"#)
        .expect("written");
    desk.run(&["profile", "import", file.to_str().expect("text"), "--profile", "imported"]).done();
    let items = keyring.items();
    assert_eq!((items.len(), items[0].label.as_str(), items[0].secret.as_slice()), (1, "kclogin imported: client secret", b"s".as_slice()));
    assert!(keyring.called("CreateItem") >= 2, "{:?}", keyring.calls());
}

#[test]
fn a_keyring_gets_to_know_kclogin_before_it_is_asked_anything() {
    // Everything that opens a connection: a refresh reads and writes, a logout deletes, and what is locked is unlocked.
    for script in [Script::default(), Script { locked: true, prompt: Some((Duration::ZERO, false)), ..Script::default() }] {
        let keyring = FakeKeyring::start(script);
        let desk = Desk::at(Some(keyring.bus.address())).with_display();
        keyring.put(desk.item("at-kept", &token_endpoint("at-new".to_owned())));
        assert_eq!(desk.run(&["token", "--force-refresh"]).done(), "at-new\n");
        desk.run(&["logout", "--local"]).done();
        let sessions = keyring.called("OpenSession");
        assert!(sessions >= 2, "{:?}", keyring.calls());
        assert_eq!(keyring.called_too_early(), Vec::<String>::new(), "{:?}", keyring.calls());
        let calls = keyring.calls();
        let begins = calls.iter().enumerate().filter(|(_, call)| *call == "OpenSession").filter(|(at, _)| *at > 0 && calls[*at - 1] == "ReadAlias");
        assert_eq!(begins.count(), sessions, "{calls:?}");
    }
}

/// A desk at the keyring of the whole run.
fn at_real_keyring() -> Desk {
    Desk::at(None)
}

/// Runs secret-tool, as somebody else's program that knows the same items.
fn secret_tool(desk: &Desk, action: &[&str], more: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("secret-tool");
    command.args(action).args(["service", "kclogin", "username", &desk.key()]).args(more);
    let mut tool = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("secret-tool is installed");
    tool.stdin.take().expect("stdin").write_all(input).expect("written");
    let outcome = outcome(tool.wait_with_output().expect("an end"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    // It says the attributes on stderr.
    outcome.stdout + &outcome.stderr
}

/// Keeps a session as versions before this one did, whose items secret-tool's are like.
fn keep(desk: &Desk, session: &[u8], more: &[&str]) {
    let label = format!("--label=kclogin {}: tokens", desk.profile.name);
    secret_tool(desk, &["store", &label], more, session);
}

#[test]
fn a_session_of_an_earlier_version_is_read_and_replaced_in_place() {
    let desk = at_real_keyring();
    keep(&desk, &desk.session("at-old", &token_endpoint("at-new".to_owned())), &[]);
    assert_eq!(desk.run(&["token"]).done(), "at-old\n");
    assert_eq!(desk.run(&["token", "--force-refresh"]).done(), "at-new\n");
    let found = secret_tool(&desk, &["search", "--all"], &[], b"");
    assert_eq!(found.matches("label = ").count(), 1, "{found}");
    assert!(found.contains(&format!("label = kclogin {}: tokens\n", desk.profile.name)) && found.contains("at-new"), "{found}");
    desk.run(&["logout", "--local"]).done();
    assert_eq!(desk.run(&["token"]).failed(3).lines().count(), 2);
}

#[test]
fn a_token_set_of_100_kilobytes_comes_back_whole() {
    let desk = at_real_keyring();
    let huge: String = ('a'..='z').cycle().take(100_000).collect();
    keep(&desk, &desk.session("at-old", &token_endpoint(huge.clone())), &[]);
    assert_eq!(desk.run(&["token", "--force-refresh"]).done(), format!("{huge}\n"));
    assert_eq!(desk.run(&["token"]).done(), format!("{huge}\n"));
    desk.run(&["logout", "--local"]).done();
}

#[test]
fn two_items_under_one_name_are_not_guessed_between() {
    let desk = at_real_keyring();
    keep(&desk, &desk.session("at-one", NOWHERE), &[]);
    keep(&desk, &desk.session("at-two", NOWHERE), &["copy", "of it"]);
    for arguments in [["token"].as_slice(), &["logout", "--local"]] {
        let stderr = desk.run(arguments).failed(4);
        assert!(stderr.starts_with("error: the keyring has several items under one name, so none of them can be trusted\nhint: delete"), "{stderr}");
    }
    let found = secret_tool(&desk, &["search", "--all"], &[], b"");
    assert_eq!(found.matches("label = ").count(), 2, "{found}");
    secret_tool(&desk, &["clear"], &[], b"");
}

#[test]
fn a_hundred_scripts_at_once_all_get_their_token() {
    let desk = at_real_keyring();
    keep(&desk, &desk.session("at-kept", NOWHERE), &[]);
    let start = |_| desk.command(&["token"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let scripts: Vec<_> = (0..100).map(start).collect();
    for script in scripts {
        assert_eq!(outcome(script.wait_with_output().expect("an end")).done(), "at-kept\n");
    }
    desk.run(&["logout", "--local"]).done();
}
