//! The socket: accepts, gives each connection a thread, carries out what the script says, and ends it all when the provider is dropped.
//! Knows no OAuth. The only file naming socket2.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::endpoints;
use super::script::{Action, Respond};
use super::state::State;
use super::tls::Tls;
use super::wire::{self, Request, Response};

/// A connection, encrypted or not.
pub(super) trait Stream: Read + Write + Send {
    /// Says goodbye where the protocol has a word for it.
    fn finish(&mut self) {}
}

impl Stream for TcpStream {}

/// What the threads share.
pub(super) struct Core {
    state: Mutex<State>,
    stopping: Mutex<bool>,
    stopped: Condvar,
    open: Mutex<HashMap<u64, TcpStream>>,
    accepted: AtomicU64,
    sent: AtomicU64,
    tls: Option<Tls>,
}

/// Locks even after a test's closure panicked under the lock: the test has its own message by then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(super) fn new(state: State, tls: Option<Tls>) -> Self {
        Self {
            state: Mutex::new(state),
            stopping: Mutex::new(false),
            stopped: Condvar::new(),
            open: Mutex::default(),
            accepted: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            tls,
        }
    }

    /// The provider's state.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// How many connections came in.
    pub(super) fn connections(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How many bytes went out, before any encryption.
    pub(super) fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// Sleeps, at most until the provider stops; says whether it does.
    fn stops_within(&self, time: Duration) -> bool {
        let guard = lock(&self.stopping);
        *self.stopped.wait_timeout_while(guard, time, |stopping| !*stopping).unwrap_or_else(PoisonError::into_inner).0
    }

    fn wait_for_stop(&self) {
        let guard = lock(&self.stopping);
        drop(self.stopped.wait_while(guard, |stopping| !*stopping).unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes a connection in, unless the provider stops: after that, none is open.
    fn admit(&self, socket: &TcpStream) -> Option<u64> {
        let mut open = lock(&self.open);
        if *lock(&self.stopping) {
            return None;
        }
        let number = self.accepted.fetch_add(1, Ordering::SeqCst) + 1;
        open.insert(number, socket.try_clone().ok()?);
        Some(number)
    }

    fn stop(&self) {
        *lock(&self.stopping) = true;
        self.stopped.notify_all();
        for socket in lock(&self.open).values() {
            // An error means that the peer was faster.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn send(&self, stream: &mut dyn Stream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes)?;
        stream.flush()?;
        self.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    /// Serves one connection until one of the two has enough; an error is the peer's leaving.
    fn serve(&self, socket: &TcpStream, number: u64) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let plain = socket.try_clone()?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some(tls) => tls.accept(plain)?,
            None => Box::new(plain),
        };
        let mut stream = BufReader::new(stream);
        loop {
            let request = match wire::read_request(&mut stream, number) {
                Ok(Some(request)) => request,
                Ok(None) => break,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let (bytes, _) = wire::response_bytes(None, &Response::typed(400, "text/plain", error.to_string()));
                    self.send(stream.get_mut().as_mut(), &bytes)?;
                    break;
                }
                Err(error) => return Err(error),
            };
            if !self.respond(stream.get_mut().as_mut(), socket, &request)? {
                break;
            }
        }
        stream.get_mut().finish();
        Ok(())
    }

    /// Carries out one request, and says whether the connection stays open.
    fn respond(&self, stream: &mut dyn Stream, socket: &TcpStream, request: &Request) -> io::Result<bool> {
        let planned = self.plan(request);
        if !planned.delay.is_zero() && self.stops_within(planned.delay) {
            return Ok(false);
        }
        let response = match planned.action {
            Action::Normally => endpoints::answer(&mut self.state(), request),
            Action::Reply(response) => response,
            Action::Compute(make) => make(request),
            Action::Raw(bytes) => return self.send(stream, &bytes).map(|()| false),
            Action::Hang => {
                self.wait_for_stop();
                return Ok(false);
            }
            Action::Drip(bytes, every) => {
                for byte in bytes {
                    self.send(stream, &[byte])?;
                    if self.stops_within(every) {
                        break;
                    }
                }
                return Ok(false);
            }
            Action::Endless(head, again) => {
                self.send(stream, &head)?;
                while !self.stops_within(Duration::ZERO) {
                    self.send(stream, &again)?;
                }
                return Ok(false);
            }
            Action::Lost => {
                endpoints::answer(&mut self.state(), request);
                return reset(socket);
            }
            Action::Reset => return reset(socket),
        };
        let (bytes, keep) = wire::response_bytes(Some(request), &response);
        self.send(stream, &bytes)?;
        Ok(keep)
    }

    fn plan(&self, request: &Request) -> Respond {
        let mut state = self.state();
        state.record.request(request);
        state.script.next(request)
    }
}

/// Closing with no time to linger is a reset.
fn reset(socket: &TcpStream) -> io::Result<bool> {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO))?;
    Err(io::ErrorKind::ConnectionReset.into())
}

/// The accepting thread. Dropping it closes the port and every connection, and waits for all threads.
pub(super) struct Listening {
    core: Arc<Core>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    pub(super) fn start(core: Arc<Core>, listener: TcpListener, address: SocketAddr) -> Self {
        let shared = Arc::clone(&core);
        let thread = thread::Builder::new().name("provider".to_owned()).spawn(move || accept(&shared, listener)).ok();
        Self { core, address, thread }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.core.stop();
        // The accepting thread looks up when somebody knocks. Without a free descriptor nobody can: then it is left behind.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn accept(core: &Arc<Core>, listener: TcpListener) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while !core.stops_within(Duration::ZERO) {
        let Ok((socket, _)) = listener.accept() else {
            core.stops_within(Duration::from_millis(10));
            continue;
        };
        let Some(number) = core.admit(&socket) else { continue };
        threads.retain(|thread| !thread.is_finished());
        let core = Arc::clone(core);
        let spawned = thread::Builder::new().name(format!("provider-{number}")).spawn(move || {
            let _ = core.serve(&socket, number);
            lock(&core.open).remove(&number);
        });
        threads.extend(spawned);
    }
    drop(listener);
    for thread in threads {
        let _ = thread.join();
    }
}
