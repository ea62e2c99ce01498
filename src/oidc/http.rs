//! Moving bytes to a provider and back: with `failure`, which has the sentence for each way a connection fails, the only place that names the HTTP client.
//!
//! It owns TLS roots, proxies, time limits and size limits. It follows no redirect: an endpoint that moves must be configured anew, or the secrets in a
//! request would go where nobody agreed to send them. What the bytes mean is left to `provider`.

mod failure;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};
use url::Url;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::oidc::endpoints::is_loopback;
use crate::secret::Secret;
use failure::{at, stage, unreachable};

pub use failure::Stage;

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
    /// PEM certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The longest a whole exchange may take, where that is less than usual.
    pub limit: Option<Duration>,
    https_proxy: Option<Named>,
    http_proxy: Option<Named>,
    no_proxy: Option<(&'static str, String)>,
}

/// A proxy's URL, which may hold a password, and the variable that names it.
type Named = (&'static str, Secret<String>);

/// How requests to a URL go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Straight there, as no variable names a proxy, or it is on this machine.
    Direct,
    /// Straight there, by this variable's exception.
    Excepted(&'static str),
    /// Through a proxy.
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// Its address, without user name and password.
        address: String,
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
}

impl Settings {
    /// The proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, and a CA file.
    #[must_use]
    pub fn new(environment: &Environment, ca_file: Option<PathBuf>) -> Self {
        let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, environment.get(name)?)));
        let proxy = |names: &[&'static str]| first(names).map(|(name, url)| (name, Secret::from(url)));
        Self {
            ca_file,
            limit: None,
            https_proxy: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            http_proxy: proxy(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            no_proxy: first(&["no_proxy", "NO_PROXY"]).map(|(name, text)| (name, text.to_owned())),
        }
    }

    /// How requests to a URL go.
    ///
    /// # Errors
    /// The variable that names the proxy holds no URL.
    pub fn route(&self, url: &Url) -> Result<Route> {
        let configured = if url.scheme() == "https" { &self.https_proxy } else { &self.http_proxy };
        let (Some(proxy), Some((variable, _))) = (self.proxy_for(url)?, configured) else { return Ok(Route::Direct) };
        // The url crate's URLs are always valid URIs.
        let is_excepted = url.as_str().parse().is_ok_and(|uri| proxy.is_no_proxy(&uri));
        Ok(match &self.no_proxy {
            Some((variable, _)) if is_excepted => Route::Excepted(variable),
            _ => Route::Proxy {
                variable,
                address: format!("{}://{}:{}", proxy.protocol(), proxy.host(), proxy.port()),
                host: proxy.host().to_owned(),
                port: proxy.port(),
            },
        })
    }

    /// The proxy for a URL; like Go's and curl's users expect, never one for this machine itself.
    fn proxy_for(&self, url: &Url) -> Result<Option<Proxy>> {
        let configured = if url.scheme() == "https" { &self.https_proxy } else { &self.http_proxy };
        // The proxy's URL may hold a password, so it is never repeated.
        let Some(text) = configured.as_ref().filter(|_| !is_loopback(url)).map(|(_, proxy)| proxy.expose()) else { return Ok(None) };
        let bad = |_| Error::usage("the proxy named by the environment is not a URL").hint("look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
        let proxy = Proxy::new(text).map_err(bad)?;
        let Some((_, no_proxy)) = &self.no_proxy else { return Ok(Some(proxy)) };
        let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
        if let Some(username) = proxy.username() {
            builder = builder.username(username);
        }
        if let Some(password) = proxy.password() {
            builder = builder.password(password);
        }
        for expression in no_proxy.split(',').map(str::trim).filter(|expression| !expression.is_empty()) {
            builder = builder.no_proxy(expression);
        }
        builder.build().map(Some).map_err(bad)
    }
}

/// Sends requests. Nothing is set up before the first one, so that a command that needs no network pays for none.
pub struct Http<'a> {
    settings: Settings,
    agent: OnceLock<Agent>,
    trace: &'a (dyn Fn(String) + Sync),
}

impl<'a> Http<'a> {
    /// `trace` is told of each request's method, URL without query, outcome and duration: nothing that is secret.
    #[must_use]
    pub fn new(settings: Settings, trace: &'a (dyn Fn(String) + Sync)) -> Self {
        Self { settings, agent: OnceLock::new(), trace }
    }

    fn agent(&self) -> Result<&Agent> {
        if let Some(agent) = self.agent.get() {
            return Ok(agent);
        }
        let roots = match &self.settings.ca_file {
            Some(path) => RootCerts::new_with_certs(&read_certificates(path)?),
            None => RootCerts::PlatformVerifier,
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .user_agent(concat!("kclogin/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(self.agent.get_or_init(|| config.new_agent()))
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

    fn exchange(&self, limit: Duration, url: &Url, request: Request) -> std::result::Result<Response, (Stage, Error)> {
        let agent = self.agent().map_err(|error| (Stage::Trust, error))?;
        let failed = |error| (stage(&error), unreachable(url, &error));
        let proxy = self.settings.proxy_for(url).map_err(|error| (Stage::Way, error))?;
        let request = agent.configure_request(request).timeout_global(Some(limit)).proxy(proxy).build();
        let (parts, mut body) = agent.run(request).map_err(failed)?.into_parts();
        // None was asked for, and none could be read: a small answer that grows without end is no danger where nothing makes it grow.
        if parts.headers.get("content-encoding").is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let sentence = format!("the provider at {} can't be reached: its answer is compressed, which was not asked for", at(url));
            return Err((Stage::Answer, Error::provider_unreachable(sentence)));
        }
        let body = body.with_config().limit(BODY_LIMIT).read_to_vec().map_err(failed)?;
        Ok(Response::from_parts(parts, body))
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

fn read_certificates(path: &PathBuf) -> Result<Vec<ureq::tls::Certificate<'static>>> {
    let shown = path.display();
    let pem = fs::read(path).map_err(|error| Error::failed(format!("the CA file {shown} can't be read: {error}")))?;
    let certificates: Vec<_> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::failed(format!("the CA file {shown} holds no certificate in PEM form")));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings::new(&Environment::from_pairs(pairs.iter().copied()), None)
    }

    fn proxy(settings: &Settings, url: &str) -> Option<String> {
        let url = Url::parse(url).expect("a URL");
        let proxy = settings.proxy_for(&url).expect("a proxy or none")?;
        (!proxy.is_no_proxy(&url.as_str().parse().expect("a URI"))).then(|| proxy.host().to_owned())
    }

    #[test]
    fn proxies_are_chosen_by_scheme_and_never_for_this_machine() {
        let both = settings(&[("HTTPS_PROXY", "http://s.example:3128"), ("HTTP_PROXY", "http://p.example"), ("NO_PROXY", "in.example, .lan")]);
        assert_eq!(proxy(&both, "https://kc.example/"), Some("s.example".to_owned()));
        assert_eq!(proxy(&both, "http://kc.example/"), Some("p.example".to_owned()));
        assert_eq!(proxy(&both, "https://in.example/"), None);
        assert_eq!(proxy(&both, "https://kc.lan/"), None);
        assert_eq!(proxy(&both, "http://127.0.0.1:8080/"), None);
        assert_eq!(proxy(&both, "http://localhost:8080/"), None);
        assert_eq!(proxy(&settings(&[("ALL_PROXY", "http://a.example")]), "https://kc.example/"), Some("a.example".to_owned()));
    }

    #[test]
    fn a_bad_proxy_is_an_error_that_does_not_repeat_its_password() {
        let url = Url::parse("https://kc.example/").expect("a URL");
        let error = settings(&[("HTTPS_PROXY", "ht!tp://user:hunter2@")]).proxy_for(&url).expect_err("refused");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
