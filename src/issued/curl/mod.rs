//! What curl is told beside its own arguments, so that a token goes with its request and nowhere else (curl(1), RFC 6750 section 2.1).
//!
//! What the arguments ask for is read in `request`, what was answered in `answers`. Starting curl is left to the command.

mod answers;
mod options;
mod request;

use super::Issued;
use crate::error::{Error, Result};
use crate::secret::Secret;

pub use answers::{Answers, Said};
pub use request::CurlRequest;

/// The configuration, in the form of curl's `--config`. It is a secret.
///
/// The token is a header field of the request, which curl gives to no other host, and to no proxy, when it is sent on. Nothing but TLS carries it, except
/// on this machine: not even where an address without a scheme would mean plain http to curl. A `--proto` among the arguments comes after this and wins.
///
/// # Errors
/// The token has characters that no header field may have.
pub fn curl_config(issued: &Issued, request: &CurlRequest) -> Result<Secret<String>> {
    let field = issued.to_header();
    if !field.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Error::failed("the token has characters that can't be sent in a header"));
    }
    let field = field.replace('\\', r"\\").replace('"', "\\\"");
    let protocols = if request.is_to_this_machine() { "=http,https" } else { "=https" };
    // What a proxy answers to CONNECT is not the site's answer.
    Ok(Secret::new(format!("header = \"{field}\"\nproto = \"{protocols}\"\nproto-default = \"https\"\nsuppress-connect-headers\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(token: &str, arguments: &[&str]) -> Result<String> {
        let issued = Issued { token: Secret::from(token), expiry: None, scope: Vec::new(), issuer: String::new(), subject: None, proof_key: None };
        let arguments: Vec<_> = arguments.iter().map(Into::into).collect();
        curl_config(&issued, &CurlRequest::read(&arguments)).map(|config| config.expose().clone())
    }

    #[test]
    fn the_token_is_one_line_of_the_configuration_whatever_it_is() {
        let text = config(r#"a"b\c"#, &["https://api.example.com"]).expect("a configuration");
        assert_eq!(text.lines().next(), Some(r#"header = "Authorization: Bearer a\"b\\c""#));
        for bad in ["a\nurl = x", "a\rb", "a\0b", "a\tb", "ä"] {
            assert!(config(bad, &[]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (arguments, protocols) in [
            (&["https://api.example.com"][..], "=https"),
            (&["api.example.com"], "=https"),
            (&["http://api.example.com"], "=https"),
            (&["http://127.0.0.1:8080/x"], "=http,https"),
            (&["-s", "--url", "HTTP://localhost:8080/"], "=http,https"),
            (&["http://[::1]:8080/"], "=http,https"),
            (&["http://127.0.0.1:8080/x", "http://api.example.com"], "=https"),
            // What curl takes for a user name here, other readers take for the host.
            (&["http://127.0.0.1\\@api.example.com/"], "=https"),
            (&["http://127.0.0.1@api.example.com/"], "=https"),
            (&["http://{127.0.0.1,api.example.com}/"], "=https"),
        ] {
            let text = config("t", arguments).expect("a configuration");
            assert!(text.contains(&format!("\nproto = \"{protocols}\"\nproto-default = \"https\"\n")), "{arguments:?}: {text}");
        }
    }
}
