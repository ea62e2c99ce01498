//! The bounded accept loop: connections, the size of a head, and deadlines. It knows nothing of OAuth: what a request is worth, its caller decides.
//!
//! Anybody on this machine can connect, and browsers do so without a request to send (preconnects). So nothing here waits for one connection: there
//! are at most [`CONNECTIONS`] of them, the oldest making room for the next; a head has [`HEAD_LIMIT`] bytes and [`HEAD_TIME`]; bodies are never read;
//! and one thread serves them all, without blocking. (tiny_http's own server half was measured to lose the right request to four idle connections.)

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::head::{Head, Parsed};

/// How many connections are held at once.
const CONNECTIONS: usize = 32;
/// The largest request head, in bytes. Keycloak's longest redirect is below 2 KiB.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long a connection has to send its head, and again to take its answer.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long what follows a head is read away after the answer, so that closing does not reset the connection under it.
const DRAIN_TIME: Duration = Duration::from_millis(500);
/// How often accepting is tried again after the system refused, for instance for want of descriptors.
const RETRY: Duration = Duration::from_millis(100);
/// How often the caller hears that the wait goes on.
const TICK: Duration = Duration::from_millis(250);

/// What to do with a request.
#[derive(Debug)]
pub enum Verdict<T> {
    /// Write these bytes, close, and wait on.
    Answer(Vec<u8>),
    /// This is the one: end the wait with this.
    Take(T),
}

/// A connection whose request was taken, for one answer.
#[derive(Debug)]
pub(super) struct Taken(net::TcpStream);

impl Taken {
    /// Writes the answer and closes. There is nobody to tell if the browser went away.
    pub(super) fn answer(mut self, bytes: &[u8]) {
        let write = |stream: &mut net::TcpStream| {
            stream.set_nonblocking(false)?;
            stream.set_write_timeout(Some(HEAD_TIME))?;
            stream.write_all(bytes)?;
            stream.shutdown(Shutdown::Write)
        };
        let _ = write(&mut self.0);
    }
}

enum Phase {
    Reading(Vec<u8>),
    Writing(Vec<u8>, usize),
    Draining,
}

struct Connection {
    token: Token,
    stream: TcpStream,
    phase: Phase,
    deadline: Instant,
}

enum Next<T> {
    Keep,
    Close,
    Taken(T),
}

/// Listening sockets and the connections they brought.
pub(super) struct Acceptor {
    poll: Poll,
    listeners: Vec<TcpListener>,
    connections: VecDeque<Connection>,
    next_token: usize,
    refused: bool,
}

impl Acceptor {
    /// Takes over sockets that are already bound.
    ///
    /// # Errors
    /// The system's event queue can't be had.
    pub(super) fn new(listeners: Vec<net::TcpListener>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut registered = Vec::with_capacity(listeners.len());
        for (index, listener) in listeners.into_iter().enumerate() {
            listener.set_nonblocking(true)?;
            let mut listener = TcpListener::from_std(listener);
            poll.registry().register(&mut listener, Token(index), Interest::READABLE)?;
            registered.push(listener);
        }
        let next_token = registered.len();
        Ok(Self { poll, listeners: registered, connections: VecDeque::new(), next_token, refused: false })
    }

    /// Serves requests until one is taken (`Some`) or `deadline` has passed (`None`). `tick` hears every quarter of a second how much time is left, and may
    /// give what comes another way; then there is no connection to it.
    ///
    /// # Errors
    /// The system's event queue fails.
    pub(super) fn serve<T>(
        &mut self,
        deadline: Instant,
        tick: &mut dyn FnMut(Duration) -> Option<T>,
        judge: &mut dyn FnMut(&Head) -> Verdict<T>,
        malformed: &[u8],
    ) -> io::Result<Option<(T, Option<Taken>)>> {
        let mut events = Events::with_capacity(CONNECTIONS + 2);
        let mut next_tick = Instant::now();
        loop {
            let now = Instant::now();
            if now >= deadline {
                return Ok(None);
            }
            if now >= next_tick {
                if let Some(given) = tick(deadline - now) {
                    return Ok(Some((given, None)));
                }
                next_tick = now + TICK;
            }
            let expiry = self.connections.iter().map(|connection| connection.deadline).min();
            let retry = self.refused.then(|| now + RETRY);
            let until = [Some(deadline), Some(next_tick), expiry, retry].into_iter().flatten().min().unwrap_or(deadline);
            match self.poll.poll(&mut events, Some(until.saturating_duration_since(now))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                outcome => outcome?,
            }
            self.accept();
            let ready: Vec<Token> = events.iter().map(|event| event.token()).collect();
            for token in ready {
                let Some(index) = self.connections.iter().position(|connection| connection.token == token) else { continue };
                match self.connections[index].advance(judge, malformed) {
                    Next::Keep => {}
                    Next::Close => drop(self.connections.remove(index)),
                    Next::Taken(taken) => {
                        let Some(connection) = self.connections.remove(index) else { continue };
                        let mut stream = connection.stream;
                        let _ = self.poll.registry().deregister(&mut stream);
                        return Ok(Some((taken, Some(Taken(stream.into())))));
                    }
                }
            }
            let now = Instant::now();
            self.connections.retain(|connection| connection.deadline > now);
        }
    }

    /// Accepts all that wait. Events come once per change (edge-triggered), so this goes on until there is nobody left.
    fn accept(&mut self) {
        self.refused = false;
        for index in 0..self.listeners.len() {
            loop {
                match self.listeners[index].accept() {
                    Ok((stream, peer)) => self.admit(stream, peer),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                    // Out of descriptors or memory: give some back and try again. Where there are none of ours, the deadline still holds.
                    Err(_) => {
                        if self.connections.pop_front().is_none() {
                            self.refused = true;
                            break;
                        }
                    }
                }
            }
        }
    }

    fn admit(&mut self, mut stream: TcpStream, peer: SocketAddr) {
        // The sockets are bound to the loopback, so this can't be otherwise; it costs nothing to be sure.
        if !peer.ip().to_canonical().is_loopback() {
            return;
        }
        let token = Token(self.next_token);
        self.next_token = self.next_token.wrapping_add(1).max(self.listeners.len());
        if self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE).is_err() {
            return;
        }
        if self.connections.len() >= CONNECTIONS {
            self.connections.pop_front();
        }
        self.connections.push_back(Connection { token, stream, phase: Phase::Reading(Vec::new()), deadline: Instant::now() + HEAD_TIME });
    }
}

impl Connection {
    fn advance<T>(&mut self, judge: &mut dyn FnMut(&Head) -> Verdict<T>, malformed: &[u8]) -> Next<T> {
        if let Phase::Reading(head) = &mut self.phase {
            let open = match read_more(&mut self.stream, head) {
                Ok(open) => open,
                Err(_) => return Next::Close,
            };
            let answer = match Head::parse(head) {
                Parsed::Complete(head) => match judge(&head) {
                    Verdict::Take(taken) => return Next::Taken(taken),
                    Verdict::Answer(bytes) => bytes,
                },
                Parsed::Partial if !open => return Next::Close,
                Parsed::Partial if head.len() < HEAD_LIMIT => return Next::Keep,
                Parsed::Partial | Parsed::Malformed => malformed.to_vec(),
            };
            self.phase = Phase::Writing(answer, 0);
            self.deadline = Instant::now() + HEAD_TIME;
        }
        if let Phase::Writing(bytes, written) = &mut self.phase {
            while *written < bytes.len() {
                match self.stream.write(&bytes[*written..]) {
                    Ok(0) => return Next::Close,
                    Ok(more) => *written += more,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Keep,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => return Next::Close,
                }
            }
            if self.stream.shutdown(Shutdown::Write).is_err() {
                return Next::Close;
            }
            self.phase = Phase::Draining;
            self.deadline = Instant::now() + DRAIN_TIME;
        }
        match drain(&mut self.stream) {
            Ok(true) => Next::Keep,
            _ => Next::Close,
        }
    }
}

/// Reads what is there, at most to the head's limit. Says whether more may come.
fn read_more(stream: &mut TcpStream, head: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    while head.len() < HEAD_LIMIT {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(read) => head.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Reads away a bounded part of what is there. Says whether more may come.
fn drain(stream: &mut TcpStream) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    for _ in 0..64 {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
