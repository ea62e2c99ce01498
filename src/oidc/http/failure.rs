//! Why a request did not bring an answer: how far it came, and the sentence for each way it fails.

use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError};
use ureq::Timeout;
use url::Url;

use crate::error::Error;

/// How far a request came that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was not sent, or did not come to the provider: its name, its port, or the proxy before it.
    Way,
    /// The provider could not prove who it is.
    Trust,
    /// The provider's answer is of no use.
    Answer,
}

/// What was shown to whoever refuses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// A user name and a password to the proxy.
    pub(super) password: bool,
    /// A certificate to the provider.
    pub(super) certificate: bool,
}

/// The host as it is named in sentences, with the port where there is one.
pub(super) fn at(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

pub(super) fn stage(error: &ureq::Error) -> Stage {
    match error {
        _ if tls_error(error).is_some() => Stage::Trust,
        ureq::Error::HostNotFound | ureq::Error::ConnectProxyFailed(_) => Stage::Way,
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Stage::Way,
        ureq::Error::Io(error) if is_unknown_name(error) => Stage::Way,
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Stage::Way,
            _ => Stage::Answer,
        },
        _ => Stage::Answer,
    }
}

/// The sentence for each way a connection fails.
pub(super) fn unreachable(url: &Url, error: &ureq::Error, shown: Shown) -> Error {
    let at = at(url);
    if let Some(tls) = tls_error(error) {
        return untrusted(&at, tls, shown.certificate);
    }
    let (proxy_asks, proxy_refuses) = ("the proxy asks for a user name and a password", "the proxy does not accept the user name and the password");
    let reason = match error {
        ureq::Error::ConnectProxyFailed(reason) if reason.contains("407") => (if shown.password { proxy_refuses } else { proxy_asks }).to_owned(),
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
            _ if is_unknown_name(error) => "its name is not known".to_owned(),
            _ => error.to_string(),
        },
        other => other.to_string(),
    };
    let is_about_password = reason == proxy_asks || reason == proxy_refuses;
    let error = Error::provider_unreachable(format!("the provider at {at} can't be reached: {reason}")).detail(format!("{error:?}"));
    if is_about_password { error.hint("put them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT, with `%40` for `@` and the like") } else { error }
}

/// The standard library has no kind for it, but words of its own on the Unix systems; elsewhere there is Windows' number (`WSAHOST_NOT_FOUND`, `WSANO_DATA`).
fn is_unknown_name(error: &io::Error) -> bool {
    error.to_string().contains("failed to lookup") || (cfg!(windows) && matches!(error.raw_os_error(), Some(11001 | 11004)))
}

/// Whether the provider's certificate is not trusted. Nothing of a request has been sent then.
pub(super) fn is_untrusted(error: &ureq::Error) -> bool {
    matches!(tls_error(error), Some(TlsError::InvalidCertificate(_)))
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

/// What a provider says about the certificate that is shown to it, or missed. A client is told of nobody else's by an alert.
fn refused(at: &str, tls: &TlsError, is_shown: bool) -> Option<Error> {
    use AlertDescription as Alert;
    let TlsError::AlertReceived(alert) = tls else { return None };
    let (sentence, hint) = match alert {
        Alert::CertificateRequired | Alert::BadCertificate if !is_shown => (
            format!("{at} asks for a client certificate"),
            "give one with `--client-certificate FILE` and `--client-key FILE`; whoever runs the provider has them",
        ),
        Alert::CertificateRequired
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::DecryptError
        | Alert::AccessDenied
            if is_shown =>
        {
            (
                format!("{at} does not accept the client certificate"),
                "look at its end and at who has signed it; whoever runs the provider knows which one it takes",
            )
        }
        _ => return None,
    };
    Some(Error::failed(sentence).hint(hint).detail(tls.to_string()))
}

fn untrusted(at: &str, tls: &TlsError, is_shown: bool) -> Error {
    if let Some(error) = refused(at, tls, is_shown) {
        return error;
    }
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

    #[test]
    fn what_did_not_get_there_says_nothing_of_the_certificate() {
        let of = |kind: io::ErrorKind| stage(&ureq::Error::Io(kind.into()));
        for kind in [io::ErrorKind::ConnectionRefused, io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable] {
            assert_eq!(of(kind), Stage::Way, "{kind:?}");
        }
        assert_eq!(of(io::ErrorKind::UnexpectedEof), Stage::Answer);
        // Linux' words for a name that is not known, and Windows' number.
        let unknown = if cfg!(windows) { io::Error::from_raw_os_error(11001) } else { io::Error::other("failed to lookup address information") };
        assert_eq!(stage(&ureq::Error::Io(unknown)), Stage::Way);
    }
}
