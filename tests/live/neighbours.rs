//! What the other processes of the machine can see of a whole session, by Linux's `/proc`, and what a core dump would show.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use crate::bench::{Outcome, Person, admin, outcome};
use crate::kept;

/// One look at a process: its number, its arguments, and its environment, where that could be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    id: u32,
    arguments: Vec<String>,
    environment: Option<BTreeSet<String>>,
}

impl Look {
    fn at(id: u32) -> Option<Self> {
        // Text ends with a zero, and so does each word in it.
        let words = |bytes: Vec<u8>| -> Vec<String> {
            bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).filter(|word| !word.is_empty()).collect()
        };
        let arguments = || fs::read(format!("/proc/{id}/cmdline")).ok().map(words);
        let before = arguments()?;
        let environment = fs::read(format!("/proc/{id}/environ")).ok().map(|bytes| words(bytes).into_iter().collect());
        // Of a process that has ended, or become another program, while it was read, the environment may be cut, or be the other's.
        let is_whole = arguments().as_ref() == Some(&before);
        Some(Self { id, arguments: before, environment: environment.filter(|_| is_whole) })
    }

    fn has(&self, variable: &str) -> bool {
        self.environment.as_ref().is_some_and(|environment| environment.contains(variable))
    }

    fn is_running(&self, program: &str) -> bool {
        self.arguments.first().is_some_and(|first| first.ends_with(program))
    }

    fn arguments_show(&self, secret: &str) -> bool {
        self.arguments.iter().any(|word| word.contains(secret))
    }

    fn environment_shows(&self, secret: &str) -> bool {
        self.environment.iter().flatten().any(|entry| entry.contains(secret))
    }
}

/// A neighbour who looks at every process again and again.
struct Neighbour {
    enough: Arc<AtomicBool>,
    watching: JoinHandle<BTreeSet<Look>>,
}

impl Neighbour {
    fn watch() -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let until = enough.clone();
        let watching = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !until.load(Ordering::SeqCst) {
                let entries = fs::read_dir("/proc").expect("/proc").flatten();
                seen.extend(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(Look::at));
                thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        Self { enough, watching }
    }

    fn saw(self) -> BTreeSet<Look> {
        self.enough.store(true, Ordering::SeqCst);
        self.watching.join().expect("it looked")
    }
}

/// A client with a secret that nobody else on this machine has.
fn client_of(person: &Person) -> String {
    let secret = format!("secret-of-{}", person.name);
    let client = json!({
        "clientId": person.name, "publicClient": false, "clientAuthenticatorType": "client-secret", "secret": secret, "standardFlowEnabled": true,
        "redirectUris": ["http://127.0.0.1/*"],
    });
    admin("POST", &format!("/admin/realms/{}/clients", person.realm), Some(&client));
    secret
}

/// The environment a command is started with: this test's, with what the command adds and removes.
fn environment_of(command: &Command) -> BTreeSet<String> {
    let mut variables: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => variables.insert(name.to_owned(), value.to_owned()),
            None => variables.remove(name),
        };
    }
    let entry = |(name, value): (OsString, OsString)| [name.into_vec(), b"=".to_vec(), value.into_vec()].concat();
    variables.into_iter().map(entry).map(|entry| String::from_utf8_lossy(&entry).into_owned()).collect()
}

/// The tokens that the keyring keeps for this person, in a token set beside the client's secret.
fn kept_tokens(person: &Person) -> Vec<String> {
    let set = kept::token_set(&format!("token-set {0} {0} {1}", person.name, person.issuer())).expect("a stored token set");
    ["access_token", "refresh_token", "id_token"].map(|name| set[name].as_str().expect("a token").to_owned()).into()
}

#[test]
fn no_process_on_the_machine_ever_shows_a_secret_of_a_session() {
    let mut person = Person::new();
    let client_secret = client_of(&person);
    person.set("KCLOGIN_CLIENT_SECRET", &client_secret);
    let neighbour = Neighbour::watch();
    let mut own: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let mut run = |arguments: &[&str]| -> Outcome {
        let mut command = person.command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
        own.insert(child.id(), environment_of(&command));
        outcome(child.wait_with_output().expect("an end"))
    };
    let mut secrets = Vec::new();
    run(&["login", "--issuer", &person.issuer(), "--client-id", &person.name, "--timeout", "90s", "-v"]).done();
    secrets.extend(kept_tokens(&person));
    secrets.push(run(&["token", "--force-refresh", "-v"]).done().trim().to_owned());
    run(&["whoami", "-v"]).done();
    secrets.extend(kept_tokens(&person));
    let address = person.seen()["address"].as_str().expect("an address").to_owned();
    let code = address.split_once("code=").expect("a code").1.split('&').next().expect("a code").to_owned();
    run(&["logout", "-v"]).done();
    let seen = neighbour.saw();

    // It looked: at kclogin, whose environment only root can read, at the program that was given the address, and at the browser it started.
    let is_kclogin = |look: &&Look| own.contains_key(&look.id) && look.is_running(env!("CARGO_BIN_EXE_kclogin"));
    let logins: Vec<&Look> = seen.iter().filter(is_kclogin).filter(|look| look.arguments.iter().any(|word| word == "login")).collect();
    assert!(!logins.is_empty(), "kclogin was seen");
    let is_root = fs::metadata("/proc/self").expect("/proc").uid() == 0;
    assert!(!is_root || logins.iter().any(|look| look.has(&format!("KCLOGIN_CLIENT_SECRET={client_secret}"))));
    let user = format!("XTASK_BROWSER_USER={}", person.name);
    let browsers: Vec<&Look> = seen.iter().filter(|look| !own.contains_key(&look.id) && look.has(&user)).collect();
    let launcher = std::env::var("KCLOGIN_LIVE_BROWSER").expect("a browser");
    assert!(browsers.iter().any(|look| look.is_running(&launcher) && look.arguments_show("http://127.0.0.1:")), "{browsers:?}");
    assert!(browsers.iter().any(|look| look.arguments_show("--remote-debugging-port")), "Chromium was seen: {browsers:?}");

    assert!(secrets.len() == 7 && secrets.iter().chain([&code]).all(|secret| secret.len() > 30), "there was something to see");
    for look in &seen {
        for secret in secrets.iter().chain([&code]) {
            assert!(!look.arguments_show(secret) && !look.environment_shows(secret), "{:?} shows {secret}", look.arguments);
        }
        assert!(!look.arguments_show(&client_secret), "{:?}", look.arguments);
        assert!(own.contains_key(&look.id) || !look.environment_shows(&client_secret), "{:?} has the client's secret", look.arguments);
    }
    for look in seen.iter().filter(is_kclogin) {
        assert!(look.environment.is_none() || look.environment.as_ref() == own.get(&look.id), "{look:?}");
    }
}

/// How a command ends that is started with no limit for core dumps, and ended with this signal once it has said something on stderr.
fn ended_with(signal: &str, command: &Command) -> ExitStatus {
    let mut limited = Command::new("sh");
    // A shell that runs in the background has its children ignore SIGQUIT.
    limited.args(["-c", "ulimit -c unlimited && exec env --default-signal \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        limited.current_dir(dir);
    }
    let mut child = limited.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("sh runs");
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("stderr")).read_line(&mut said).expect("text");
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs").success(), "{said}");
    let status = child.wait().expect("an end");
    assert!(status.signal().is_some(), "{status}: {said}");
    status
}

#[test]
fn a_login_that_is_killed_leaves_no_core_dump() {
    let mut person = Person::new();
    person.set("KCLOGIN_CLIENT_SECRET", &client_of(&person));
    for signal in ["-ABRT", "-QUIT"] {
        let mut control = Command::new("sh");
        control.args(["-c", "echo waiting >&2; exec sleep 60"]).current_dir(person.path(""));
        let control = ended_with(signal, &control);
        assert!(
            control.core_dumped(),
            "no program dumps core here, so this shows nothing: allow it with `ulimit -H -c unlimited`, and as root `echo core > /proc/sys/kernel/core_pattern`"
        );
        let mut login = person.command(&["login", "--issuer", &person.issuer(), "--client-id", &person.name, "--no-browser"]);
        let login = ended_with(signal, login.current_dir(person.path("")));
        assert!(!login.core_dumped(), "{login}");
    }
}
