//! gRPC's own library for Python, whose calls get a token from `docs/recipes/grpc_token.py`, and a server of it that asks Keycloak about each.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::bench::{Outcome, Person, outcome};
use crate::certificate::{Certificate, pem};
use crate::http_clients::with_pypi;
use crate::orders::{customer, log_in};
use crate::recipes::{counted, recipe};

const WHO: &str = "/orders.Orders/Who";

/// A server, which ends with the test.
struct Server {
    target: String,
    child: Child,
}

impl Server {
    /// One that speaks TLS and trusts this person's realm. Its authority is in this person's file `ca.pem`.
    fn start(person: &Person) -> Self {
        let certificate = Certificate::new();
        for (name, label, der) in [
            ("ca.pem", "CERTIFICATE", certificate.authority),
            ("own.pem", "CERTIFICATE", certificate.own),
            ("key.pem", "PRIVATE KEY", certificate.key),
        ] {
            fs::write(person.path(name), pem(label, &der)).expect("written");
        }
        Self::run(person, &["own.pem", "key.pem"])
    }

    fn run(person: &Person, files: &[&str]) -> Self {
        let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/python/grpc_server.py");
        let mut command = with_pypi(person, "python", &[&[server, &person.issuer()], files].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut port).expect("a port");
        Self { target: format!("127.0.0.1:{}", port.trim()), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the recipe, or a program that has it as a module; counts how often kclogin is asked.
fn python(person: &Person, arguments: &[&str]) -> Outcome {
    let mut command = with_pypi(person, "python", arguments);
    let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then(|| value.expect("a path").to_owned())).expect("a path");
    command.env("PATH", counted(person, &path)).env("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", person.path("ca.pem"));
    let folder = recipe("");
    outcome(command.env("PYTHONPATH", folder).env("PYTHONDONTWRITEBYTECODE", "1").output().expect("python"))
}

fn asked(person: &Person) -> usize {
    fs::read_to_string(person.path("count")).unwrap_or_default().lines().count()
}

#[test]
fn every_call_of_a_channel_has_a_token_that_is_asked_for_once() {
    let person = customer(&json!({}));
    log_in(&person);
    let server = Server::start(&person);
    let said = python(&person, &[&recipe("grpc_token.py"), &server.target, WHO, WHO]).done();
    assert_eq!((said, asked(&person)), (format!("{0}\n{0}\n", person.name), 1));
}

#[test]
fn a_channel_that_is_older_than_its_token_gets_another() {
    // kclogin wants half a minute to be left, so that each is renewed after three seconds.
    let person = customer(&json!({"access.token.lifespan": "33"}));
    log_in(&person);
    let server = Server::start(&person);
    let program = "import sys, time, grpc_token\n\
                   channel = grpc_token.channel(sys.argv[1])\n\
                   for _ in range(2):\n\
                   \x20   print(channel.unary_unary(sys.argv[2])(b'', timeout=30).decode())\n\
                   \x20   time.sleep(5)\n";
    let said = python(&person, &["-c", program, &server.target, WHO]).done();
    assert_eq!((said, asked(&person)), (format!("{0}\n{0}\n", person.name), 2));
    assert!(person.events("REFRESH_TOKEN") >= 1);
}

#[test]
fn where_nobody_is_signed_in_the_call_fails_with_kclogin_s_sentence() {
    let person = customer(&json!({}));
    log_in(&person);
    let server = Server::start(&person);
    person.run(&["logout"]).done();
    let said = python(&person, &[&recipe("grpc_token.py"), &server.target, WHO]).failed(1);
    let sentence =
        format!("error: not logged in to {} (profile `{1}`); hint: sign in with `kclogin login --profile {1}`", person.issuer(), person.name);
    assert!(said.contains(&sentence), "{said}");
}

#[test]
fn a_token_that_keycloak_takes_no_longer_is_refused_by_the_server() {
    let person = customer(&json!({}));
    log_in(&person);
    let server = Server::start(&person);
    person.end_sessions();
    let said = python(&person, &[&recipe("grpc_token.py"), &server.target, WHO]).failed(1);
    assert_eq!(said, "UNAUTHENTICATED: the token is not active\n");
}

#[test]
fn without_tls_no_token_is_sent() {
    let person = customer(&json!({}));
    log_in(&person);
    let server = Server::run(&person, &[]);
    let program = "import sys, grpc, grpc_token\n\
                   token = grpc.metadata_call_credentials(grpc_token.Kclogin())\n\
                   call = grpc.insecure_channel(sys.argv[1]).unary_unary('/orders.Orders/Who')\n\
                   call(b'', timeout=30, credentials=token)\n";
    let outcome = python(&person, &["-c", program, &server.target]);
    assert!(outcome.code == 1 && outcome.stderr.contains("does not have a sufficient security level"), "{}", outcome.stderr);
    assert_eq!(asked(&person), 0);
}
