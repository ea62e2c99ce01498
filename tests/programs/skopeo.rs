//! skopeo, with a registry that wants Keycloak's access token as a password. It speaks to registries as podman does, and asks credential helpers by
//! docker's own code.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bench::{Outcome, Person, outcome, with_an_expired_token};
use crate::registry::{Registry, basic, strange_registry};
use crate::shells::program;

/// A kilobyte of zeros, which is an archive with nothing in it, compressed.
const LAYER: [u8; 29] =
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0x63, 0x60, 0x18, 5, 0xa3, 0x60, 0x14, 0x8c, 0x54, 0, 0, 0x2e, 0xaf, 0xb5, 0xef, 0, 4, 0, 0];

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image that says whose it is, as files in the layout of the Open Container Initiative.
fn make_image(dir: &Path, author: &str) {
    let config = json!({
        "architecture": "amd64", "os": "linux", "author": author, "config": {}, "rootfs": {"type": "layers", "diff_ids": [digest(&[0; 1024])]},
    });
    let config = config.to_string();
    let part =
        |kind: &str, bytes: &[u8]| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest(bytes), "size": bytes.len()});
    let manifest =
        json!({"schemaVersion": 2, "config": part("config.v1+json", config.as_bytes()), "layers": [part("layer.v1.tar+gzip", &LAYER)]}).to_string();
    let mut entry = part("manifest.v1+json", manifest.as_bytes());
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "latest"});
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("made");
    for bytes in [&LAYER, config.as_bytes(), manifest.as_bytes()] {
        fs::write(blobs.join(digest(bytes).trim_start_matches("sha256:")), bytes).expect("written");
    }
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
    fs::write(dir.join("index.json"), json!({"schemaVersion": 2, "manifests": [entry]}).to_string()).expect("written");
}

/// Who the author of an image is that was copied into this folder.
fn author(dir: &Path) -> String {
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON") };
    let blob = |entry: &Value| read(&dir.join("blobs").join(entry["digest"].as_str().expect("a digest").replace(':', "/")));
    let manifest = blob(&read(&dir.join("index.json"))["manifests"][0]);
    blob(&manifest["config"])["author"].as_str().expect("an author").to_owned()
}

/// Has docker's configuration name kclogin for this registry, as `kclogin docker-credential setup` says.
fn set_up(person: &Person, site: &str) {
    fs::create_dir_all(person.path(".docker")).expect("made");
    let entry = person.run(&["docker-credential", "setup", site]).done();
    fs::write(person.path(".docker/config.json"), entry).expect("written");
}

/// A program with kclogin's other name on its search path, and this person's own files for docker's logins.
fn command(person: &Person, name: &str, arguments: &[&str]) -> Command {
    let bin = person.path("bin");
    if !bin.exists() {
        fs::create_dir(&bin).expect("made");
        symlink(env!("CARGO_BIN_EXE_kclogin"), bin.join("docker-credential-kclogin")).expect("a link");
    }
    let mut command = program(person, name, arguments);
    let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then(|| value.expect("a PATH").to_owned())).expect("a PATH");
    command.env("PATH", std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path))).expect("a path"));
    command.env("REGISTRY_AUTH_FILE", person.path("auth.json")).env_remove("DOCKER_CONFIG");
    command
}

fn run(person: &Person, name: &str, arguments: &[&str]) -> Outcome {
    outcome(command(person, name, arguments).output().unwrap_or_else(|error| panic!("{name}: {error}")))
}

const COPY: [&str; 4] = ["copy", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false"];

fn copy(person: &Person, from: &str, to: &str) -> Outcome {
    run(person, "skopeo", &[&COPY[..], &[from, to]].concat())
}

/// Copies an image of this person's to the registry and back.
#[track_caller]
fn there_and_back(person: &Person, registry: &Registry) {
    make_image(&person.path("image"), &person.name);
    let (mine, theirs) = (format!("oci:{}:latest", person.path("image").display()), format!("docker://{}/{}:latest", registry.host, person.name));
    copy(person, &mine, &theirs).done();
    copy(person, &theirs, &format!("oci:{}:latest", person.path("back").display())).done();
    assert_eq!(author(&person.path("back")), person.name);
}

#[test]
fn skopeo_copies_an_image_to_the_registry_and_back_with_nobody_typing() {
    let person = Person::new();
    person.log_in(&[]).done();
    let registry = Registry::start(&person.issuer());
    set_up(&person, &registry.host);
    there_and_back(&person, &registry);
    let token = person.run(&["token"]).done();
    let credentials = registry.asked.credentials();
    assert!(!credentials.is_empty() && credentials.iter().all(|given| *given == ("oauth2".to_owned(), token.trim_end().to_owned())), "as a password");
    assert!(registry.asked.heads().iter().all(|head| head.starts_with("GET ")), "and never as a refresh token");
    assert!(!person.path("auth.json").exists());
}

#[test]
fn an_expired_token_is_refreshed_for_skopeo_without_a_word() {
    let person = with_an_expired_token("rotating");
    let registry = Registry::start(&person.issuer());
    set_up(&person, &registry.host);
    there_and_back(&person, &registry);
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
}

#[test]
fn without_a_session_skopeo_stops_and_says_what_to_do() {
    let person = Person::new();
    person.log_in(&[]).done();
    let registry = Registry::start(&person.issuer());
    set_up(&person, &registry.host);
    person.run(&["logout"]).done();
    person.forget_seen();
    let outcome = run(&person, "skopeo", &["inspect", "--tls-verify=false", &format!("docker://{}/x", registry.host)]);
    let (name, issuer) = (&person.name, person.issuer());
    let said = format!("kclogin: not logged in to {issuer} (profile `{name}`); sign in with `kclogin login --profile {name}`");
    assert!(outcome.code != 0 && outcome.stderr.contains(&said), "{outcome:?}");
    assert_eq!(registry.asked.credentials(), []);
    assert!(!person.path("browser.log").exists(), "no browser is opened");
}

#[test]
fn a_registry_that_no_profile_allows_gets_no_token() {
    let person = Person::new();
    person.log_in(&[]).done();
    let (host, asked) = strange_registry();
    set_up(&person, &host);
    let inspect = || run(&person, "skopeo", &["inspect", "--tls-verify=false", &format!("docker://{host}/x")]);
    // It gets the token where it is allowed, so there is something to keep from it.
    assert_ne!(inspect().code, 0);
    let token = person.run(&["token"]).done();
    let before = asked.heads();
    assert!(asked.credentials().contains(&("oauth2".to_owned(), token.trim_end().to_owned())), "{before:?}");
    person.run(&["profile", "allow", &host, "--remove"]).done();
    let outcome = inspect();
    assert!(outcome.code != 0 && !outcome.stderr.contains("kclogin"), "{outcome:?}");
    let heads = asked.heads().split_off(before.len());
    assert!(!heads.is_empty() && heads.iter().filter_map(|head| basic(head)).all(|(name, password)| (name + &password).is_empty()), "{heads:?}");
}

#[test]
fn the_token_is_in_no_argument_of_any_program() {
    let person = Person::new();
    person.log_in(&[]).done();
    let registry = Registry::start(&person.issuer());
    set_up(&person, &registry.host);
    make_image(&person.path("image"), &person.name);
    let trace = person.path("trace");
    let (trace_path, mine) = (trace.display().to_string(), format!("oci:{}:latest", person.path("image").display()));
    let theirs = format!("docker://{}/traced:latest", registry.host);
    let strace = ["-f", "-e", "trace=execve", "-s", "100000", "-o", &trace_path, "skopeo"];
    run(&person, "strace", &[&strace[..], &COPY, &[&mine, &theirs]].concat()).done();
    let calls = fs::read_to_string(&trace).expect("a trace");
    let token = person.run(&["token"]).done();
    assert!(calls.contains(r#"["docker-credential-kclogin", "get"]"#), "{calls}");
    assert!(!calls.contains(&token[..40]), "{calls}");
}

#[test]
fn a_token_on_stdin_signs_skopeo_in_where_no_helper_is_set_up() {
    let person = Person::new();
    person.log_in(&[]).done();
    let registry = Registry::start(&person.issuer());
    let recipe = format!("kclogin token | skopeo login --tls-verify=false --username oauth2 --password-stdin {}", registry.host);
    assert_eq!(run(&person, "sh", &["-c", &recipe]).done(), "Login Succeeded!\n");
    there_and_back(&person, &registry);
}

#[test]
fn with_the_helper_a_login_by_hand_keeps_nothing() {
    let person = Person::new();
    person.log_in(&[]).done();
    let registry = Registry::start(&person.issuer());
    // Where skopeo would write a password to, so that it asks the helper to keep it.
    let entry = person.run(&["docker-credential", "setup", &registry.host]).done();
    fs::write(person.path("auth.json"), &entry).expect("written");
    let log_in = |token: &str| {
        let recipe = format!("printf %s \"$TOKEN\" | skopeo login --tls-verify=false --username oauth2 --password-stdin {}", registry.host);
        outcome(command(&person, "sh", &["-c", &recipe]).env("TOKEN", token.trim_end()).output().expect("sh"))
    };
    let former = person.run(&["token"]).done();
    assert_eq!(log_in(&former).done(), "Login Succeeded!\n", "it is the token that the helper gives");
    person.run(&["token", "--force-refresh"]).done();
    let refused = log_in(&former);
    assert!(refused.code != 0 && refused.stderr.contains("kclogin: passwords are not kept: "), "{refused:?}");
    assert_eq!(fs::read_to_string(person.path("auth.json")).expect("text"), entry);
    there_and_back(&person, &registry);
}
