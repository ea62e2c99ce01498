//! The real curl, started by `kclogin curl`, at Keycloak itself and at sites that answer what Keycloak never would.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::bench::{Outcome, Person, eventually, outcome};
use crate::shells::{program, run};

/// A site that writes down what it is sent, and answers by a rule until the test ends.
struct Site {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (heads, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let seen = heads.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("heads").clone()
    }
}

/// One request, whose body comes with its head as a last line.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str, &mut TcpStream)) {
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|length| length > 0) {}
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let request = head + &String::from_utf8(body).expect("text");
    seen.lock().expect("heads").push(request.clone());
    answer(&request, &mut stream);
}

fn say(stream: &mut TcpStream, text: &str) {
    // The client may have had enough.
    let _ = stream.write_all(text.as_bytes());
}

const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

fn user_info(person: &Person) -> String {
    format!("{}/protocol/openid-connect/userinfo", person.issuer())
}

/// Has Keycloak refuse the current access token, which is valid by its times still.
fn revoke_at_keycloak(person: &Person) -> String {
    let token = person.run(&["token"]).done();
    let url = format!("{}/protocol/openid-connect/revoke", person.issuer());
    run(person, "curl", &["-sSf", "-d", &format!("client_id=kclogin&token={}", token.trim_end()), &url]).done();
    token.trim_end().to_owned()
}

fn curl(person: &Person, arguments: &[&str]) -> Outcome {
    person.run(&[&["curl"], arguments].concat())
}

fn signed_in() -> Person {
    let person = Person::new();
    person.log_in(&[]).done();
    person
}

#[test]
fn keycloak_takes_the_token_and_no_process_shows_it() {
    let person = signed_in();
    let said = if cfg!(target_os = "linux") {
        let trace = person.path("trace").display().to_string();
        let url = user_info(&person);
        let words = ["-f", "-e", "trace=execve", "-s", "100000", "-v", "-o", &trace, "kclogin", "curl", "-sSf", &url];
        let outcome = run(&person, "strace", &words);
        let (calls, token) = (fs::read_to_string(&trace).expect("a trace"), person.run(&["token"]).done());
        assert!(calls.contains(r#"["curl", "--config", "/dev/fd/"#), "{calls}");
        assert!(!calls.contains(&token[..40]), "neither in an argument nor in a variable: {calls}");
        outcome
    } else {
        curl(&person, &["-sSf", &user_info(&person)])
    };
    let printed = said.done();
    assert!(printed.contains(&format!("\"preferred_username\":\"{}\"", person.name)), "{printed}");
}

#[test]
fn a_token_that_keycloak_refuses_is_renewed_once_and_its_answer_is_not_seen() {
    let person = signed_in();
    let url = user_info(&person);
    let answer = person.path("answer").display().to_string();
    for options in [&["-s"][..], &["-sSf"], &["-si"], &["-sL", "-o", &answer]] {
        revoke_at_keycloak(&person);
        let before = person.events("REFRESH_TOKEN");
        let outcome = curl(&person, &[options, &[&url]].concat());
        assert!(outcome.stderr.ends_with("The token was refused and has been renewed; the request is repeated.\n"), "{options:?}: {outcome:?}");
        let mut printed = outcome.done();
        if options.contains(&"-o") {
            assert_eq!(printed, "");
            printed = fs::read_to_string(&answer).expect("an answer");
        }
        let answers = printed.matches("\"sub\"").count();
        assert!(answers == 1 && !printed.contains("invalid_token") && !printed.contains("401"), "{options:?}: {printed}");
        assert_eq!(printed.contains("HTTP/1.1 200"), options.contains(&"-si"), "{printed}");
        assert_eq!(person.events("REFRESH_TOKEN"), before + 1);
    }
}

#[test]
fn a_form_that_is_refused_is_not_sent_again() {
    let person = signed_in();
    revoke_at_keycloak(&person);
    let outcome = curl(&person, &["-s", "-d", "a=b", &user_info(&person)]);
    assert!(outcome.stderr.contains("The request is not repeated, since it may change something: run it again."), "{outcome:?}");
    assert!(!outcome.done().contains("\"sub\""));
    let printed = curl(&person, &["-s", "-d", "a=b", &user_info(&person)]).done();
    assert!(printed.contains("\"sub\""), "the token was renewed: {printed}");
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
}

#[test]
fn a_site_that_always_refuses_is_asked_twice() {
    let person = signed_in();
    let refused =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnever";
    let site = Site::start(|_, stream| say(stream, refused));
    assert_eq!(curl(&person, &["-s", &site.address]).done(), "never");
    let heads = site.heads();
    let token = |head: &str| head.lines().find_map(|line| line.strip_prefix("Authorization: Bearer ").map(str::to_owned));
    assert_eq!(heads.len(), 2);
    assert!(token(&heads[0]).is_some() && token(&heads[0]) != token(&heads[1]));
}

#[test]
fn the_token_goes_no_further_than_the_site_it_was_meant_for() {
    let person = signed_in();
    let other = Site::start(|_, stream| say(stream, DONE));
    let elsewhere = other.address.clone();
    let site = Site::start(move |_, stream| {
        say(stream, &format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    });
    assert_eq!(curl(&person, &["-sL", &site.address]).done(), "ok\n");
    assert!(site.heads()[0].contains("\r\nAuthorization: Bearer "));
    assert!(!other.heads()[0].contains("Authorization"), "{:?}", other.heads());
}

#[test]
fn plain_http_is_for_this_machine() {
    let person = signed_in();
    // Nothing resolves this name: it is refused before that.
    let outcome = curl(&person, &["http://api.example.invalid/"]);
    let said = outcome.failed(1);
    assert!(
        said.contains("curl: (1) Protocol \"http\" ") && said.ends_with("hint: use https: over plain http the token goes to this machine only\n"),
        "{said}"
    );
    let said = curl(&person, &["-sS", "api.example.invalid"]).failed(6);
    assert!(said.contains("Could not resolve host"), "without a scheme it is https: {said}");
}

#[test]
fn stdin_is_curl_s_and_what_it_shows_has_no_token() {
    let person = signed_in();
    let site = Site::start(|_, stream| say(stream, DONE));
    let mut command = program(&person, "kclogin", &["curl", "-sv", "-d", "@-", &site.address]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("stdin").write_all(b"from stdin").expect("written");
    let outcome = outcome(child.wait_with_output().expect("an end"));
    let token = person.run(&["token"]).done();
    assert!(outcome.stderr.contains("> Authorization: Bearer [redacted]\r\n") && outcome.stderr.contains("< HTTP/1.1 200 OK"), "{outcome:?}");
    assert!(!outcome.stderr.contains(&token[..40]));
    assert_eq!(outcome.done(), "ok\n");
    let head = &site.heads()[0];
    assert!(head.ends_with("\r\n\r\nfrom stdin") && head.contains(token.trim_end()), "{head}");
}

#[test]
fn an_answer_is_passed_on_as_it_comes() {
    let person = signed_in();
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().expect("a gate");
    let waits = gate.clone();
    let site = Site::start(move |_, stream| {
        say(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst\n");
        drop(waits.lock());
        say(stream, "last\n");
    });
    let mut command = person.command(&["curl", "-sN", &site.address]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "first");
    drop(closed);
    assert_eq!(lines.next().expect("a line").expect("text"), "last");
    assert!(child.wait().expect("an end").success());
}

#[test]
fn bytes_come_through_unchanged_and_as_many_as_there_are() {
    let person = signed_in();
    let body: Vec<u8> = (0..5_000_000_u32).map(|number| (number % 251) as u8).collect();
    let whole = body.clone();
    let site = Site::start(move |_, stream| {
        say(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", whole.len()));
        let _ = stream.write_all(&whole);
    });
    let output = person.command(&["curl", "-s", &site.address]).output().expect("started");
    assert!(output.status.success() && output.stdout == body, "{} bytes", output.stdout.len());
    // A reader that has seen enough ends it, as it ends curl.
    let script = format!("kclogin curl -s {} | head -c 3 | od -An -tu1", site.address);
    assert_eq!(run(&person, "sh", &["-c", &script]).done(), "   0   1   2\n");
}

#[test]
fn a_signal_ends_curl_and_kclogin_as_it_would_end_curl() {
    let person = signed_in();
    let site = Site::start(|_, _| thread::park());
    let mut child = person.command(&["curl", "-s", &site.address]).stdout(Stdio::piped()).spawn().expect("started");
    eventually("the request", || (!site.heads().is_empty()).then_some(()));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("an end").signal(), Some(15));
}

#[test]
fn curl_s_own_failures_and_its_absence_are_told_apart() {
    let mut person = signed_in();
    let said = curl(&person, &["-sS", "--no-such-option", "https://127.0.0.1:1/"]).failed(2);
    assert!(said.contains("curl: option --no-such-option: is unknown"), "{said}");
    assert!(curl(&person, &["-sS", "https://127.0.0.1:1/"]).failed(7).contains("curl: (7) "));
    person.set("PATH", &person.path("").display().to_string());
    assert_eq!(curl(&person, &["https://127.0.0.1:1/"]).failed(127), "error: there is no command `curl`\nhint: install curl\n");
}

#[test]
fn nobody_signed_in_means_no_request() {
    let person = signed_in();
    person.run(&["logout"]).done();
    let site = Site::start(|_, stream| say(stream, DONE));
    let said = curl(&person, &["-s", &site.address]).failed(3);
    assert!(said.starts_with("error: not logged in to "), "{said}");
    assert_eq!(site.heads(), Vec::<String>::new());
}
