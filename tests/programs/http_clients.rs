//! HTTPie, xh and curl, which get a token by a pipe: `docs/recipes/http.sh` and `docs/recipes/netrc.sh`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bench::{Outcome, Person, outcome, with_an_expired_token};
use crate::git::server::{BASIC, GitHost, Shown};
use crate::recipes::recipe;
use crate::shells::program;

const CLIENTS: [&str; 2] = ["http", "xh"];

/// A program in this person's surroundings, with those from PyPI on its search path.
pub(crate) fn with_pypi(person: &Person, name: &str, arguments: &[&str]) -> Command {
    let mut command = program(person, name, arguments);
    let folder = std::env::var_os("KCLOGIN_LIVE_PYTHON").map(PathBuf::from).expect("KCLOGIN_LIVE_PYTHON is not set: run `cargo xtask test`");
    let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then(|| value.expect("a path").to_owned())).expect("a path");
    command.env("PATH", std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).expect("a path"));
    command
}

fn run(person: &Person, name: &str, arguments: &[&str]) -> Outcome {
    outcome(with_pypi(person, name, arguments).output().unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Asks Keycloak who this is, with HTTPie or xh.
fn who(person: &Person, client: &str) -> Outcome {
    let url = format!("{}/protocol/openid-connect/userinfo", person.issuer());
    run(person, &recipe("http.sh"), &[client, "--ignore-stdin", "--check-status", "--body", "get", &url])
}

/// Says in a file which programs are started how.
fn traced(person: &Person, arguments: &[&str]) -> String {
    let trace = person.path("trace");
    let path = trace.display().to_string();
    let strace = ["-f", "-e", "trace=execve", "-s", "100000", "-v", "-o", &path];
    run(person, "strace", &[&strace[..], arguments].concat()).done();
    fs::read_to_string(trace).expect("a trace")
}

/// What git hosts are asked first.
fn refs(host: &GitHost) -> String {
    format!("{}/info/refs?service=git-upload-pack", host.url())
}

#[test]
fn httpie_and_xh_send_a_token_that_keycloak_takes() {
    let person = Person::new();
    person.log_in(&[]).done();
    for client in CLIENTS {
        let answer = who(&person, client).done();
        assert!(answer.contains(&person.name), "{client}: {answer}");
    }
}

#[test]
fn a_token_that_keycloak_takes_no_longer_is_an_error_of_httpie_and_xh() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.end_sessions();
    for client in CLIENTS {
        assert_eq!(who(&person, client).code, 4, "{client}");
    }
}

#[test]
fn an_expired_token_is_renewed_for_httpie_and_xh() {
    let person = with_an_expired_token("rotating");
    for client in CLIENTS {
        assert!(who(&person, client).done().contains(&person.name), "{client}");
    }
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
}

#[test]
fn a_body_on_stdin_is_theirs_and_not_the_token() {
    let person = Person::new();
    person.log_in(&[]).done();
    for client in CLIENTS {
        let arguments = [client, "--offline", "--print", "B", "post", "http://127.0.0.1:9/"];
        let mut child = with_pypi(&person, &recipe("http.sh"), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
        child.stdin.take().expect("a pipe").write_all(b"a body").expect("written");
        let output = child.wait_with_output().expect("an end");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "a body", "{client}");
    }
}

#[test]
fn where_nobody_is_signed_in_nothing_is_sent_and_kclogin_says_what_to_do() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.run(&["logout"]).done();
    let host = GitHost::start(&person.issuer(), &[BASIC]);
    let url = refs(&host);
    let said = format!("hint: sign in with `kclogin login --profile {}`\n", person.name);
    for (file, arguments) in [("http.sh", ["http", &url]), ("http.sh", ["xh", &url]), ("netrc.sh", ["127.0.0.1", &url])] {
        let stderr = run(&person, &recipe(file), &arguments).failed(3);
        assert!(stderr.starts_with("error: not logged in to ") && stderr.ends_with(&said), "{file}: {stderr}");
    }
    assert!(host.shown().is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn the_token_is_in_no_argument_and_no_environment_of_httpie_xh_or_curl() {
    let person = Person::new();
    person.log_in(&[]).done();
    let token = person.run(&["token"]).done();
    let host = GitHost::start(&person.issuer(), &[BASIC]);
    let url = refs(&host);
    let (http, netrc) = (recipe("http.sh"), recipe("netrc.sh"));
    for (words, started) in [
        ([&http, "http", "--ignore-stdin", &url], "\"Authorization:@/dev/fd/3\""),
        ([&http, "xh", "--ignore-stdin", &url], "\"Authorization:@/dev/fd/3\""),
        ([&netrc, "127.0.0.1", "--silent", &url], "\"--netrc-file\", \"/dev/fd/3\""),
    ] {
        let calls = traced(&person, &words);
        assert!(calls.contains(started), "{calls}");
        assert!(!calls.contains(&token[..40]), "{words:?}");
    }
    let shown = host.shown();
    assert!(shown.len() == 3 && shown.iter().all(|shown| shown.token() == Some(token.trim_end())), "they sent it");
}

#[test]
fn bash_and_zsh_hand_it_over_in_one_line() {
    let person = Person::new();
    person.log_in(&[]).done();
    let line = "http api.example.com/orders Authorization:@<(kclogin token --format header | cut -d' ' -f2-)";
    assert!(include_str!("../../docs/recipes.md").contains(line));
    let url = format!("{}/protocol/openid-connect/userinfo", person.issuer());
    for shell in ["bash", "zsh"] {
        for client in CLIENTS {
            let here = line.replace("http api.example.com/orders", &format!("{client} --ignore-stdin get {url}"));
            let answer = run(&person, shell, &["-c", &here]).done();
            assert!(answer.contains(&person.name), "{shell} {client}: {answer}");
        }
    }
}

#[test]
fn curl_sends_the_token_as_a_password_to_the_host_that_is_named_and_to_no_other() {
    let person = Person::new();
    person.log_in(&[]).done();
    let token = person.run(&["token"]).done();
    let host = GitHost::start(&person.issuer(), &[BASIC]);
    let url = refs(&host);
    let get = |named: &str| run(&person, &recipe("netrc.sh"), &[named, "--silent", "--fail", &url]);
    assert!(get("127.0.0.1").done().contains("refs/heads/main"));
    assert!(host.shown() == [Shown::Basic("oauth2".to_owned(), token.trim_end().to_owned())]);
    assert_eq!(get("files.example.com").failed(22), "");
    assert_eq!(host.shown(), [Shown::Nothing]);
    host.refuse(token.trim_end());
    get("127.0.0.1").failed(22);
}
