//! What is kept for a person, seen past kclogin: in the keyring, in files, in the kernel, and by a helper.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bench::{Person, eventually};

/// What a store of this name keeps for this person, sorted.
#[track_caller]
pub(crate) fn kept_in(person: &Person, store: &str) -> Vec<String> {
    match store {
        "keyring" => in_keyring(person),
        "file" => names_in(person, ".local/state/kclogin/tokens"),
        "kernel" => in_kernel(person),
        _ => names_in(person, HELPED),
    }
}

/// Where the helper of [`set_up_helper`] keeps things.
const HELPED: &str = "helped";

/// Gives this person a program `docker-credential-test`, which keeps files.
pub(crate) fn set_up_helper(person: &mut Person) {
    let (programs, kept) = (person.path("programs"), person.path(HELPED));
    for dir in [&programs, &kept] {
        fs::create_dir(dir).expect("made");
    }
    let script = format!(
        "#!/bin/sh\nIFS= read -r line\n\
         file={}/$(printf %s \"$line\" | sed -E 's#.*https://([^.]*)[.]kclogin[.]invalid/([^/]*)/.*#\\2-\\1#')\ncase $1 in\n\
         store) printf %s \"$line\" > \"$file.$$\" && mv \"$file.$$\" \"$file\" ;;\n\
         get) cat \"$file\" 2> /dev/null || {{ echo 'credentials not found in native keychain'; exit 1; }} ;;\n\
         erase) rm \"$file\" ;;\nesac\n",
        kept.display()
    );
    let program = programs.join("docker-credential-test");
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    person.set("PATH", &format!("{}:{}", programs.display(), std::env::var("PATH").expect("a PATH")));
}

/// Waits for the helpers of this person that outlive the kclogin which started them.
#[track_caller]
pub(crate) fn no_helper_runs(person: &Person) {
    let program = person.path("programs").into_os_string().into_string().expect("UTF-8");
    eventually("the helper's end", || {
        let processes = fs::read_dir("/proc").expect("processes").flatten();
        let mut words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        (!words.any(|words| String::from_utf8_lossy(&words).contains(&program))).then_some(())
    });
}

/// What hangs on the kernel's keyring for this person.
fn in_kernel(person: &Person) -> Vec<String> {
    let output = Command::new("keyctl").args(["list", "@u"]).output().expect("keyctl runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let descriptions = text.lines().filter_map(|line| Some(line.split_once(" kclogin:")?.1));
    let mut names: Vec<String> = descriptions.filter(|name| name.contains(&format!("-{}-", person.name))).map(str::to_owned).collect();
    names.sort();
    names
}

/// The accounts under which something is in the keyring for this person, sorted.
#[track_caller]
pub(crate) fn in_keyring(person: &Person) -> Vec<String> {
    let text = eventually("a look at the keyring", || {
        let output = Command::new("secret-tool").args(["search", "--all", "service", "kclogin"]).output().expect("secret-tool runs");
        // It writes the attributes to stderr, and stumbles where another test's item vanishes while it looks.
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (!text.lines().any(|line| line.starts_with("secret-tool: "))).then_some(text)
    });
    let accounts = text.lines().filter_map(|line| line.strip_prefix("attribute.username = "));
    let mut accounts: Vec<String> = accounts.filter(|account| account.split(' ').any(|word| word == person.name)).map(str::to_owned).collect();
    accounts.sort();
    accounts
}

/// The files in a directory of this person's, sorted.
fn names_in(person: &Person, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(person.path(dir)).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

/// The token set that is in the keyring for this person at an issuer.
pub(crate) fn session(person: &Person, issuer: &str) -> Option<Value> {
    token_set(&format!("token-set {} kclogin {issuer}", person.name))
}

/// The token set that is in the keyring under this account. One item is looked up, and no other test's is in the way.
pub(crate) fn token_set(account: &str) -> Option<Value> {
    let output = Command::new("secret-tool").args(["lookup", "service", "kclogin", "username", account]).output().expect("secret-tool runs");
    (!output.stdout.is_empty()).then(|| serde_json::from_slice(&output.stdout).expect("a stored token set"))
}
