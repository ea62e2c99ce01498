//! Terraform, by OpenTofu, which is the same under a free licence: a registry of modules that asks for a token, and state behind a server that takes one for a
//! password.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::bench::{Outcome, Person, outcome, user_info_status, with_an_expired_token};
use crate::https_server::{Answer, HttpsServer, Request};
use crate::recipes::recipe;
use crate::shells::{self, run};

/// A registry with one module, `acme/net/local`, and a place for state.
struct Site {
    server: HttpsServer,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// What was asked for and the status of each answer; no tokens.
    answers: Vec<(String, u16)>,
    state: Vec<u8>,
}

impl Site {
    /// One for whoever has a token that this issuer takes.
    fn trusting(issuer: &str) -> Self {
        let (issuer, seen, module) = (issuer.to_owned(), Arc::<Mutex<Seen>>::default(), module());
        let theirs = seen.clone();
        let server = HttpsServer::start(move |request| {
            let mut seen = theirs.lock().expect("what was seen");
            let answer = answer(request, &issuer, &module, &mut seen.state);
            seen.answers.push((format!("{} {}", request.method, request.target), answer.0));
            answer
        });
        Self { server, seen }
    }

    fn answers(&self) -> Vec<(String, u16)> {
        self.seen.lock().expect("what was seen").answers.clone()
    }

    fn state(&self) -> String {
        String::from_utf8(self.seen.lock().expect("what was seen").state.clone()).expect("text")
    }
}

/// The protocols of modules and of state (<https://opentofu.org/docs/internals/module-registry-protocol/>).
fn answer(request: &Request, issuer: &str, module: &[u8], state: &mut Vec<u8>) -> Answer {
    let is_let_in = |token: Option<&str>| token.is_some_and(|token| user_info_status(issuer, token) == 200);
    let json = |value: serde_json::Value| Answer(200, vec![("Content-Type", "application/json".to_owned())], value.to_string().into_bytes());
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/.well-known/terraform.json") => json(json!({"modules.v1": "/modules/"})),
        ("GET", "/module.tgz") => Answer(200, Vec::new(), module.to_vec()),
        (_, target) if target.starts_with("/modules/") && !is_let_in(request.bearer()) => Answer(401, Vec::new(), Vec::new()),
        ("GET", "/modules/acme/net/local/versions") => json(json!({"modules": [{"versions": [{"version": "1.0.0"}]}]})),
        ("GET", "/modules/acme/net/local/1.0.0/download") => Answer(204, vec![("X-Terraform-Get", "/module.tgz?archive=tgz".to_owned())], Vec::new()),
        (_, "/state") if !is_let_in(request.password().as_deref()) => Answer(401, Vec::new(), Vec::new()),
        ("GET", "/state") => Answer(if state.is_empty() { 204 } else { 200 }, Vec::new(), state.clone()),
        ("POST", "/state") => {
            state.clone_from(&request.body);
            Answer(200, Vec::new(), Vec::new())
        }
        _ => Answer(404, Vec::new(), Vec::new()),
    }
}

/// A module with one output, packed.
fn module() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("main.tf"), "output \"colour\" {\n  value = \"green\"\n}\n").expect("written");
    let packed = Command::new("tar").args(["-czf", "-", "-C"]).arg(folder.path()).arg("main.tf").output().expect("tar");
    assert!(packed.status.success());
    packed.stdout
}

/// Makes a project that uses both, and `tofu` beside it.
fn project(person: &Person, site: &Site) {
    let host = &site.server.host;
    let text = format!(
        "terraform {{\n  backend \"http\" {{\n    address = \"https://{host}/state\"\n  }}\n}}\n\
         module \"net\" {{\n  source  = \"{host}/acme/net/local\"\n  version = \"1.0.0\"\n}}\n\
         output \"colour\" {{\n  value = module.net.colour\n}}\n"
    );
    fs::create_dir(person.path("project")).expect("made");
    fs::write(person.path("project/main.tf"), text).expect("written");
    fs::write(person.path("ca.pem"), &site.server.ca).expect("written");
    // As the recipe's first lines have it.
    fs::create_dir_all(person.path(".terraform.d/plugins")).expect("made");
    symlink(recipe("terraform-credentials-kclogin"), person.path(".terraform.d/plugins/terraform-credentials-kclogin")).expect("linked");
    fs::write(person.path(".terraformrc"), "credentials_helper \"kclogin\" {}\n").expect("written");
}

/// OpenTofu, which `cargo xtask test` brings.
fn program() -> String {
    std::env::var("KCLOGIN_LIVE_TOFU").expect("KCLOGIN_LIVE_TOFU, an OpenTofu, which `cargo xtask test` brings")
}

/// Runs a command in the project.
fn run_there(person: &Person, command: &str, arguments: &[&str]) -> Outcome {
    let mut command = shells::program(person, command, arguments);
    command.current_dir(person.path("project")).env("SSL_CERT_FILE", person.path("ca.pem")).env_remove("TF_CLI_CONFIG_FILE");
    // Nobody else is asked for anything.
    outcome(command.env("CHECKPOINT_DISABLE", "1").output().expect("the recipe"))
}

/// Runs OpenTofu in the project, by the recipe for its state.
fn tofu(person: &Person, arguments: &[&str]) -> Outcome {
    run_there(person, &recipe("terraform.sh"), &[&[program().as_str()], arguments, &["-no-color"]].concat())
}

#[track_caller]
fn allow(person: &Person, site: &Site) {
    run(person, "kclogin", &["profile", "allow", &site.server.host]).done();
}

/// Whether a file below has this in it.
fn is_in(folder: &Path, text: &str) -> bool {
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    paths
        .into_iter()
        .any(|path| if path.is_dir() { is_in(&path, text) } else { String::from_utf8_lossy(&fs::read(&path).expect("read")).contains(text) })
}

#[test]
fn terraform_gets_modules_and_keeps_its_state_by_a_token() {
    let person = with_an_expired_token("demo");
    let site = Site::trusting(&person.issuer());
    project(&person, &site);
    allow(&person, &site);
    tofu(&person, &["init", "-input=false"]).done();
    tofu(&person, &["apply", "-input=false", "-auto-approve"]).done();
    assert_eq!(tofu(&person, &["output", "-raw", "colour"]).done(), "green");
    assert!(site.state().contains("\"green\""), "{}", site.state());
    assert!(site.answers().iter().all(|(_, status)| *status != 401), "{:?}", site.answers());
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
    assert!(!is_in(&person.path("project"), "eyJ"), "a token was left behind");
}

#[test]
fn a_registry_that_is_not_allowed_gets_no_token() {
    let person = Person::new();
    person.log_in(&[]).done();
    let site = Site::trusting(&person.issuer());
    project(&person, &site);
    let refused = tofu(&person, &["init", "-input=false"]);
    assert!(refused.code == 1 && refused.stderr.contains("error looking up module versions: 401"), "{refused:?}");
    let asked: Vec<_> = site.answers().into_iter().filter(|(asked, _)| asked.contains("/modules/")).collect();
    assert_eq!(asked, [("GET /modules/acme/net/local/versions".to_owned(), 401)]);
}

#[test]
fn a_registry_s_token_may_come_by_a_variable() {
    let person = Person::new();
    person.log_in(&[]).done();
    let site = Site::trusting(&person.issuer());
    project(&person, &site);
    let variable = format!("TF_TOKEN_{}", site.server.host);
    let init = ["exec", "--env", &variable, "--env", "TF_HTTP_PASSWORD", "--", &program(), "init", "-backend-config=username=oauth2"];
    run_there(&person, "kclogin", &init).done();
}

#[test]
fn terraform_does_not_start_where_nobody_is_signed_in_and_keeps_no_token_of_others() {
    let person = Person::new();
    person.log_in(&[]).done();
    let site = Site::trusting(&person.issuer());
    project(&person, &site);
    allow(&person, &site);
    let helper = |operation: &str| run(&person, &recipe("terraform-credentials-kclogin"), &[operation, &site.server.host]);
    assert!(helper("get").done().starts_with("{\"token\": \"eyJ"));
    for operation in ["store", "forget"] {
        assert_eq!(helper(operation).failed(1), "kclogin keeps its own tokens: sign in with `kclogin login`\n");
    }
    person.run(&["logout"]).done();
    let said = tofu(&person, &["init"]).failed(3);
    let hint = format!("hint: sign in with `kclogin login --profile {}`\n", person.name);
    assert!(said.ends_with(&hint), "{said}");
    let asked = helper("get").failed(3);
    assert!(asked.ends_with(&hint), "{asked}");
    assert!(site.answers().is_empty());
}
