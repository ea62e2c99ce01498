//! Keycloak as it is reached elsewhere: at an address of IPv6. (Below a path, and over TLS: `tests/served`.)

use std::io::{BufRead, BufReader, Read, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::bench::{Person, keycloak};

/// Something in front of Keycloak, for as long as the tests run.
fn front(at: &str) -> SocketAddr {
    let listener = TcpListener::bind(at).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(pass_on(stream)));
        }
    });
    address
}

/// One request of a connection, and its answer.
fn pass_on(mut stream: TcpStream) -> std::io::Result<()> {
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
            head.push_str(&line);
        }
    }
    let mut there = TcpStream::connect(keycloak().trim_start_matches("http://"))?;
    there.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    copy(&mut reader.take(length), &mut there)?;
    copy(&mut there, &mut stream)?;
    stream.shutdown(Shutdown::Both)
}

#[test]
fn keycloak_at_an_address_of_ipv6_is_an_issuer_as_any_other() {
    let person = Person::new();
    let issuer = format!("http://{}/realms/demo", front("[::1]:0"));
    let outcome = person.run(&["login", "--timeout", "90s", "--issuer", &issuer]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(person.config().contains(&format!("issuer = \"{issuer}\"")), "{}", person.config());
    assert!(person.run(&["whoami"]).done().contains(&format!("\n  Issuer    {issuer}\n")));
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}
