//! Moving bytes to a provider and back: with `failure`, which has the sentence for each way a connection fails, `route`, which knows the proxies,
//! `certificates`, which are trusted and shown, and `presented`, which sees the provider's: the only places that name the HTTP client.
//!
//! It owns time limits and size limits. It follows no redirect: an endpoint that moves must be configured anew, or the secrets in a
//! request would go where nobody agreed to send them. What the bytes mean is left to `provider`.

mod certificates;
mod failure;
mod presented;
mod route;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ureq::Agent;
use url::Url;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::oidc::certificate::Facts;
use crate::profile;
use certificates::{Certificates, cryptography};
use failure::{Shown, at, is_untrusted, stage, unreachable};
use presented::{Witness, looking};
use route::Proxies;

pub use failure::Stage;
pub use route::Route;

/// An HTTP request with its whole body.
pub type Request = ureq::http::Request<Vec<u8>>;
/// An HTTP response with its whole body.
pub type Response = ureq::http::Response<Vec<u8>>;

/// The longest a whole exchange may take, in seconds.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);
/// The longest name resolution, connection and TLS may take together, in seconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The largest body that is read, in bytes. Keycloak's largest answer is the token response of somebody in hundreds of groups, well below it.
const BODY_LIMIT: u64 = 1 << 20;

/// What decides how connections are made.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The longest a whole exchange may take, where that is less than usual.
    pub limit: Option<Duration>,
    certificates: Certificates,
    proxies: Proxies,
}

impl Settings {
    /// What the environment says of proxies and authorities, and the profile of authorities and the client's own certificate.
    #[must_use]
    pub fn new(environment: &Environment, profile: &profile::Settings) -> Self {
        Self { limit: None, certificates: Certificates::of(environment, profile), proxies: Proxies::of(environment) }
    }

    /// How requests to a URL go.
    ///
    /// # Errors
    /// The variable that names the proxy holds no URL.
    pub fn route(&self, url: &Url) -> Result<Route> {
        self.proxies.route(url)
    }

    /// What is in the client's own certificate; nothing where there is none, or none that can be read.
    #[must_use]
    pub fn own_certificate(&self) -> Option<Facts> {
        self.certificates.own()
    }
}

/// Sends requests. Nothing is set up before the first one, so that a command that needs no network pays for none.
pub struct Http<'a> {
    settings: Settings,
    agent: OnceLock<Agent>,
    /// One that knows all of the system's authorities, where those of the first were not enough.
    thorough: OnceLock<Agent>,
    trace: &'a (dyn Fn(String) + Sync),
}

impl<'a> Http<'a> {
    /// `trace` is told of each request's method, URL without query, outcome and duration: nothing that is secret.
    #[must_use]
    pub fn new(settings: Settings, trace: &'a (dyn Fn(String) + Sync)) -> Self {
        Self { settings, agent: OnceLock::new(), thorough: OnceLock::new(), trace }
    }

    /// Whether the client shows a certificate of its own (RFC 8705 section 2).
    #[must_use]
    pub fn shows_certificate(&self) -> bool {
        self.settings.certificates.has_own()
    }

    fn agent(&self, url: &Url) -> Result<&Agent> {
        let certificates = &self.settings.certificates;
        match self.thorough.get() {
            Some(agent) => Ok(agent),
            None if url.scheme() == "https" => made_once(&self.agent, certificates),
            // Without TLS there is nothing to read; if there is TLS later, it knows all authorities.
            None => made_once(&self.agent, &certificates.with_all()),
        }
    }

    /// Sends the request and reads the whole response, whatever its status.
    ///
    /// # Errors
    /// The provider can't be reached, doesn't answer in time, can't prove who it is, answers more than 1 MiB, or redirects. All of it but a
    /// certificate that isn't trusted is worth another try later.
    pub fn send(&self, request: Request) -> Result<Response> {
        self.send_within(self.settings.limit.unwrap_or(EXCHANGE_LIMIT), request)
    }

    /// [`send`](Self::send) with a time limit of its own.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_within(&self, limit: Duration, request: Request) -> Result<Response> {
        let url = request.uri().to_string();
        let response = self.look(limit, request).map_err(|(_, error)| error)?;
        if response.status().is_redirection() {
            let shown = Url::parse(&url).map_or_else(|_| String::new(), |url| without_query(&url));
            return Err(Error::failed(format!("{shown} redirects elsewhere, which is not followed"))
                .hint("configure the address it redirects to, if that is the provider"));
        }
        Ok(response)
    }

    /// Sends the request to see what comes: a redirect is an answer like any other, and a failure is told with how far it came.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for redirects.
    pub fn look(&self, limit: Duration, request: Request) -> std::result::Result<Response, (Stage, Error)> {
        let bad = |error: url::ParseError| (Stage::Way, Error::failed(format!("the endpoint is not a URL: {error}")));
        let url = Url::parse(&request.uri().to_string()).map_err(bad)?;
        let (method, started) = (request.method().clone(), Instant::now());
        let shown = format!("{method} {}", without_query(&url));
        let outcome = self.exchange(limit, &url, request);
        let outcome_shown = match &outcome {
            Ok(response) => format!("{}, {} bytes", response.status(), response.body().len()),
            Err((_, error)) => error.sentence().to_owned(),
        };
        (self.trace)(format!("{shown}: {outcome_shown} ({} ms)", started.elapsed().as_millis()));
        outcome
    }

    /// What is in the certificate that is shown at this address, trusted or not; nothing where none comes. It takes a connection of its own.
    #[must_use]
    pub fn certificate_at(&self, limit: Duration, url: &Url) -> Option<Facts> {
        let request = ureq::http::Request::get(url.as_str()).body(()).ok().filter(|_| url.scheme() == "https")?;
        let (authority, witness, started) = (request.uri().authority()?.to_string(), Witness::new(cryptography()), Instant::now());
        let proxy = self.settings.proxies.proxy_for(url).ok()?;
        let agent = looking(self.agent(url).ok()?, authority, Arc::clone(&witness));
        // Its end is a failure in any case.
        let _ = agent.run(agent.configure_request(request).timeout_global(Some(limit)).proxy(proxy).build());
        let seen = witness.seen();
        let shown = seen.map_or_else(|| "none came".to_owned(), |der| format!("{} bytes", der.len()));
        (self.trace)(format!("the certificate of {}: {shown} ({} ms)", at(url), started.elapsed().as_millis()));
        Facts::read(seen?)
    }

    fn exchange(&self, limit: Duration, url: &Url, request: Request) -> std::result::Result<Response, (Stage, Error)> {
        let agent = self.agent(url).map_err(|error| (Stage::Trust, error))?;
        let proxy = self.settings.proxies.proxy_for(url).map_err(|error| (Stage::Way, error))?;
        let shown = Shown {
            password: proxy.as_ref().is_some_and(|proxy| proxy.username().is_some() || proxy.password().is_some()),
            certificate: self.settings.certificates.has_own(),
        };
        let failed = |error| (stage(&error), unreachable(url, &error, shown));
        let run = |agent: &Agent, request| agent.run(agent.configure_request(request).timeout_global(Some(limit)).proxy(proxy.clone()).build());
        let again = (self.settings.certificates.may_know_more() && self.thorough.get().is_none()).then(|| request.clone());
        let answer = match (run(agent, request), again) {
            // In the handshake, before anything was sent. An authority may also have got a new key under its old name.
            (Err(error), Some(request)) if is_untrusted(&error) => {
                let thorough = made_once(&self.thorough, &self.settings.certificates.with_all()).map_err(|error| (Stage::Trust, error))?;
                run(thorough, request)
            }
            (answer, _) => answer,
        };
        let (parts, mut body) = answer.map_err(failed)?.into_parts();
        // None was asked for, and none could be read: a small answer that grows without end is no danger where nothing makes it grow.
        if parts.headers.get("content-encoding").is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let sentence = format!("the provider at {} can't be reached: its answer is compressed, which was not asked for", at(url));
            return Err((Stage::Answer, Error::provider_unreachable(sentence)));
        }
        let body = body.with_config().limit(BODY_LIMIT).read_to_vec().map_err(failed)?;
        Ok(Response::from_parts(parts, body))
    }
}

/// The HTTP client that trusts and shows these certificates.
fn made_once<'a>(agent: &'a OnceLock<Agent>, certificates: &Certificates) -> Result<&'a Agent> {
    if let Some(agent) = agent.get() {
        return Ok(agent);
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_LIMIT))
        .user_agent(concat!("kclogin/", env!("CARGO_PKG_VERSION")))
        .proxy(None)
        .tls_config(certificates.to_tls()?)
        .build();
    Ok(agent.get_or_init(|| config.new_agent()))
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
