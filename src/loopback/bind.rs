//! Binding the listener's sockets to the loopback and to nothing else (RFC 8252 section 8.3).

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use url::{Host, Url};

use crate::error::{Error, Result};

/// How often a free port is looked for that both loopback families have free.
const TRIES: usize = 16;

/// EAFNOSUPPORT, which the standard library has no kind for.
const ADDRESS_FAMILY_NOT_SUPPORTED: i32 = if cfg!(windows) {
    10_047
} else if cfg!(target_os = "linux") {
    97
} else {
    47
};

/// Binds the redirect URI's host and port; without one, a free port of 127.0.0.1 or, on a machine that has no IPv4, of `[::1]`. Gives the sockets and the
/// redirect URI with the port bound.
pub(super) fn bind(redirect_uri: Option<&Url>) -> Result<(Vec<TcpListener>, Url)> {
    let usual = |uri: &str| Url::parse(uri).map_err(|error| Error::failed(error.to_string())).and_then(bind_at);
    match redirect_uri {
        Some(uri) => bind_at(uri.clone()),
        None => usual("http://127.0.0.1/callback").or_else(|error| usual("http://[::1]/callback").map_err(|_| error)),
    }
}

fn bind_at(mut redirect_uri: Url) -> Result<(Vec<TcpListener>, Url)> {
    let addresses = loopback_addresses(&redirect_uri)?;
    let is_given = redirect_uri.port();
    let listeners = match is_given {
        Some(port) => bind_all(&addresses, port).map_err(|(address, error)| taken(address, &error))?,
        None => (0..TRIES).find_map(|_| bind_all(&addresses, 0).ok()).ok_or_else(|| Error::failed("no free port on the loopback can be found"))?,
    };
    if is_given.is_none() {
        let port = listeners.first().and_then(|listener| listener.local_addr().ok()).map(|address| address.port());
        redirect_uri.set_port(port).map_err(|()| Error::failed("the redirect URI can't have a port"))?;
    }
    Ok((listeners, redirect_uri))
}

/// The addresses a browser may choose for the host, the one that must exist first.
fn loopback_addresses(redirect_uri: &Url) -> Result<Vec<IpAddr>> {
    let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let refused = |why| {
        Error::usage(format!("the redirect URI `{redirect_uri}` {why}"))
            .hint("use one on this machine that the provider has registered, such as http://127.0.0.1:8400/callback")
    };
    if redirect_uri.scheme() != "http" {
        return Err(refused("is not plain http, which a listener on this machine needs"));
    }
    if redirect_uri.fragment().is_some() || redirect_uri.query().is_some() {
        return Err(refused("has a query or a fragment"));
    }
    match redirect_uri.host() {
        Some(Host::Ipv4(address)) if address.is_loopback() => Ok(vec![IpAddr::V4(address)]),
        Some(Host::Ipv6(address)) if address.is_loopback() => Ok(vec![v6]),
        Some(Host::Domain("localhost")) => Ok(vec![v4, v6]),
        _ => Err(refused("is not on this machine's loopback")),
    }
}

/// Binds every address to one port; port 0 lets the system choose it. A family that this machine doesn't have is left out.
fn bind_all(addresses: &[IpAddr], port: u16) -> std::result::Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut listeners: Vec<TcpListener> = Vec::with_capacity(addresses.len());
    for address in addresses {
        let chosen = listeners.first().and_then(|first| first.local_addr().ok()).map_or(port, |first| first.port());
        let address = SocketAddr::new(*address, chosen);
        match TcpListener::bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if !listeners.is_empty() && is_missing_family(&error) => {}
            Err(error) => return Err((address, error)),
        }
    }
    Ok(listeners)
}

fn is_missing_family(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported) || error.raw_os_error() == Some(ADDRESS_FAMILY_NOT_SUPPORTED)
}

fn taken(address: SocketAddr, error: &io::Error) -> Error {
    if error.kind() == ErrorKind::PermissionDenied {
        return Error::failed(format!("port {} may not be listened on: {error}", address.port())).hint("use a redirect URI with a port above 1023");
    }
    if error.kind() != ErrorKind::AddrInUse {
        return Error::failed(format!("{address} can't be listened on: {error}"));
    }
    let by = holder_of(address).map_or_else(|| "by another program".to_owned(), |holder| format!("by {holder}"));
    Error::failed(format!("port {} on {} is taken {by}", address.port(), address.ip()))
        .hint("stop it, or use another redirect URI that the provider has registered: `--redirect-uri URI`")
}

/// Who listens on a port, as far as the system tells this user: `python3 (process 4242)`.
fn holder_of(address: SocketAddr) -> Option<String> {
    let process = listeners::get_process_by_port(address.port(), listeners::Protocol::TCP).ok()?;
    Some(format!("{} (process {})", process.name, process.pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn without_a_redirect_uri_a_free_port_of_the_loopback_is_bound() {
        let (listeners, redirect_uri) = bind(None).expect("a listener");
        let address = listeners[0].local_addr().expect("an address");
        assert_eq!((listeners.len(), address.ip()), (1, IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(redirect_uri.as_str(), format!("http://127.0.0.1:{}/callback", address.port()));
    }

    #[test]
    fn localhost_is_bound_on_both_families_at_one_port() {
        let (listeners, redirect_uri) = bind(Some(&url("http://localhost/oidc/callback"))).expect("a listener");
        let addresses: Vec<SocketAddr> = listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect();
        assert!(addresses.iter().all(|address| Some(address.port()) == redirect_uri.port() && address.ip().is_loopback()), "{addresses:?}");
        if TcpListener::bind("[::1]:0").is_ok() {
            assert_eq!(addresses.len(), 2, "this machine has ::1");
        }
    }

    #[test]
    fn a_taken_port_is_named_with_its_holder() {
        let held = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = held.local_addr().expect("an address").port();
        let error = bind(Some(&url(&format!("http://localhost:{port}/oidc/callback")))).expect_err("taken");
        assert!(error.sentence().starts_with(&format!("port {port} on 127.0.0.1 is taken by ")), "{error}");
        if cfg!(target_os = "linux") {
            assert!(error.sentence().contains(&format!("(process {})", std::process::id())), "{error}");
        }
    }

    #[test]
    fn other_hosts_and_schemes_are_refused() {
        for bad in ["https://127.0.0.1:1/cb", "http://0.0.0.0:1/cb", "http://app.example/cb", "http://127.0.0.1:1/cb?x=1", "http://[::]:1/cb"] {
            assert!(bind(Some(&url(bad))).is_err(), "{bad}");
        }
    }
}
