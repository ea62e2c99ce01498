//! Pushed authorization requests (RFC 9126) at a real Keycloak, whose client takes no others.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bench::{Person, new_client, outcome};
use crate::form::sign_in;

const OPTION: &str = "--pushed-authorization-requests";

/// Somebody with a client of their own, in the person's name, that has to push its requests.
fn person_whose_client_pushes() -> Person {
    let person = Person::new();
    new_client(&person.realm, &person.name, &json!({"require.pushed.authorization.requests": "true", "pkce.code.challenge.method": "S256"}));
    person
}

#[test]
fn rfc9126_a_client_that_has_to_push_signs_in_through_the_browser_once_that_is_said() {
    let person = person_whose_client_pushes();
    let stderr = person.log_in(&["--client-id", &person.name]).failed(1);
    let hint = "\nhint: sign in with `kclogin login --pushed-authorization-requests`, which the profile remembers\n";
    assert!(stderr.contains("error: the provider takes pushed authorization requests only from this client: ") && stderr.ends_with(hint), "{stderr}");
    person.forget_seen();
    person.log_in(&["--client-id", &person.name, OPTION]).done();
    assert!(person.seen()["text"].as_str().expect("text").contains("Signed in as "));
    assert!(person.config().contains("pushed-authorization-requests = true"), "{}", person.config());
    assert!(person.run(&["whoami"]).done().contains(&person.name));
    person.run(&["logout"]).done();
    person.forget_seen();
    person.run(&["login"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn the_doctor_asks_a_client_that_has_to_push_by_pushing_and_says_so_where_nobody_told_it() {
    let person = person_whose_client_pushes();
    let (issuer, client) = (person.issuer(), person.name.clone());
    let found = |more: &[&str]| -> Value {
        let outcome = person.run(&[&["doctor", "--json", "--issuer", &issuer, "--client-id", &client], more].concat());
        serde_json::from_str(&outcome.stdout).expect("JSON")
    };
    let check = |found: &Value, name: &str| {
        let checks = found["checks"].as_array().expect("checks");
        checks.iter().find(|check| check["group"] == "Provider" && check["name"] == name).expect("the check").clone()
    };
    let plain = check(&found(&[]), "client");
    assert!(plain["outcome"] == "failed" && plain["detail"].as_str().is_some_and(|text| text.contains("has to push its requests")), "{plain}");
    let pushed = found(&[OPTION]);
    for name in ["clock", "client", "redirect URI", "scope", "client secret"] {
        assert_eq!(check(&pushed, name)["outcome"], "ok", "{pushed}");
    }
    for (more, name, words) in [
        (["--scope", "nonsense"], "scope", "Invalid scopes"),
        (["--redirect-uri", "http://localhost:0/other"], "redirect URI", "Invalid parameter: redirect_uri"),
    ] {
        let found = check(&found(&[&[OPTION][..], &more].concat()), name);
        assert!(found["outcome"] == "failed" && found["detail"].as_str().is_some_and(|text| text.contains(words)), "{found}");
    }
}

#[test]
fn a_pushed_request_s_address_is_pasted_and_enter_gives_another() {
    let person = person_whose_client_pushes();
    let issuer = person.issuer();
    let mut command = person.command(&["login", "--paste", "--timeout", "60s", "--issuer", &issuer, "--client-id", &person.name, OPTION]);
    let mut login = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let (mut stdin, stderr) = (login.stdin.take().expect("stdin"), login.stderr.take().expect("stderr"));
    let mut addresses = BufReader::new(stderr).lines().map_while(|line| Some(line.ok()?.strip_prefix("  ").map(str::to_owned))).flatten();
    let first = addresses.next().expect("an address");
    stdin.write_all(b"\n").expect("written");
    let second = addresses.next().expect("another address");
    assert!(first != second && [&first, &second].iter().all(|address| address.contains("request_uri=") && !address.contains("state=")), "{first}");
    writeln!(stdin, "{}", sign_in(&person, &second)).expect("written");
    drop(addresses);
    outcome(login.wait_with_output().expect("an end")).done();
    assert!(person.run(&["whoami"]).done().contains(&person.name));
}
