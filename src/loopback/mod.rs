//! The listener on this machine that the browser comes back to (RFC 8252 section 7.3): binding it, waiting for the provider's answer, answering the
//! browser.
//!
//! `accept` keeps connections within bounds, `head` reads requests, `answer` writes what the browser shows. Whether a request is the provider's answer
//! is decided by the [`AuthorizationRequest`] it belongs to; what follows from it is left to the login command.

mod accept;
mod answer;
mod bind;
pub mod head;
mod start;

use std::io;
use std::time::{Duration, Instant};

use url::{Position, Url};

use crate::error::{Error, Result};
use crate::oidc::authorization::{AuthorizationRequest, AuthorizationResponse, Rejection};
use accept::{Acceptor, Taken, Verdict};
use head::Head;

pub use answer::Page;
use start::Visit;
pub use start::{Start, StartSecrets};

/// A bound listener. Dropping it closes the port.
pub struct Loopback {
    acceptor: Acceptor,
    redirect_uri: Url,
}

/// The provider's answer and the browser that brought it.
pub struct Arrival {
    /// What the provider says.
    pub response: AuthorizationResponse,
    /// The browser, waiting for its page.
    pub browser: WaitingBrowser,
}

/// The browser, after it has brought the answer.
pub struct WaitingBrowser {
    taken: Taken,
    forget_cookie: Option<String>,
}

impl WaitingBrowser {
    /// Shows the page. The login is done or has failed by now, so that the page never promises too much.
    pub fn show(self, page: &Page<'_>) {
        self.taken.answer(&page.to_response_with_cookie(self.forget_cookie.as_deref()));
    }
}

/// How a wait ended without an answer.
#[derive(Debug)]
pub struct NoArrival {
    /// The last request to the redirect URI that was not the provider's answer, if there was one.
    pub rejected: Option<Rejection>,
}

impl Loopback {
    /// Binds the listener: on the given redirect URI, or on a free port of 127.0.0.1 with the path `/callback`. A redirect URI with the host
    /// `localhost` is bound on both 127.0.0.1 and `[::1]`, since the browser may choose either.
    ///
    /// # Errors
    /// The redirect URI is not on this machine's loopback, or its port is taken; the error then names the port and who holds it.
    pub fn bind(redirect_uri: Option<&Url>) -> Result<Self> {
        let (listeners, redirect_uri) = bind::bind(redirect_uri)?;
        let acceptor = Acceptor::new(listeners).map_err(|error| Error::failed(format!("the listener can't be set up: {error}")))?;
        Ok(Self { acceptor, redirect_uri })
    }

    /// Where the browser has to come, with the port that was bound.
    #[must_use]
    pub fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Waits for the provider's answer to `request`, telling `tick` how much time is left. All else that comes is answered and forgotten. Where there is a
    /// start page, only a browser that was sent on from it can bring the answer.
    ///
    /// # Errors
    /// The system's event queue fails.
    pub fn wait(
        &mut self,
        request: &AuthorizationRequest,
        mut start: Option<&mut Start>,
        deadline: Instant,
        tick: &mut dyn FnMut(Duration),
    ) -> Result<std::result::Result<Arrival, NoArrival>> {
        let mut rejected = None;
        let expected = Expected::at(&self.redirect_uri);
        let malformed = Page::Rejected("The request could not be understood.").to_response();
        let mut judge = |head: &Head| match expected.query_of(head) {
            Err(response) => match start.as_mut().filter(|_| expected.is_get_of_ours(head)).and_then(|start| start.visit(&head.target)) {
                Some(Visit::Onwards(cookie)) => Verdict::Answer(answer::onwards(&request.url, &cookie)),
                Some(Visit::UsedUp) => Verdict::Answer(Page::UsedUp.to_response()),
                None => Verdict::Answer(response),
            },
            Ok(query) => match request.check(query).and_then(|response| admitted(response, start.as_deref(), head)) {
                Ok(response) => Verdict::Take(response),
                Err(rejection) => {
                    let page = Page::Rejected(&format!("kclogin did not take this answer: {}.", rejection.sentence())).to_response();
                    rejected = Some(rejection);
                    Verdict::Answer(page)
                }
            },
        };
        let arrival = self.acceptor.serve(deadline, tick, &mut judge, &malformed);
        let arrival = arrival.map_err(|error: io::Error| Error::failed(format!("the wait for the browser failed: {error}")))?;
        let forget_cookie = start.map(|start| start.forget_cookie());
        Ok(match arrival {
            Some((response, taken)) => Ok(Arrival { response, browser: WaitingBrowser { taken, forget_cookie } }),
            None => Err(NoArrival { rejected }),
        })
    }
}

/// The answer, if it comes from a browser that was sent on from the start page, or there is none.
fn admitted(response: AuthorizationResponse, start: Option<&Start>, head: &Head) -> std::result::Result<AuthorizationResponse, Rejection> {
    if start.is_none_or(|start| start.admits(&head.cookies)) { Ok(response) } else { Err(Rejection::OtherBrowser) }
}

/// What a request must look like before its query is looked at.
struct Expected {
    path: String,
    host: String,
    host_without_port: Option<String>,
}

impl Expected {
    fn at(redirect_uri: &Url) -> Self {
        let host = redirect_uri[Position::BeforeHost..Position::AfterPort].to_owned();
        // Port 80 is left out by browsers.
        let host_without_port =
            (redirect_uri.port_or_known_default() == Some(80)).then(|| redirect_uri[Position::BeforeHost..Position::AfterHost].to_owned());
        Self { path: redirect_uri.path().to_owned(), host, host_without_port }
    }

    fn is_at_ours(&self, head: &Head) -> bool {
        let is_ours = |host: &String| {
            host.eq_ignore_ascii_case(&self.host) || self.host_without_port.as_ref().is_some_and(|bare| host.eq_ignore_ascii_case(bare))
        };
        head.hosts.len() == 1 && head.hosts.iter().all(is_ours)
    }

    fn is_get_of_ours(&self, head: &Head) -> bool {
        self.is_at_ours(head) && head.method == "GET"
    }

    /// The query of a request that is for us: exactly one `Host`, which is ours (another one is a web page that has rebound a DNS name to this
    /// machine), the right path, and GET.
    fn query_of<'h>(&self, head: &'h Head) -> std::result::Result<&'h str, Vec<u8>> {
        if !self.is_at_ours(head) {
            return Err(Page::Misdirected.to_response());
        }
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        if path != self.path {
            return Err(Page::NotFound.to_response());
        }
        if head.method != "GET" {
            return Err(Page::WrongMethod.to_response());
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, target: &str, hosts: &[&str]) -> Head {
        Head {
            method: method.to_owned(),
            target: target.to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            cookies: Vec::new(),
        }
    }

    #[test]
    fn only_a_get_of_our_path_at_our_host_is_looked_at() {
        let expected = Expected::at(&Url::parse("http://127.0.0.1:4711/callback").expect("a URL"));
        let ours = ["127.0.0.1:4711"];
        assert_eq!(expected.query_of(&head("GET", "/callback?code=a&x=?", &ours)), Ok("code=a&x=?"));
        assert_eq!(expected.query_of(&head("GET", "/callback", &ours)), Ok(""));
        let status = |head: &Head| expected.query_of(head).expect_err("refused")[9..12].to_vec();
        assert_eq!(status(&head("GET", "/callback?code=a", &["evil.example:4711"])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &["127.0.0.1"])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &[])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &["127.0.0.1:4711", "127.0.0.1:4711"])), b"421");
        assert_eq!(status(&head("GET", "/favicon.ico", &ours)), b"404");
        assert_eq!(status(&head("GET", "/callback/?code=a", &ours)), b"404");
        assert_eq!(status(&head("GET", "http://127.0.0.1:4711/callback?code=a", &ours)), b"404");
        assert_eq!(status(&head("POST", "/callback?code=a", &ours)), b"405");
        assert_eq!(status(&head("HEAD", "/callback?code=a", &ours)), b"405");
    }
}
