//! Where a provider listens, and which of its URLs are safe to talk to.
//!
//! How the URLs are found (discovery, an imported file, the command line) is left to `provider` and `profile`.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, ParseError, Url};

use crate::error::{Error, Result};

/// The provider's endpoints that kclogin uses, by their names in OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// `authorization_endpoint`
    pub authorization: Url,
    /// `token_endpoint`
    pub token: Url,
    /// `userinfo_endpoint`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<Url>,
    /// `jwks_uri`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Url>,
    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0 section 2.1)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session: Option<Url>,
    /// `revocation_endpoint` (RFC 7009)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Url>,
    /// `introspection_endpoint` (RFC 7662)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<Url>,
    /// `device_authorization_endpoint` (RFC 8628 section 4)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization: Option<Url>,
    /// `pushed_authorization_request_endpoint` (RFC 9126 section 5)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request: Option<Url>,
}

impl Endpoints {
    /// The endpoints of a Keycloak realm, whose shape is the same for every realm since Keycloak 1.
    ///
    /// # Errors
    /// The issuer is not a URL that can have a path.
    pub fn of_keycloak(issuer: &str) -> Result<Self> {
        let at = |rest: &str| parse_url("issuer", &format!("{}/protocol/openid-connect/{rest}", issuer.trim_end_matches('/')));
        Ok(Self {
            authorization: at("auth")?,
            token: at("token")?,
            userinfo: Some(at("userinfo")?),
            jwks: Some(at("certs")?),
            end_session: Some(at("logout")?),
            revocation: Some(at("revoke")?),
            introspection: Some(at("token/introspect")?),
            device_authorization: Some(at("auth/device")?),
            pushed_authorization_request: Some(at("ext/par/request")?),
        })
    }

    /// The issuer that Keycloak's URL shape gives: `ISSUER/protocol/openid-connect/auth` and `.../token` belong to `ISSUER`, if both do.
    #[must_use]
    pub fn keycloak_issuer(&self) -> Option<String> {
        let issuer = self.authorization.as_str().strip_suffix("/protocol/openid-connect/auth")?;
        let same = self.token.as_str().strip_suffix("/protocol/openid-connect/token")? == issuer;
        (same && issuer.contains("/realms/")).then(|| issuer.to_owned())
    }

    /// The same with the missing ones filled in, where the shape of these is Keycloak's.
    #[must_use]
    pub fn completed_as_keycloak(self) -> Self {
        let Some(whole) = self.keycloak_issuer().and_then(|issuer| Self::of_keycloak(&issuer).ok()) else { return self };
        Self {
            userinfo: self.userinfo.or(whole.userinfo),
            jwks: self.jwks.or(whole.jwks),
            end_session: self.end_session.or(whole.end_session),
            revocation: self.revocation.or(whole.revocation),
            introspection: self.introspection.or(whole.introspection),
            device_authorization: self.device_authorization.or(whole.device_authorization),
            pushed_authorization_request: self.pushed_authorization_request.or(whole.pushed_authorization_request),
            ..self
        }
    }

    /// Every endpoint with its name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        let required = [("authorization_endpoint", &self.authorization), ("token_endpoint", &self.token)];
        let optional = [
            ("userinfo_endpoint", &self.userinfo),
            ("jwks_uri", &self.jwks),
            ("end_session_endpoint", &self.end_session),
            ("revocation_endpoint", &self.revocation),
            ("introspection_endpoint", &self.introspection),
            ("device_authorization_endpoint", &self.device_authorization),
            ("pushed_authorization_request_endpoint", &self.pushed_authorization_request),
        ];
        required.into_iter().chain(optional.into_iter().filter_map(|(name, url)| url.as_ref().map(|url| (name, url))))
    }

    /// Refuses endpoints that would send secrets in the clear.
    ///
    /// # Errors
    /// One of them is not `https`, and not `http` on a loopback address.
    pub fn require_secure(&self) -> Result<()> {
        self.named().try_for_each(|(name, url)| require_secure(name, url))
    }
}

/// How the client proves who it is at the token endpoint (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// A public client: it only names itself.
    None,
    /// HTTP Basic with form-encoded id and secret (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// id and secret in the form.
    ClientSecretPost,
}

impl fmt::Display for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        })
    }
}

/// What to do about a host name with foreign letters, which may be taken for another name.
pub const IN_ASCII: &str = "write the name in ASCII, with `xn--`, as it is in the network; browsers copy it so from their address bar";

/// Parses a URL that has a host and is either `https` or `http`.
///
/// # Errors
/// It isn't one; `what` names it in the sentence.
pub fn parse_url(what: &str, text: &str) -> Result<Url> {
    // What can't be parsed may hold a password all the same.
    let quoted = if text.contains('@') { String::new() } else { format!(" `{text}`") };
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase if !quoted.is_empty() => {
            Error::usage(format!("the {what}{quoted} has no https:// in front")).hint(format!("write it in full, such as https://{text}"))
        }
        ParseError::IdnaError => Error::usage(format!("the {what}{quoted} has a host name with other letters than those of ASCII")).hint(IN_ASCII),
        error => Error::usage(format!("the {what}{quoted} is not a URL: {error}"))
            .hint("write it in full, such as https://keycloak.example.com/realms/NAME"),
    })?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(Error::usage(format!("the {what}{quoted} is not an https URL")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::usage(format!("the {what} must not hold a user name or a password")));
    }
    Ok(url)
}

/// Whether the URL's host can only be this machine: a literal in 127.0.0.0/8, `[::1]`, or `localhost` (RFC 6761 section 6.3).
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Refuses a URL that would send secrets in the clear (RFC 6749 sections 3.1 and 3.2, OpenID Connect Discovery 1.0 section 4).
///
/// # Errors
/// It is not `https`, and not `http` on a loopback address.
pub fn require_secure(what: &str, url: &Url) -> Result<()> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return Ok(());
    }
    Err(Error::usage(format!("the {what} `{url}` is plain http, so anybody on the network could read and change what is sent"))
        .hint("use https; plain http is accepted on a loopback address only, such as http://127.0.0.1:8080/realms/NAME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        let check = |text: &str| require_secure("issuer", &parse_url("issuer", text).expect("a URL"));
        for good in ["https://kc.example/realms/a", "http://127.0.0.1:8080/", "http://[::1]/x", "http://localhost:8080/", "http://kc.localhost/"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["http://kc.example/realms/a", "http://127.0.0.1.example/", "http://localhost.example/", "http://10.0.0.1/"] {
            assert!(check(bad).expect_err(bad).sentence().contains("plain http"), "{bad}");
        }
    }

    #[test]
    fn only_web_urls_without_user_info_are_parsed() {
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "keycloak.example.com", "https://", "https://user:pw@kc.example/", "-flag"] {
            assert!(parse_url("issuer", bad).is_err(), "{bad}");
        }
        for bad in ["https://user:s3cr3t@kc.example/", "https://user:s3cr3t@kc.example:99999/", "user:s3cr3t@kc.example", "//user:s3cr3t@kc.example"]
        {
            let error = parse_url("issuer", bad).expect_err("refused");
            assert!(!format!("{error:?}").contains("s3cr3t"), "the password must not be repeated: {error:?}");
        }
    }

    #[test]
    fn endpoints_that_an_older_program_stored_are_read() {
        let stored = r#"{"authorization":"https://kc.example/auth","token":"https://kc.example/token","userinfo":"https://kc.example/me"}"#;
        let endpoints: Endpoints = serde_json::from_str(stored).expect("endpoints");
        assert_eq!((endpoints.device_authorization.as_ref(), endpoints.named().count()), (None, 3));
        assert_eq!(serde_json::to_string(&endpoints).expect("JSON"), stored);
    }

    #[test]
    fn keycloak_endpoints_follow_the_realm_with_and_without_a_trailing_slash() {
        let endpoints = Endpoints::of_keycloak("https://kc.example/auth/realms/a/").expect("endpoints");
        assert_eq!(endpoints.token.as_str(), "https://kc.example/auth/realms/a/protocol/openid-connect/token");
        assert_eq!(endpoints, Endpoints::of_keycloak("https://kc.example/auth/realms/a").expect("endpoints"));
    }
}
