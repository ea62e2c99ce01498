//! Scripted responses: what an endpoint does instead of what it would do by itself, for which requests, how often. Decides nothing about OAuth.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Provider;
use super::wire::{Request, Response};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// The discovery document.
    Discovery,
    /// Where the browser goes.
    Authorization,
    /// Where codes and refresh tokens are exchanged.
    Token,
    /// UserInfo.
    UserInfo,
    /// The published key set.
    Jwks,
    /// RP-initiated logout, and Keycloak's logout by refresh token.
    EndSession,
    /// [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).
    Revocation,
    /// [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662).
    Introspection,
    /// [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628).
    DeviceAuthorization,
    /// [RFC 9126](https://www.rfc-editor.org/rfc/rfc9126).
    PushedAuthorization,
    /// Any other path, which is a 404 unless scripted.
    Path(&'static str),
}

impl Endpoint {
    /// Every endpoint that answers by itself.
    pub(super) const ALL: [Self; 10] = [
        Self::Discovery,
        Self::Authorization,
        Self::Token,
        Self::UserInfo,
        Self::Jwks,
        Self::EndSession,
        Self::Revocation,
        Self::Introspection,
        Self::DeviceAuthorization,
        Self::PushedAuthorization,
    ];

    /// The path it is served at.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Discovery => "/realms/test/.well-known/openid-configuration",
            Self::Authorization => "/realms/test/protocol/openid-connect/auth",
            Self::Token => "/realms/test/protocol/openid-connect/token",
            Self::UserInfo => "/realms/test/protocol/openid-connect/userinfo",
            Self::Jwks => "/realms/test/protocol/openid-connect/certs",
            Self::EndSession => "/realms/test/protocol/openid-connect/logout",
            Self::Revocation => "/realms/test/protocol/openid-connect/revoke",
            Self::Introspection => "/realms/test/protocol/openid-connect/token/introspect",
            Self::DeviceAuthorization => "/realms/test/protocol/openid-connect/auth/device",
            Self::PushedAuthorization => "/realms/test/protocol/openid-connect/ext/par/request",
            Self::Path(path) => path,
        }
    }
}

type Condition = Arc<dyn Fn(&Request) -> bool + Send + Sync>;

/// What goes over the wire.
#[derive(Clone)]
pub(super) enum Action {
    /// What the provider would do by itself.
    Normally,
    /// Does it, then resets the connection instead of answering.
    Lost,
    Reply(Response),
    Compute(Arc<dyn Fn(&Request) -> Response + Send + Sync>),
    Raw(Vec<u8>),
    Hang,
    Drip(Vec<u8>, Duration),
    /// The first bytes, then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
    Reset,
}

/// A scripted response: what is done, for which requests, how often, and after which delay.
#[derive(Clone)]
pub(crate) struct Respond {
    pub(super) action: Action,
    pub(super) delay: Duration,
    times: Option<usize>,
    when: Option<Condition>,
}

impl Respond {
    fn new(action: Action) -> Self {
        Self { action, delay: Duration::ZERO, times: None, when: None }
    }

    /// An empty response.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(Action::Reply(Response::empty(status)))
    }

    /// JSON, with status 200 unless [`Respond::with_status`] says otherwise.
    pub(crate) fn json(value: &Value) -> Self {
        Self::new(Action::Reply(Response::json(200, value)))
    }

    /// An OAuth error: [RFC 6749 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
    pub(crate) fn error(status: u16, error: &str, description: &str) -> Self {
        Self::json(&serde_json::json!({ "error": error, "error_description": description })).with_status(status)
    }

    /// A body of any type.
    pub(crate) fn body(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Action::Reply(Response::typed(200, content_type, body)))
    }

    /// A redirect by 302, or what [`Respond::with_status`] says.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::new(Action::Reply(Response::empty(302).header("Location", to)))
    }

    /// Exactly these bytes, status line and all, then the end of the connection.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Action::Raw(bytes.into()))
    }

    /// Exactly these bytes, one at a time.
    pub(crate) fn drip(bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        Self::new(Action::Drip(bytes.into(), every))
    }

    /// Says nothing until the provider is dropped.
    pub(crate) fn hang() -> Self {
        Self::new(Action::Hang)
    }

    /// JSON whose one string never ends.
    pub(crate) fn endless() -> Self {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"padding\":\"";
        Self::new(Action::Endless(head.to_vec(), vec![b'a'; 64 * 1024]))
    }

    /// Header after header.
    pub(crate) fn endless_headers() -> Self {
        Self::new(Action::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(256)))
    }

    /// A TCP reset.
    pub(crate) fn reset() -> Self {
        Self::new(Action::Reset)
    }

    /// What the provider says by itself: for the place of it in a queue, or to be delayed.
    pub(crate) fn normally() -> Self {
        Self::new(Action::Normally)
    }

    /// Carries the request out (a refresh token is spent, say), and loses the answer to a TCP reset.
    pub(crate) fn lost() -> Self {
        Self::new(Action::Lost)
    }

    /// A response made out of the request.
    pub(crate) fn with(make: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::new(Action::Compute(Arc::new(make)))
    }

    /// With another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        if let Action::Reply(response) = &mut self.action {
            response.status = status;
        }
        self
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let Action::Reply(response) = &mut self.action {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Only so many times; then the next in the queue, or the default.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Only this once.
    pub(crate) fn once(self) -> Self {
        self.times(1)
    }

    /// Only after a delay.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Only for the requests that `when` accepts; the others get what is next in the queue, or the default.
    pub(crate) fn when(mut self, when: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(Arc::new(when));
        self
    }
}

/// The queues, by path.
#[derive(Default)]
pub(super) struct Script(HashMap<String, VecDeque<Respond>>);

impl Script {
    /// Queues a response. It takes the place of one at the end that has neither a count nor a condition and so would never give way.
    pub(super) fn push(&mut self, endpoint: Endpoint, respond: Respond) {
        let queue = self.0.entry(endpoint.path().to_owned()).or_default();
        if queue.back().is_some_and(|last| last.times.is_none() && last.when.is_none()) {
            queue.pop_back();
        }
        queue.push_back(respond);
    }

    /// Forgets what was queued.
    pub(super) fn clear(&mut self, endpoint: Endpoint) {
        self.0.remove(endpoint.path());
    }

    /// What is to be done with a request.
    pub(super) fn next(&mut self, request: &Request) -> Respond {
        let Some(queue) = self.0.get_mut(&request.path) else { return Respond::normally() };
        queue.retain(|respond| respond.times != Some(0));
        let Some(respond) = queue.iter_mut().find(|respond| respond.when.as_ref().is_none_or(|when| when(request))) else {
            return Respond::normally();
        };
        respond.times = respond.times.map(|times| times - 1);
        respond.clone()
    }
}

impl Provider {
    /// Has `endpoint` respond so: forever, unless the response has a count or a condition. Several with a count are taken in turn.
    pub(crate) fn respond(&self, endpoint: Endpoint, respond: Respond) {
        self.state().script.push(endpoint, respond);
    }

    /// Has `endpoint` answer by itself again.
    pub(crate) fn respond_normally(&self, endpoint: Endpoint) {
        self.state().script.clear(endpoint);
    }
}
