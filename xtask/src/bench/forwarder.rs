//! A door before a port of this machine that counts who comes through, and for what.
//! Owns its connections and their counting; over TLS it sees connections only, over plain HTTP also the requests.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::failure::{Context, Outcome};

/// What each connection sent, in the order of their coming.
type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

/// It goes on until this program ends.
pub(super) struct Forwarder {
    pub(super) port: u16,
    sent: Sent,
}

/// What came through since the last look.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) connections: usize,
    /// The first lines of the requests, where they can be read.
    pub(super) requests: Vec<String>,
}

impl Forwarder {
    /// Opens one before this port.
    pub(super) fn start(target: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("opening a port")?;
        let port = listener.local_addr().context("opening a port")?.port();
        let sent = Sent::default();
        let seen = Arc::clone(&sent);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let at = {
                    let mut sent = lock(&seen);
                    sent.push(Vec::new());
                    sent.len() - 1
                };
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else { continue };
                join(client, server, &seen, at);
            }
        });
        Ok(Self { port, sent })
    }

    /// What came through since the last look. To be asked when nobody is on the way.
    pub(super) fn look(&self) -> Seen {
        let sent = std::mem::take(&mut *lock(&self.sent));
        Seen { connections: sent.len(), requests: sent.iter().flat_map(|bytes| requests(bytes)).collect() }
    }
}

fn lock(sent: &Mutex<Vec<Vec<u8>>>) -> MutexGuard<'_, Vec<Vec<u8>>> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what both say until one has gone.
fn join(client: TcpStream, server: TcpStream, sent: &Sent, at: usize) {
    let (Ok(from_client), Ok(to_client), sent) = (client.try_clone(), client.try_clone(), Arc::clone(sent)) else { return };
    let Ok(from_server) = server.try_clone() else { return };
    thread::spawn(move || {
        copy(from_client, server, |bytes| {
            if let Some(sent) = lock(&sent).get_mut(at) {
                sent.extend_from_slice(bytes);
            }
        });
    });
    thread::spawn(move || copy(from_server, to_client, |_| ()));
}

fn copy(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The first lines of the requests in what a connection has sent, without what follows the path.
fn requests(sent: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(sent);
    // A body has no end of line behind it: what follows it begins in its last line.
    let first = |line: &str| {
        let line = line.strip_suffix(" HTTP/1.1")?;
        let begin = line.rfind("GET /").or_else(|| line.rfind("POST /"))?;
        Some(line[begin..].split('?').next().unwrap_or_default().to_owned())
    };
    text.split("\r\n").filter_map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::visit;

    #[test]
    fn requests_are_told_by_their_first_lines() {
        let sent = b"GET /a?code=b HTTP/1.1\r\nHost: h\r\n\r\nPOST /token HTTP/1.1\r\nContent-Length: 3\r\n\r\na=bGET /keys HTTP/1.1\r\n\r\n";
        assert_eq!(requests(sent), ["GET /a", "POST /token", "GET /keys"]);
        assert_eq!(requests(b"\x16\x03\x01\x02\x00"), Vec::<String>::new());
    }

    #[test]
    fn who_comes_through_is_answered_and_counted() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let target = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let _ = client.read(&mut [0; 1024]);
                let _ = client.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
        });
        let door = Forwarder::start(target).unwrap();
        for _ in 0..2 {
            assert_eq!(visit::get(&format!("http://127.0.0.1:{}/a?b=c", door.port), None).unwrap().status, 204);
        }
        assert_eq!(door.look(), Seen { connections: 2, requests: vec!["GET /a".to_owned(); 2] });
        assert_eq!(door.look(), Seen { connections: 0, requests: Vec::new() });
    }
}
