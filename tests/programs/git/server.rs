//! A git host: the real `git http-backend` behind a door that asks Keycloak about the token it is shown.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tiny_http::{Header, Request, Response, Server};

use crate::bench::user_info_status;

/// What the host asks for with its 401.
pub(crate) const BEARER: &str = "Bearer realm=\"git\"";
pub(crate) const BASIC: &str = "Basic realm=\"git\"";

/// How a request proved who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Nothing,
    Bearer(String),
    Basic(String, String),
}

impl Shown {
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Bearer(token) | Self::Basic(_, token) => Some(token),
        }
    }
}

#[derive(Default)]
struct State {
    shown: Vec<Shown>,
    refused: Vec<String>,
    redirect: Option<String>,
    seen_in_arguments: usize,
}

/// A git host with one repository, `project.git`.
pub(crate) struct GitHost {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    server: Arc<Server>,
    folder: tempfile::TempDir,
}

impl GitHost {
    /// A host that takes the issuer's tokens and asks for them by these challenges.
    pub(crate) fn start(issuer: &str, challenges: &'static [&'static str]) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a port"));
        let port = server.server_addr().to_ip().expect("an address").port();
        let folder = tempfile::tempdir().expect("a folder");
        let state = Arc::new(Mutex::new(State::default()));
        let (issuer, root, theirs, listening) = (issuer.to_owned(), folder.path().to_owned(), state.clone(), server.clone());
        let host = Self { port, state, server, folder };
        host.make_repository();
        thread::spawn(move || {
            for request in listening.incoming_requests() {
                let (issuer, root, state) = (issuer.clone(), root.clone(), theirs.clone());
                thread::spawn(move || serve(request, &issuer, &root, challenges, &state));
            }
        });
        host
    }

    fn make_repository(&self) {
        let bare = self.repository();
        let commit = "git init -q --bare \"$1\" && cd \"$1\" && git config http.receivepack true && git symbolic-ref HEAD refs/heads/main && \
                      git update-ref refs/heads/main $(git commit-tree -m first $(git mktree </dev/null))";
        let done = clean("sh").args(["-c", commit, "sh"]).arg(bare).status().expect("sh");
        assert!(done.success());
    }

    /// The repository's folder.
    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("project.git")
    }

    /// The site, as git and kclogin call it.
    pub(crate) fn site(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The repository's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/project.git", self.site())
    }

    /// What each request has shown since the last look.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        std::mem::take(&mut self.state.lock().expect("state").shown)
    }

    /// Refuses a token from now on, however valid it is.
    pub(crate) fn refuse(&self, token: &str) {
        self.state.lock().expect("state").refused.push(token.to_owned());
    }

    /// Answers every request that may come in by sending it to another address.
    pub(crate) fn redirect_to(&self, address: &str) {
        self.state.lock().expect("state").redirect = Some(address.to_owned());
    }

    /// How many processes had a token in their arguments while it was being shown here.
    pub(crate) fn seen_in_arguments(&self) -> usize {
        self.state.lock().expect("state").seen_in_arguments
    }
}

impl Drop for GitHost {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// A program without this person's git settings.
pub(crate) fn clean(name: &str) -> Command {
    let mut command = Command::new(name);
    for (name, value) in [("NAME", "Live"), ("EMAIL", "live@example.test")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").stdin(Stdio::null());
    command
}

fn field(request: &Request, name: &'static str) -> Option<String> {
    request.headers().iter().find(|header| header.field.equiv(name)).map(|header| header.value.to_string())
}

fn shown(request: &Request) -> Shown {
    let Some(authorization) = field(request, "Authorization") else { return Shown::Nothing };
    match authorization.split_once(' ') {
        Some(("Bearer", token)) => Shown::Bearer(token.to_owned()),
        Some(("Basic", encoded)) => {
            let text = String::from_utf8(BASE64_STANDARD.decode(encoded).expect("base64")).expect("text");
            let (name, password) = text.split_once(':').expect("a colon");
            Shown::Basic(name.to_owned(), password.to_owned())
        }
        _ => panic!("a scheme that nobody offered"),
    }
}

fn serve(mut request: Request, issuer: &str, root: &Path, challenges: &[&str], state: &Mutex<State>) {
    let shown = shown(&request);
    let (is_refused, redirect) = {
        let mut state = state.lock().expect("state");
        state.shown.push(shown.clone());
        if let Some(token) = shown.token() {
            state.seen_in_arguments += processes_with(token);
        }
        (shown.token().is_some_and(|token| state.refused.iter().any(|refused| refused == token)), state.redirect.clone())
    };
    let is_let_in = !is_refused && shown.token().is_some_and(|token| user_info_status(issuer, token) == 200);
    let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("a header");
    let answer = if !is_let_in {
        let denied = Response::from_string("sign in\n").with_status_code(401);
        challenges.iter().fold(denied, |denied, challenge| denied.with_header(header("WWW-Authenticate", challenge))).boxed()
    } else if let Some(address) = redirect {
        Response::from_string("").with_status_code(302).with_header(header("Location", &format!("{address}{}", request.url()))).boxed()
    } else {
        let (status, headers, body) = backend(&mut request, root);
        let answer = Response::from_data(body).with_status_code(status);
        headers.iter().fold(answer, |answer, (name, value)| answer.with_header(header(name, value))).boxed()
    };
    let _ = request.respond(answer);
}

/// What git's own CGI program answers (RFC 3875).
fn backend(request: &mut Request, root: &Path) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let (path, query) =
        request.url().split_once('?').map_or_else(|| (request.url().to_owned(), String::new()), |(path, query)| (path.to_owned(), query.to_owned()));
    let mut command = clean("git");
    command.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_USER", "live");
    command.env("REQUEST_METHOD", request.method().to_string()).env("PATH_INFO", path).env("QUERY_STRING", query);
    for (variable, name) in [("CONTENT_TYPE", "Content-Type"), ("HTTP_CONTENT_ENCODING", "Content-Encoding"), ("GIT_PROTOCOL", "Git-Protocol")] {
        if let Some(value) = field(request, name) {
            command.env(variable, value);
        }
    }
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).expect("a body");
    command.env("CONTENT_LENGTH", body.len().to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("git http-backend");
    let mut stdin = child.stdin.take().expect("a pipe");
    let feeder = thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().expect("an end").stdout;
    feeder.join().expect("fed");
    let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let mut headers: BTreeMap<String, String> =
        head.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let status = headers.remove("Status").map_or(200, |status| status[..3].parse().expect("a number"));
    (status, headers, output[end + 4..].to_vec())
}

/// How many processes of this machine have this in their arguments.
fn processes_with(token: &str) -> usize {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let arguments = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    arguments.filter(|words| String::from_utf8_lossy(words).contains(token)).count()
}
