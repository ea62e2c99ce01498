//! Keycloak as it is reached elsewhere: at an address of IPv6, and below a path, as behind a reverse proxy or in its older versions.

use std::io::{BufRead, BufReader, Read, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use crate::bench::{PassingRealm, Person, keycloak};

/// Something in front of Keycloak, for as long as the tests run, that takes a path away.
fn front(at: &str, path: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(at).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(pass_on(stream, path)));
        }
    });
    address
}

/// One request of a connection, and its answer.
fn pass_on(mut stream: TcpStream, path: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if name == "content-length" {
            length = line.split(':').nth(1).and_then(|value| value.trim().parse().ok()).unwrap_or(0);
        }
        // The answer's end is the connection's.
        if name != "connection" {
            head.push_str(&if head.is_empty() { line.replacen(&format!(" {path}/"), " /", 1) } else { line });
        }
    }
    let mut there = TcpStream::connect(keycloak().trim_start_matches("http://"))?;
    there.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    copy(&mut reader.take(length), &mut there)?;
    copy(&mut there, &mut stream)?;
    stream.shutdown(Shutdown::Both)
}

/// Signs in with these options, and does with the session what there is to do.
#[track_caller]
fn lives(person: &Person, issuer: &str, options: &[&str]) {
    let outcome = person.run(&[&["login", "--timeout", "90s"], options].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(person.config().contains(&format!("issuer = \"{issuer}\"")), "{}", person.config());
    assert!(person.run(&["whoami"]).done().contains(&format!("\n  Issuer    {issuer}\n")));
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn keycloak_at_an_address_of_ipv6_is_an_issuer_as_any_other() {
    let person = Person::new();
    let issuer = format!("http://{}/realms/demo", front("[::1]:0", ""));
    lives(&person, &issuer, &["--issuer", &issuer]);
}

#[test]
fn keycloak_below_a_path_is_found_by_its_server_and_by_its_issuer() {
    let base = format!("http://{}/auth", front("127.0.0.1:0", "/auth"));
    let realm = PassingRealm::new(&json!({"attributes": {"frontendUrl": base}}));
    let issuer = format!("{base}/realms/{}", realm.0);
    lives(&Person::in_realm(&realm.0), &issuer, &["--server", &base, "--realm", &realm.0]);
    let person = Person::in_realm(&realm.0);
    lives(&person, &issuer, &["--issuer", &issuer]);
    let said = person.run(&["login", "--issuer", &format!("{}/realms/{}", keycloak(), realm.0), "--profile", "direct"]).failed(1);
    assert!(said.contains(&format!("calls itself {issuer}\n")), "{said}");
}
