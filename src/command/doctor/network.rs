//! The way to the provider: the proxy, the name, the connection; for the certificate at its end there is `certificate`. A check whose ground has failed before it is skipped.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use url::{Host, Url};

use super::finding::Finding;
use super::{Parts, at, certificate};
use crate::error::Error;
use crate::oidc::endpoints::is_loopback;
use crate::oidc::http::Route;
use crate::oidc::provider::{Contact, Provider};
use crate::profile::Profile;

/// The longest that a name is looked up, and that a connection is tried.
const LIMIT: Duration = Duration::from_secs(10);
/// How many addresses of a name are shown.
const SHOWN: usize = 3;

/// Looks at the way; the answer at its end is for the checks of the provider.
pub(super) fn look(profile: Option<&Profile>, parts: &Parts<'_>) -> (Vec<Finding>, Option<std::result::Result<Contact, Error>>) {
    let unknown = |because: &str| Vec::from(["proxy", "DNS", "connection", "certificate"].map(|name| Finding::skipped(name, because)));
    let Some(profile) = profile else { return (unknown("no provider is known"), None) };
    let url = match Provider::first_address(&profile.settings) {
        Ok(url) => url,
        Err(error) => return (unknown("there is no address to ask"), Some(Err(error))),
    };
    let (proxy, target) = match parts.http_settings.route(&url) {
        Ok(route) => (proxy(&route, &url), target(&route, &url)),
        Err(error) => {
            let rest = ["DNS", "connection", "certificate"].map(|name| Finding::skipped(name, "the proxy is not known"));
            let failed = Finding::failed_by("proxy", &error, "look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
            return (std::iter::once(failed).chain(rest).collect(), Some(Err(error)));
        }
    };
    let (name, addresses) = resolve(&target);
    let connection = match &addresses {
        Some(addresses) => connect(&target, addresses),
        None => Finding::skipped("connection", "the address is not known"),
    };
    let contact = Provider::contact(parts.http, &profile.settings);
    let certificate = certificate::of_provider(&url, &contact, profile, parts);
    (vec![proxy, name, connection, certificate], Some(contact.map_err(|(_, error)| error)))
}

/// What a connection is made to: the provider, or the proxy before it.
#[derive(Debug)]
struct Target {
    host: String,
    port: u16,
    is_proxy: bool,
    may_be_loopback: bool,
}

fn target(route: &Route, url: &Url) -> Target {
    match route {
        Route::Proxy { host, port, .. } => Target { host: host.clone(), port: *port, is_proxy: true, may_be_loopback: true },
        Route::Direct | Route::Excepted(_) => Target {
            host: match url.host() {
                Some(Host::Ipv6(address)) => address.to_string(),
                _ => url.host_str().unwrap_or_default().to_owned(),
            },
            port: url.port_or_known_default().unwrap_or_default(),
            is_proxy: false,
            may_be_loopback: is_loopback(url),
        },
    }
}

fn proxy(route: &Route, url: &Url) -> Finding {
    let to = at(url);
    Finding::ok(
        "proxy",
        match route {
            Route::Direct => format!("none for {to}"),
            Route::Excepted(variable) => format!("none for {to}, by {variable}"),
            Route::Proxy { variable, address, .. } => format!("{address} for {to}, from {variable}"),
        },
    )
}

fn resolve(target: &Target) -> (Finding, Option<Vec<SocketAddr>>) {
    let (host, port) = (&target.host, target.port);
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return (Finding::ok("DNS", format!("{host} is an address")), Some(vec![SocketAddr::new(address, port)]));
    }
    let (sender, receiver) = channel();
    let name = host.clone();
    // The system's own look-up knows no limit.
    thread::spawn(move || sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>)));
    let found = match receiver.recv_timeout(LIMIT) {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            return (
                Finding::failed(
                    "DNS",
                    format!("{host} is not known: {error}"),
                    "look at the name, and whether this network knows it (is a VPN needed?)",
                ),
                None,
            );
        }
        Err(_) => {
            return (Finding::failed("DNS", format!("the look-up of {host} takes more than 10 s"), "look at this machine's name servers"), None);
        }
    };
    let mut addresses: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    addresses.dedup();
    let more = if addresses.len() > SHOWN { format!(" and {} more", addresses.len() - SHOWN) } else { String::new() };
    let detail = format!("{host} is {}{more}", addresses.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "));
    let finding = match found.iter().all(|address| address.ip().is_loopback() || address.ip().is_unspecified()) {
        _ if found.is_empty() => return (Finding::failed("DNS", format!("{host} has no address"), "look at the name"), None),
        true if !target.may_be_loopback => {
            Finding::warning("DNS", format!("{detail}, which is this machine itself"), "look at /etc/hosts and at this network's name server")
        }
        _ => Finding::ok("DNS", detail),
    };
    (finding, Some(found))
}

fn connect(target: &Target, addresses: &[SocketAddr]) -> Finding {
    let what = if target.is_proxy { "the proxy at " } else { "" };
    let until = Instant::now() + LIMIT;
    let mut last = None;
    for address in addresses {
        let started = Instant::now();
        let left = until.saturating_duration_since(started).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(address, left) {
            Ok(_) => return Finding::ok("connection", format!("{what}{address} takes connections ({} ms)", started.elapsed().as_millis())),
            Err(error) => last = Some((address, error)),
        }
    }
    let Some((address, error)) = last else { return Finding::skipped("connection", "the address is not known") };
    let (why, advice) = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => ("nothing listens there (connection refused)".to_owned(), "look at the port, and whether it runs"),
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
            ("no answer in 10 s".to_owned(), "look at what filters connections on the way: a firewall, a VPN that is off, a proxy that is needed")
        }
        _ => (error.to_string(), "look at this machine's network"),
    };
    Finding::failed("connection", format!("{what}{address} can't be reached: {why}"), advice)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    fn target_of(host: &str, may_be_loopback: bool) -> Target {
        Target { host: host.to_owned(), port: 443, is_proxy: false, may_be_loopback }
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_warned_of_unless_it_says_so() {
        let outcome = |may_be| resolve(&target_of("localhost", may_be)).0.outcome;
        assert_eq!((outcome(true), outcome(false)), (Outcome::Ok, Outcome::Warning));
    }

    #[test]
    fn a_name_that_nobody_knows_fails_and_gives_nothing_to_connect_to() {
        let (finding, addresses) = resolve(&target_of("kc.invalid", false));
        assert_eq!((finding.outcome, addresses), (Outcome::Failed, None));
        assert!(finding.detail.starts_with("kc.invalid "), "{finding:?}");
    }

    #[test]
    fn an_address_is_no_name() {
        let (finding, addresses) = resolve(&target_of("::1", true));
        assert_eq!((finding.detail.as_str(), addresses.map(|found| found.len())), ("::1 is an address", Some(1)));
    }
}
