//! Moving bytes to a provider and back: the only file that names the HTTP client.
//!
//! It owns TLS roots, proxies, time limits, size limits, and the sentence for each way a connection fails. It follows no redirect: an endpoint that
//! moves must be configured anew, or the secrets in a request would go where nobody agreed to send them. What the bytes mean is left to `provider`.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustls::{CertificateError, Error as TlsError};
use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};
use url::Url;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::oidc::endpoints::is_loopback;
use crate::secret::Secret;

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
    https_proxy: Option<Secret<String>>,
    http_proxy: Option<Secret<String>>,
    no_proxy: Option<String>,
}

impl Settings {
    /// The proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, and a CA file.
    #[must_use]
    pub fn new(environment: &Environment, ca_file: Option<PathBuf>) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| environment.get(name));
        Self {
            ca_file,
            limit: None,
            https_proxy: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]).map(Secret::from),
            http_proxy: first(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]).map(Secret::from),
            no_proxy: first(&["no_proxy", "NO_PROXY"]).map(str::to_owned),
        }
    }

    /// The proxy for a URL; like Go's and curl's users expect, never one for this machine itself.
    fn proxy_for(&self, url: &Url) -> Result<Option<Proxy>> {
        let configured = if url.scheme() == "https" { &self.https_proxy } else { &self.http_proxy };
        // The proxy's URL may hold a password, so it is never repeated.
        let Some(text) = configured.as_ref().filter(|_| !is_loopback(url)).map(|proxy| proxy.expose()) else { return Ok(None) };
        let bad = |_| Error::usage("the proxy named by the environment is not a URL").hint("look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
        let proxy = Proxy::new(text).map_err(bad)?;
        let Some(no_proxy) = &self.no_proxy else { return Ok(Some(proxy)) };
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
        let url = Url::parse(&request.uri().to_string()).map_err(|error| Error::failed(format!("the endpoint is not a URL: {error}")))?;
        let (method, started) = (request.method().clone(), Instant::now());
        let shown = format!("{method} {}", without_query(&url));
        let outcome = self.exchange(limit, &url, request);
        let outcome_shown = match &outcome {
            Ok(response) => format!("{}, {} bytes", response.status(), response.body().len()),
            Err(error) => error.sentence().to_owned(),
        };
        (self.trace)(format!("{shown}: {outcome_shown} ({} ms)", started.elapsed().as_millis()));
        outcome
    }

    fn exchange(&self, limit: Duration, url: &Url, request: Request) -> Result<Response> {
        let agent = self.agent()?;
        let failed = |error| unreachable(url, &error);
        let request = agent.configure_request(request).timeout_global(Some(limit)).proxy(self.settings.proxy_for(url)?).build();
        let (parts, mut body) = agent.run(request).map_err(failed)?.into_parts();
        if parts.status.is_redirection() {
            return Err(Error::failed(format!("{} redirects elsewhere, which is not followed", without_query(url)))
                .hint("configure the address it redirects to, if that is the provider"));
        }
        // None was asked for, and none could be read: a small answer that grows without end is no danger where nothing makes it grow.
        if parts.headers.get("content-encoding").is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Error::provider_unreachable(format!(
                "the provider at {} can't be reached: its answer is compressed, which was not asked for",
                at(url)
            )));
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

/// The host as it is named in sentences, with the port where there is one.
fn at(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
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

/// The sentence for each way a connection fails.
fn unreachable(url: &Url, error: &ureq::Error) -> Error {
    let at = at(url);
    if let Some(tls) = tls_error(error) {
        return untrusted(&at, tls);
    }
    let reason = match error {
        ureq::Error::HostNotFound => "its name is not known".to_owned(),
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => "its answer is larger than 1 MiB".to_owned(),
        ureq::Error::LargeResponseHeader(..) => "the head of its answer is too large".to_owned(),
        ureq::Error::ConnectProxyFailed(reason) => format!("the proxy refuses: {reason}"),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => "its answer is not HTTP".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => "nothing listens there (connection refused)".to_owned(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "it does not answer in time".to_owned(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                "it closed the connection without an answer".to_owned()
            }
            _ if error.to_string().contains("failed to lookup") => "its name is not known".to_owned(),
            _ => error.to_string(),
        },
        other => other.to_string(),
    };
    Error::provider_unreachable(format!("the provider at {at} can't be reached: {reason}")).detail(format!("{error:?}"))
}

/// The TLS library's own error, wherever it is wrapped.
fn tls_error(error: &ureq::Error) -> Option<&TlsError> {
    if let ureq::Error::Rustls(tls) = error {
        return Some(tls);
    }
    let ureq::Error::Io(io) = error else { return None };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = io.get_ref().map(|inner| inner as _);
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<TlsError>() {
            return Some(tls);
        }
        cause = inner.source();
    }
    None
}

fn untrusted(at: &str, tls: &TlsError) -> Error {
    if let TlsError::InvalidMessage(_) = tls {
        return Error::failed(format!("{at} does not speak TLS"))
            .hint(format!("is the address http://{at}? plain http is for loopback addresses only"))
            .detail(tls.to_string());
    }
    let TlsError::InvalidCertificate(fault) = tls else {
        return Error::provider_unreachable(format!("no secure connection to {at} can be made: {tls}"));
    };
    let (sentence, hint) = match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            (format!("the certificate of {at} has expired"), "tell whoever runs the provider; if it is valid elsewhere, look at this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (format!("the certificate of {at} is not valid yet"), "look at this machine's clock")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (format!("the certificate of {at} is for another host"), "use the host name that the provider's certificate holds")
        }
        CertificateError::Revoked => (format!("the certificate of {at} is revoked"), "tell whoever runs the provider"),
        CertificateError::UnknownIssuer => (
            format!("the certificate of {at} comes from an authority this machine does not know"),
            "if it is your company's or your own, give its certificate with `--ca-file FILE`, or set SSL_CERT_FILE",
        ),
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            format!("the certificate of {at} is an authority's own, which can't vouch for a host"),
            "make a certificate for the host that is signed by this authority, and give the authority's with `--ca-file FILE`",
        ),
        other => (format!("the certificate of {at} is not trusted: {other}"), "tell whoever runs the provider"),
    };
    Error::failed(sentence).hint(hint).detail(tls.to_string())
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
