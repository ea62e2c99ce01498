//! A trial of the listener: an answer like a provider's is brought to it from this machine, to see whether one would arrive.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use std::{io, thread};

use url::{Position, Url};

use super::{Arrival, Loopback, Page};
use crate::error::{Error, Result};
use crate::oidc::authorization::AuthorizationRequest;

/// How long an answer may take to arrive on one's own machine.
const LIMIT: Duration = Duration::from_secs(5);

impl Loopback {
    /// Brings an answer to `request` here, one that says no, and sees whether it arrives.
    ///
    /// # Errors
    /// It does not.
    pub fn try_out(&mut self, request: &AuthorizationRequest) -> Result<()> {
        let uri = self.redirect_uri.clone();
        let target = format!("{}?error=access_denied&state={}", uri.path(), request.state.expose());
        let (arrived, brought) = thread::scope(|scope| {
            let bringing = scope.spawn(|| bring(&uri, &target));
            let arrived = self.wait(request, None, Instant::now() + LIMIT, &mut |_| None).map(|arrival| match arrival {
                Ok(Arrival { browser, .. }) => {
                    browser.into_iter().for_each(|browser| browser.show(&Page::Rejected("This was a trial.")));
                    true
                }
                Err(_) => false,
            });
            (arrived, bringing.join())
        });
        match (arrived?, brought) {
            (true, Ok(Ok(()))) => Ok(()),
            (_, Ok(Err(error))) => Err(Error::failed(format!("a connection of this machine's own to {uri} fails: {error}"))),
            _ => Err(Error::failed(format!("a request of this machine's own to {uri} does not arrive"))),
        }
        .map_err(|error| error.hint("look at what filters connections on this machine, such as a firewall or a sandbox: the loopback must be free"))
    }
}

fn bring(uri: &Url, target: &str) -> io::Result<()> {
    let at = &uri[Position::BeforeHost..Position::AfterPort];
    let address = at.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    if &answer == b"HTTP/1." { Ok(()) } else { Err(io::Error::other("something else answers there")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &Url) -> AuthorizationRequest {
        AuthorizationRequest {
            url: uri.clone(),
            state: "a-state".into(),
            nonce: "a-nonce".into(),
            code_verifier: "a-verifier".into(),
            redirect_uri: uri.clone(),
            issuer: None,
            issuer_announced: false,
        }
    }

    #[test]
    fn an_answer_arrives_at_each_of_the_loopback_s_names() {
        for uri in [None, Some("http://localhost/oidc/callback")] {
            let uri = uri.map(|uri| Url::parse(uri).expect("a URL"));
            let mut loopback = Loopback::bind(uri.as_ref()).expect("a listener");
            let request = request(loopback.redirect_uri());
            assert_eq!(loopback.try_out(&request), Ok(()));
        }
    }

    #[test]
    fn where_nothing_answers_that_is_said() {
        let mut loopback = Loopback::bind(None).expect("a listener");
        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        loopback.redirect_uri.set_port(Some(closed)).expect("a port");
        let request = request(loopback.redirect_uri());
        let error = loopback.try_out(&request).expect_err("nothing is there");
        assert!(error.sentence().contains(&format!("127.0.0.1:{closed}/callback")), "{error}");
    }
}
