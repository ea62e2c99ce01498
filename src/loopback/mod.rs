//! The listener on this machine that the browser comes back to (RFC 8252 section 7.3): binding it, waiting for the provider's answer, answering the
//! browser.
//!
//! `accept` keeps connections within bounds, `head` reads requests, `judge` decides what they are worth, `answer` writes what the browser shows. What
//! follows from the provider's answer is left to the login command.

mod accept;
mod answer;
mod bind;
pub mod head;
pub mod judge;
mod start;
mod trial;

use std::io;
use std::time::{Duration, Instant};

use url::Url;

use crate::error::{Error, Result};
use crate::oidc::authorization::{AuthorizationRequest, AuthorizationResponse, Rejection};
use crate::oidc::logout::{LogoutRequest, LogoutResponse};
use accept::{Acceptor, Taken};
use judge::{Judge, Onwards};

pub use accept::Verdict;
pub use answer::Page;
pub use start::{Start, StartSecrets};

/// A bound listener. Dropping it closes the port.
pub struct Loopback {
    acceptor: Acceptor,
    redirect_uri: Url,
}

/// A request that the browser takes to the provider, and whose answer it brings back.
pub trait Awaited {
    /// What the provider answers.
    type Answer;

    /// Where the browser is sent to.
    fn address(&self) -> &str;

    /// The answer that the query of a request to the redirect URI holds.
    ///
    /// # Errors
    /// It is not the provider's answer to this request.
    fn check(&self, query: &str) -> std::result::Result<Self::Answer, Rejection>;
}

impl Awaited for AuthorizationRequest {
    type Answer = AuthorizationResponse;

    fn address(&self) -> &str {
        self.url.as_str()
    }

    fn check(&self, query: &str) -> std::result::Result<AuthorizationResponse, Rejection> {
        self.check(query)
    }
}

impl Awaited for LogoutRequest {
    type Answer = LogoutResponse;

    fn address(&self) -> &str {
        self.url.expose()
    }

    fn check(&self, query: &str) -> std::result::Result<LogoutResponse, Rejection> {
        self.check(query)
    }
}

/// The provider's answer and the browser that brought it.
pub struct Arrival<T = AuthorizationResponse> {
    /// What the provider says.
    pub response: T,
    /// The browser, waiting for its page; nothing where the answer came another way.
    pub browser: Option<WaitingBrowser>,
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

    /// Waits for the provider's answer to `request`, telling `tick` every quarter of a second how much time is left; what that gives is taken for the answer.
    /// All else that comes is answered and forgotten. Where there is a start page, only a browser that was sent on from it, to where the second of the pair
    /// says or else to the request's own address, can bring the answer.
    ///
    /// # Errors
    /// The system's event queue fails.
    pub fn wait<'a, A: Awaited>(
        &mut self,
        request: &'a A,
        start: Option<(&'a mut Start, Option<&'a mut Onwards<'a>>)>,
        deadline: Instant,
        tick: &mut dyn FnMut(Duration) -> Option<A::Answer>,
    ) -> Result<std::result::Result<Arrival<A::Answer>, NoArrival>> {
        let malformed = Page::Rejected("The request could not be understood.").to_response();
        let forget_cookie = start.as_ref().map(|(start, _)| start.forget_cookie());
        let mut judge = match start {
            Some((start, Some(onwards))) => Judge::new(&self.redirect_uri, request, Some(start)).leading(onwards),
            Some((start, None)) => Judge::new(&self.redirect_uri, request, Some(start)),
            None => Judge::new(&self.redirect_uri, request, None),
        };
        let arrival = self.acceptor.serve(deadline, tick, &mut |head| judge.judge(head), &malformed);
        let rejected = judge.rejected;
        let arrival = arrival.map_err(|error: io::Error| Error::failed(format!("the wait for the browser failed: {error}")))?;
        Ok(match arrival {
            Some((response, taken)) => Ok(Arrival { response, browser: taken.map(|taken| WaitingBrowser { taken, forget_cookie }) }),
            None => Err(NoArrival { rejected }),
        })
    }
}
