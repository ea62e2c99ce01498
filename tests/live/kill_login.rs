//! A login, a logout and a change of the configuration that are killed, at each of their steps; see `kill.rs`. The provider is the scriptable one of the
//! integration tests, on a real socket, since these are hundreds of sign-ins; the person at it is played by plain HTTP.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use url::Url;

use crate::bench::{Outcome, Person};
use crate::kept::kept_in;
use crate::provider::{Provider, header, http};
use crate::strace::Killer;

/// A person, their provider, and where they keep their sessions.
pub(crate) struct Desk {
    pub(crate) person: Person,
    pub(crate) provider: Provider,
    pub(crate) killer: Killer,
    store: &'static str,
}

impl Desk {
    fn new(store: &'static str) -> Self {
        let mut desk = Self::without_store();
        desk.person.set("KCLOGIN_STORE", store);
        Self { store, ..desk }
    }

    /// A desk at which the profile says what the store is.
    pub(crate) fn without_store() -> Self {
        let mut person = Person::new();
        let provider = Provider::start();
        // A secret of the client's is one more thing to be kept.
        provider.confidential_client("kclogin", "the-client's-secret");
        person.set("KCLOGIN_ISSUER", &provider.issuer());
        let killer = Killer::new(person.path("trace"));
        Self { person, provider, killer, store: "" }
    }

    fn login(&self) -> Command {
        self.login_with(&[])
    }

    pub(crate) fn login_with(&self, more: &[&str]) -> Command {
        let mut login = self.person.command(&[&["login", "--no-browser", "--timeout", "60s"], more].concat());
        login.env("KCLOGIN_CLIENT_SECRET", "the-client's-secret");
        login
    }

    #[track_caller]
    fn log_in(&self) {
        assert!(sign_in(self.login()).success());
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.person.run(arguments)
    }

    /// What is kept.
    fn kept(&self) -> Vec<String> {
        kept_in(&self.person, self.store)
    }

    /// How much of each kind is kept.
    fn counts(&self) -> [usize; 4] {
        counts(&self.kept())
    }

    /// The files beside the configuration.
    fn beside_config(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.person.path(".config/kclogin")).into_iter().flatten();
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
        names.filter(|name| name != "config.toml" && name != ".config.toml.lock").collect()
    }
}

/// How much of each kind there is: token sets, clients' secrets, probes, files that have not taken their place.
pub(crate) fn counts(kept: &[String]) -> [usize; 4] {
    ["token-set", "client-secret", "probe", ".new-"].map(|kind| kept.iter().filter(|kept| kept.starts_with(kind)).count())
}

/// Runs a login and signs in once it shows an address, in the browser of somebody whom the provider knows. The login may end at any time.
pub(crate) fn sign_in(mut login: Command) -> ExitStatus {
    let mut login = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let mut lines = BufReader::new(login.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    if let Some(address) = lines.find_map(|line| Some(line.strip_prefix("  ")?.to_owned())) {
        let answer = http("GET", &address, &[], b"").expect("an answer");
        let back = header(&answer.1, "location").expect("a redirect").to_owned();
        // Whether somebody is left to answer depends on the step.
        let _ = http("GET", &back, &[], b"");
        let status = login.wait().expect("an end");
        let port = Url::parse(&back).expect("a URL").port().expect("a port");
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
        return status;
    }
    login.wait().expect("an end")
}

/// A first login, killed at each step: then there is nothing, or a session, and the next login finds nothing in its way and leaves nothing beside its own.
fn first_login(store: &'static str) {
    let mut desk = Desk::new(store);
    desk.log_in();
    let config = desk.person.config();
    let forget = |desk: &Desk| {
        desk.run(&["logout", "--local"]).done();
        desk.run(&["profile", "remove", &desk.person.name]).done();
        assert_eq!(desk.kept(), [""; 0], "nothing is left behind");
        std::fs::remove_dir_all(desk.person.path(".config")).expect("removed");
    };
    forget(&desk);
    let mut outcomes = Vec::new();
    while !desk.killer.is_done() {
        let status = sign_in(desk.killer.command(&desk.login()));
        let last = &desk.killer.killed(status).last;
        let now = desk.person.config();
        assert!(now.is_empty() || now == config, "before {last}: {now}");
        assert!(desk.counts().iter().all(|count| *count <= 1), "before {last}: {:?}", desk.kept());
        let (token, status) = (desk.run(&["token"]), desk.run(&["status"]));
        assert_eq!((token.code, status.code), if now.is_empty() { (2, 2) } else { (0, 0) }, "before {last}: {} {}", token.stderr, status.stderr);
        outcomes.push(!now.is_empty());
        desk.log_in();
        assert_eq!(desk.counts(), [1, 1, 0, 0], "before {last}");
        forget(&desk);
    }
    assert!(outcomes.len() > 60 && outcomes.remove(0) && !outcomes[0] && outcomes[outcomes.len() - 1], "{outcomes:?}");
}

#[test]
fn a_first_login_killed_at_any_step_leaves_nothing_or_a_session_in_the_keyring() {
    first_login("keyring");
}

#[test]
fn a_first_login_killed_at_any_step_leaves_nothing_or_a_session_in_files() {
    first_login("file");
}

/// A login on top of a session, killed at each step: the old session or the new one works.
fn another_login(store: &'static str) {
    let mut desk = Desk::new(store);
    desk.log_in();
    let config = desk.person.config();
    let mut before = desk.run(&["token"]).done();
    let mut is_new = Vec::new();
    while !desk.killer.is_done() {
        let status = sign_in(desk.killer.command(&desk.login()));
        let last = &desk.killer.killed(status).last;
        assert_eq!(desk.person.config(), config, "before {last}");
        assert!(matches!(desk.counts(), [1, 1, 0 | 1, 0 | 1]), "before {last}: {:?}", desk.kept());
        let after = desk.run(&["token"]).done();
        is_new.push(after != before);
        desk.run(&["status"]).done();
        before = desk.run(&["token", "--force-refresh"]).done();
    }
    assert!(is_new.len() > 60 && is_new.remove(0) && !is_new[0] && is_new[is_new.len() - 1], "{is_new:?}");
    desk.log_in();
    assert_eq!((desk.counts(), desk.beside_config()), ([1, 1, 0, 0], Vec::new()), "the last login has tidied up");
}

#[test]
fn another_login_killed_at_any_step_leaves_the_old_or_the_new_session_in_the_keyring() {
    another_login("keyring");
}

#[test]
fn another_login_killed_at_any_step_leaves_the_old_or_the_new_session_in_files() {
    another_login("file");
}

/// A logout, killed at each step: whatever is left, the next one ends it.
fn logout(store: &'static str) {
    let mut desk = Desk::new(store);
    let mut is_gone = Vec::new();
    while !desk.killer.is_done() {
        desk.log_in();
        let status = desk.killer.command(&desk.person.command(&["logout"])).output().expect("strace is installed").status;
        let last = &desk.killer.killed(status).last;
        let (token, status) = (desk.run(&["token"]), desk.run(&["status"]));
        let gone = desk.counts()[0] == 0;
        assert_eq!((token.code, status.code), if gone { (3, 3) } else { (0, 0) }, "before {last}: {} {}", token.stderr, status.stderr);
        is_gone.push(gone);
        desk.run(&["logout"]).done();
        assert_eq!((desk.counts(), desk.provider.live_sessions()), ([0, 1, 0, 0], 0), "before {last}");
    }
    assert!(is_gone.len() > 30 && is_gone.remove(0) && !is_gone[0] && is_gone[is_gone.len() - 1], "{is_gone:?}");
}

#[test]
fn a_logout_killed_at_any_step_can_be_completed_with_the_keyring() {
    logout("keyring");
}

#[test]
fn a_logout_killed_at_any_step_can_be_completed_with_files() {
    logout("file");
}

#[test]
fn a_choice_of_the_default_profile_killed_at_any_step_leaves_the_old_or_the_new_configuration_and_no_lock() {
    let mut desk = Desk::new("file");
    let text = |default: &str| format!("default-profile = \"{default}\"\n\n[profile.a]\nclient-id = \"x\"\n\n[profile.b]\nclient-id = \"x\"\n");
    let path = desk.person.path(".config/kclogin/config.toml");
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    let mut is_new = Vec::new();
    while !desk.killer.is_done() {
        std::fs::write(&path, text("a")).expect("written");
        let status = desk.killer.command(&desk.person.command(&["profile", "use", "b"])).output().expect("strace is installed").status;
        let last = &desk.killer.killed(status).last;
        let config = desk.person.config();
        assert!([text("a"), text("b")].contains(&config), "before {last}: {config}");
        is_new.push(config == text("b"));
        desk.run(&["profile", "use", "b"]).done();
        assert_eq!((desk.person.config(), desk.beside_config()), (text("b"), Vec::new()), "before {last}");
    }
    assert!(is_new.len() > 10 && is_new.remove(0) && !is_new[0] && is_new[is_new.len() - 1], "{is_new:?}");
}
