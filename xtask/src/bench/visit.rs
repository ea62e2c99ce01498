//! What a browser does at an address on this machine: one GET, one answer.
//! Owns the few lines of HTTP for it, without a program that would have to be started while the clock runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::failure::{Context, Failure, Outcome};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Where it leads.
    pub(super) location: Option<String>,
    /// The cookie that it gives, as it is sent back.
    pub(super) cookie: Option<String>,
}

/// GETs an `http` address and reads the answer to its end.
pub(super) fn get(address: &str, cookie: Option<&str>) -> Outcome<Head> {
    let (host, target) = split(address).ok_or_else(|| Failure::new(format!("{address} is no http address of this machine")))?;
    let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n{cookie}Connection: close\r\n\r\n");
    let asking = || format!("asking {host}");
    let mut stream = TcpStream::connect(host).context(asking())?;
    stream.set_read_timeout(Some(PATIENCE)).context(asking())?;
    stream.write_all(request.as_bytes()).context(asking())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context(asking())?;
    head(&String::from_utf8_lossy(&answer)).ok_or_else(|| Failure::new(format!("{host} gave no answer of HTTP")))
}

/// The host with its port, and what is asked of it.
fn split(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("http://")?;
    rest.find('/').map(|at| rest.split_at(at))
}

fn head(answer: &str) -> Option<Head> {
    let mut lines = answer.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(&str, &str)> = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':')).collect();
    let value = |name: &str| headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let cookie = value("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    Some(Head { status, location: value("location").map(str::to_owned), cookie })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_leads_on_and_gives_a_cookie() {
        let answer = "HTTP/1.1 302 Found\r\nSet-Cookie: start=abc; Path=/; HttpOnly\r\nlocation: https://127.0.0.1:1/auth?a=b:c\r\n\r\nX: y";
        let location = Some("https://127.0.0.1:1/auth?a=b:c".to_owned());
        assert_eq!(head(answer), Some(Head { status: 302, location, cookie: Some("start=abc".to_owned()) }));
        assert_eq!(head("HTTP/1.1 200 OK\r\n\r\n"), Some(Head { status: 200, location: None, cookie: None }));
        assert_eq!(head("SSH-2.0"), None);
    }

    #[test]
    fn an_address_is_a_host_and_the_rest() {
        assert_eq!(split("http://127.0.0.1:80/callback?code=a/b"), Some(("127.0.0.1:80", "/callback?code=a/b")));
        assert_eq!(split("https://127.0.0.1:80/"), None);
    }
}
