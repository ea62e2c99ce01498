//! Clients with a secret.

use std::fs::{self, File};

use crate::bench::{Outcome, Person, outcome};

fn log_in_with(person: &Person, secret: &str) -> Outcome {
    let file = person.path("secret");
    fs::write(&file, secret).expect("written");
    let arguments = ["login", "--issuer", &person.issuer(), "--client-id", "kclogin-confidential", "--client-secret-stdin", "--timeout", "60s"];
    outcome(person.command(&arguments).stdin(File::open(&file).expect("opened")).output().expect("kclogin runs"))
}

#[test]
fn a_secret_is_given_once_and_kept_in_the_keyring_only() {
    let person = Person::new();
    log_in_with(&person, "demo-secret\n").done();
    let config = person.config();
    assert!(config.contains("client-authentication = \"client_secret_basic\"") && !config.contains("demo-secret"), "{config}");
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
    person.run(&["login", "--timeout", "60s"]).done();
    person.run(&["logout"]).done();
    person.run(&["profile", "remove", &person.name]).done();
    assert_eq!(person.run(&["profile", "list"]).done(), "");
}

#[test]
fn a_secret_sent_in_the_form_works_too() {
    let person = Person::new();
    log_in_with(&person, "demo-secret").done();
    person.run(&["logout"]).done();
    let path = person.path(".config/kclogin/config.toml");
    fs::write(&path, person.config().replace("client_secret_basic", "client_secret_post")).expect("written");
    person.run(&["login", "--timeout", "60s"]).done();
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn a_wrong_secret_is_said_and_not_kept() {
    let person = Person::new();
    let stderr = log_in_with(&person, "guess").failed(1);
    assert!(stderr.contains("error: the sign-in failed: the provider does not accept the client `kclogin-confidential`: "), "{stderr}");
    assert!(stderr.contains("\nhint: look at the client's ID and secret") && !stderr.contains("guess"), "{stderr}");
    assert_eq!(person.config(), "");
}

#[test]
fn a_client_with_a_secret_and_none_given_is_told_what_to_do() {
    let person = Person::new();
    let stderr = person.log_in(&["--client-id", "kclogin-confidential"]).failed(1);
    assert!(stderr.contains("if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`"), "{stderr}");
}
