//! What is kept for a person, seen past kclogin: in the keyring and in files.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bench::{Person, eventually};

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

/// The files in which something is kept for this person, sorted.
pub(crate) fn in_files(person: &Person) -> Vec<String> {
    let entries = fs::read_dir(person.path(".local/state/kclogin/tokens")).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

/// The token set that is in the keyring for this person at an issuer.
pub(crate) fn session(person: &Person, issuer: &str) -> Option<Value> {
    let account = format!("token-set {} kclogin {issuer}", person.name);
    let output = Command::new("secret-tool").args(["lookup", "service", "kclogin", "username", &account]).output().expect("secret-tool runs");
    (!output.stdout.is_empty()).then(|| serde_json::from_slice(&output.stdout).expect("a stored token set"))
}
