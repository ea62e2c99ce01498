//! Sites that a profile's token may be sent to by programs which ask for it by the site's name, as git and docker do.
//!
//! Such a program asks about every site it talks to. A token that is for a company's own services must not reach another that happens to ask, so the
//! sites are written down by name, and nothing but exactly those is answered.

use url::Url;

use crate::error::{Error, Result};

/// A host, with its port where that is not the one of `https`: in lower case, an international name in its ASCII form.
///
/// # Errors
/// It is no host, or there is more to it than a port and `https://` before it.
pub fn parse_site(text: &str) -> Result<String> {
    let bad = || Error::usage(format!("`{text}` is not a host")).hint("write it as git.example.com, or with a port as git.example.com:8443");
    // The parser takes line breaks and tabs out, and would find a site that nobody has written.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(bad());
    }
    let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&address).map_err(|_| bad())?;
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let host = url.host_str().filter(|_| is_bare && url.password().is_none() && url.scheme() == "https").ok_or_else(bad)?;
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_one_form() {
        for (text, site) in [
            ("git.example.com", "git.example.com"),
            ("GIT.Example.COM:443", "git.example.com"),
            ("https://git.example.com/", "git.example.com"),
            ("git.example.com:8443", "git.example.com:8443"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
            ("[::1]:3000", "[::1]:3000"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(parse_site(text).as_deref(), Ok(site), "{text}");
        }
        for bad in ["", "a/b", "a?b", "u@a", "u:p@a", "http://a", "ftp://a", "a b", "a:x", "a\n", "git.\texample.com", "https://a/x"] {
            assert!(parse_site(bad).is_err(), "{bad:?}");
        }
    }
}
