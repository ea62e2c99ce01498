//! Sites that a profile's token may be sent to by programs which ask for it by the site's name, as git and docker do.
//!
//! Such a program asks about every site it talks to. A token that is for a company's own services must not reach another that happens to ask, so the
//! sites are written down by name, and nothing but exactly those is answered.

use url::Url;

use crate::error::{Error, Result};
use crate::oidc::endpoints::{IN_ASCII, is_loopback};

/// A host, with its port where that is not the one of `https`: in lower case. An international name has to be written in its ASCII form.
///
/// # Errors
/// It is no host, or there is more to it than a port and `https://` before it.
pub fn parse_site(text: &str) -> Result<String> {
    let example = "write it as git.example.com, or with a port as git.example.com:8443";
    let bad = || Error::usage(format!("`{text}` is not a host")).hint(if text.is_ascii() { example } else { IN_ASCII });
    let url = parse(text).ok_or_else(bad)?;
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|_| is_bare && url.scheme() == "https").ok_or_else(bad)?;
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// An address without a user name and a password, of `https` where it names no scheme.
fn parse(text: &str) -> Option<Url> {
    // The parser takes line breaks and tabs out, and would find a site that nobody has written.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Url::parse(&address).ok().filter(|url| url.username().is_empty() && url.password().is_none())
}

/// What a program asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The site, as [`parse_site`] writes it.
    pub site: String,
    /// Whether everybody on the way could read what is sent there: by plain http to another machine.
    pub is_in_the_clear: bool,
}

/// The site in the address of something there, with or without a scheme.
///
/// # Errors
/// It is none of the web's addresses, or has a user name in it.
pub fn parse_address(text: &str) -> Result<Address> {
    let bad = || Error::usage(format!("`{text}` is not an address of the web"));
    let url = parse(text).filter(|url| matches!(url.scheme(), "https" | "http")).ok_or_else(bad)?;
    let host = url.host_str().ok_or_else(bad)?;
    let is_plain = url.scheme() == "http";
    // The port that goes without saying is another for each scheme.
    let port = url.port().or(is_plain.then_some(80)).filter(|port| *port != 443);
    let site = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok(Address { site, is_in_the_clear: is_plain && !is_loopback(&url) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_site() {
        for (text, site, is_in_the_clear) in [
            ("registry.example.com", "registry.example.com", false),
            ("Registry.example.com:5000", "registry.example.com:5000", false),
            ("registry.example.com:443/team/app", "registry.example.com", false),
            ("https://registry.example.com/v2/", "registry.example.com", false),
            ("https://registry.example.com:5000/v2/", "registry.example.com:5000", false),
            ("http://127.0.0.1:5000/v2/", "127.0.0.1:5000", false),
            ("http://localhost", "localhost:80", false),
            ("[::1]:5000", "[::1]:5000", false),
            ("http://registry.example.com", "registry.example.com:80", true),
            ("http://registry.example.com:443", "registry.example.com", true),
        ] {
            assert_eq!(parse_address(text), Ok(Address { site: site.to_owned(), is_in_the_clear }), "{text}");
        }
        for bad in ["", "ftp://a", "u@a", "https://u:p@a/", "a b", "a\n", "git.\texample.com", "a:x", "https://", "//", "a:99999"] {
            assert!(parse_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_site_has_one_form() {
        for (text, site) in [
            ("git.example.com", "git.example.com"),
            ("GIT.Example.COM:443", "git.example.com"),
            ("https://git.example.com/", "git.example.com"),
            ("git.example.com:8443", "git.example.com:8443"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
            ("[::1]:3000", "[::1]:3000"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(parse_site(text).as_deref(), Ok(site), "{text}");
        }
        assert_eq!(parse_site("b\u{fc}cher.example").expect_err("none").hint_text(), Some(IN_ASCII));
        for bad in ["", "a/b", "a?b", "u@a", "u:p@a", "http://a", "ftp://a", "a b", "a:x", "a\n", "git.\texample.com", "https://a/x"] {
            assert!(parse_site(bad).is_err(), "{bad:?}");
        }
    }
}
