//! Which way requests go: through the proxy that the environment names, or straight there. Sending them is left to `http`.

use std::net::IpAddr;

use ureq::Proxy;
use url::{Host, Url};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::oidc::endpoints::is_loopback;
use crate::secret::Secret;

/// A proxy's URL, which may hold a password, and the variable that names it.
type Named = (&'static str, Secret<String>);

/// The proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    https: Option<Named>,
    http: Option<Named>,
    none: Option<(&'static str, String)>,
}

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

impl Proxies {
    pub(super) fn of(environment: &Environment) -> Self {
        let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, environment.get(name)?)));
        let proxy = |names: &[&'static str]| first(names).map(|(name, url)| (name, Secret::from(url)));
        Self {
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            http: proxy(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            none: first(&["no_proxy", "NO_PROXY"]).map(|(name, text)| (name, text.to_owned())),
        }
    }

    /// The variable and the URL of the proxy for a URL; like Go's and curl's users expect, never one for this machine itself.
    fn named_for(&self, url: &Url) -> Option<&Named> {
        let named = if url.scheme() == "https" { &self.https } else { &self.http };
        named.as_ref().filter(|_| !is_loopback(url))
    }

    fn exception_for(&self, url: &Url) -> Option<&'static str> {
        self.none.as_ref().filter(|(_, text)| is_excepted(text, url)).map(|(variable, _)| *variable)
    }

    /// How requests to a URL go.
    ///
    /// # Errors
    /// The variable that names the proxy holds no URL.
    pub(super) fn route(&self, url: &Url) -> Result<Route> {
        let Some((variable, text)) = self.named_for(url) else { return Ok(Route::Direct) };
        let proxy = parse(text)?;
        Ok(self.exception_for(url).map_or_else(
            || Route::Proxy {
                variable,
                address: format!("{}://{}:{}", proxy.protocol(), proxy.host(), proxy.port()),
                host: proxy.host().to_owned(),
                port: proxy.port(),
            },
            Route::Excepted,
        ))
    }

    /// The proxy for a URL, where it is not excepted.
    ///
    /// # Errors
    /// As [`route`](Self::route).
    pub(super) fn proxy_for(&self, url: &Url) -> Result<Option<Proxy>> {
        self.named_for(url).filter(|_| self.exception_for(url).is_none()).map(|(_, text)| parse(text)).transpose()
    }
}

/// The proxy of a URL, which may hold a password and so is never repeated.
fn parse(text: &Secret<String>) -> Result<Proxy> {
    let bad = |_| Error::usage("the proxy named by the environment is not a URL").hint("look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
    Proxy::new(text.expose()).map_err(bad)
}

/// Whether `NO_PROXY` names the URL's host, as curl and Go read it: names with all below them, addresses, networks, each perhaps with a port, and `*`.
fn is_excepted(no_proxy: &str, url: &Url) -> bool {
    no_proxy.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| names(entry, url))
}

fn names(entry: &str, url: &Url) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, port) = apart(entry);
    if port.is_some_and(|port| url.port_or_known_default() != Some(port)) {
        return false;
    }
    match url.host() {
        Some(Host::Domain(host)) => {
            let (host, name) = (host.trim_end_matches('.'), name.trim_start_matches('*').trim_matches('.').to_ascii_lowercase());
            !name.is_empty() && host.strip_suffix(&name).is_some_and(|above| above.is_empty() || above.ends_with('.'))
        }
        Some(Host::Ipv4(address)) => is_in(IpAddr::V4(address), name),
        Some(Host::Ipv6(address)) => is_in(IpAddr::V6(address), name),
        None => false,
    }
}

/// An entry's name or address and its port.
fn apart(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    if entry.parse::<IpAddr>().is_ok() || entry.contains('/') {
        return (entry, None);
    }
    match entry.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (entry, None),
    }
}

/// Whether an address is this one, or in this network, such as `10.0.0.0/8`.
fn is_in(address: IpAddr, text: &str) -> bool {
    let (network, bits) = text.split_once('/').map_or((text, None), |(network, bits)| (network, Some(bits.parse::<u32>())));
    let (address, network, width) = match (address, network.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) => (u128::from(u32::from(address)), u128::from(u32::from(network)), 32),
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) => (u128::from(address), u128::from(network), 128),
        _ => return false,
    };
    match bits {
        None => address == network,
        Some(Ok(bits)) if bits <= width => (address ^ network).checked_shr(width - bits).unwrap_or(0) == 0,
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(pairs: &[(&str, &str)]) -> Proxies {
        Proxies::of(&Environment::from_pairs(pairs.iter().copied()))
    }

    fn proxy(proxies: &Proxies, url: &str) -> Option<String> {
        let proxy = proxies.proxy_for(&Url::parse(url).expect("a URL")).expect("a proxy or none")?;
        Some(proxy.host().to_owned())
    }

    #[test]
    fn proxies_are_chosen_by_scheme_and_never_for_this_machine() {
        let both = proxies(&[("HTTPS_PROXY", "http://s.example:3128"), ("HTTP_PROXY", "http://p.example"), ("NO_PROXY", "in.example, .lan")]);
        assert_eq!(proxy(&both, "https://kc.example/"), Some("s.example".to_owned()));
        assert_eq!(proxy(&both, "http://kc.example/"), Some("p.example".to_owned()));
        assert_eq!(proxy(&both, "https://in.example/"), None);
        assert_eq!(proxy(&both, "https://kc.lan/"), None);
        for here in ["http://127.0.0.1:8080/", "http://localhost:8080/", "https://[::1]/", "https://kc.localhost/"] {
            assert_eq!(proxy(&both, here), None, "{here}");
        }
        assert_eq!(proxy(&proxies(&[("ALL_PROXY", "http://a.example")]), "https://kc.example/"), Some("a.example".to_owned()));
        assert_eq!(
            proxy(&proxies(&[("https_proxy", "http://l.example"), ("HTTPS_PROXY", "http://u.example")]), "https://kc.example/"),
            Some("l.example".to_owned())
        );
    }

    #[test]
    fn exceptions_are_hosts_with_all_below_them_ports_addresses_and_networks() {
        let is = |entries: &str, url: &str| is_excepted(entries, &Url::parse(url).expect("a URL"));
        for (entries, url) in [
            ("kc.example", "https://kc.example/"),
            ("KC.Example.", "https://kc.example:8443/"),
            ("example", "https://kc.example/"),
            (".example", "https://kc.example/"),
            ("*.example", "https://kc.example/"),
            ("a b,kc.example:8443", "https://kc.example:8443/"),
            ("kc.example:443", "https://kc.example/"),
            ("10.1.2.3", "https://10.1.2.3/"),
            ("10.1.2.3:8443", "https://10.1.2.3:8443/"),
            ("10.0.0.0/8", "https://10.1.2.3/"),
            ("0.0.0.0/0", "https://10.1.2.3/"),
            ("2001:db8::1", "https://[2001:db8::1]/"),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/"),
            ("2001:db8::/32", "https://[2001:db8:1::1]/"),
            ("*", "https://kc.example/"),
        ] {
            assert!(is(entries, url), "{entries} {url}");
        }
        for (entries, url) in [
            ("", "https://kc.example/"),
            (",", "https://kc.example/"),
            (".", "https://kc.example/"),
            ("c.example", "https://kc.example/"),
            ("www.kc.example", "https://kc.example/"),
            ("kc.example:8443", "https://kc.example/"),
            ("10.1.2", "https://10.1.2.3/"),
            ("10.0.0.0/16", "https://10.1.2.3/"),
            ("10.0.0.0/33", "https://10.1.2.3/"),
            ("10.0.0.0/x", "https://10.1.2.3/"),
            ("::/0", "https://10.1.2.3/"),
            ("[2001:db8::1]:443", "https://[2001:db8::1]:8443/"),
        ] {
            assert!(!is(entries, url), "{entries} {url}");
        }
    }

    #[test]
    fn a_bad_proxy_is_an_error_that_does_not_repeat_its_password() {
        let url = Url::parse("https://kc.example/").expect("a URL");
        let error = proxies(&[("HTTPS_PROXY", "ht!tp://user:hunter2@")]).proxy_for(&url).expect_err("refused");
        assert!(!format!("{error:?}").contains("hunter2"));
        let proxies = proxies(&[("HTTPS_PROXY", "http://user:hunter2@p.example")]);
        assert!(!format!("{proxies:?}").contains("hunter2"));
    }
}
