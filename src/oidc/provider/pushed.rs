//! Pushed authorization requests (RFC 9126): the request goes to the provider by a POST with the client's authentication, and the browser is sent with a
//! name for it only.
//!
//! When a request is pushed, and how often, is left to the login; what a refusal means to the person, to the login and the doctor.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::form::form;
use super::refusal::{Attempt, client_refused, unknown_scope};
use super::response::{document, require_service};
use super::token_endpoint::without_values;
use super::{Client, Provider, in_words};
use crate::error::{Error, Result};
use crate::oidc::authorization::AuthorizationRequest;

/// The longest that pushing may take: a browser may be waiting for it.
const LIMIT: Duration = Duration::from_secs(10);
/// The longest name for a request that is taken, in bytes. It goes into an address.
const LONGEST: usize = 2048;

/// A request that was pushed.
#[derive(Debug, PartialEq, Eq)]
pub struct Pushed {
    /// What the browser is sent to: the authorization endpoint with the client's ID and the request's name (section 4).
    pub url: Url,
    /// For how long the provider knows that name.
    pub expires_in: Duration,
}

/// What the provider does not like about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The client, or how it proves who it is.
    Client,
    /// The redirect URI.
    RedirectUri,
    /// A scope.
    Scope,
    /// Something else.
    Other,
}

/// The provider takes no request like this one (section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRefusal {
    /// What about.
    pub objection: Objection,
    /// The provider's words.
    pub words: String,
}

#[derive(Deserialize)]
struct Wire {
    request_uri: String,
    expires_in: u64,
}

/// Whether an authorization error response means that the client has to push its requests: Keycloak says so in words only.
#[must_use]
pub fn wants_pushing(error: &str, description: Option<&str>) -> bool {
    error == "invalid_request" && description.is_some_and(|text| text.to_ascii_lowercase().contains("pushed authorization request"))
}

impl Provider<'_> {
    /// Pushes a request: all of its parameters, with the client's authentication as at the token endpoint (section 2.1).
    ///
    /// # Errors
    /// The provider has no endpoint for it or can't be reached, or answers something that names no request. That it refuses the request is the inner
    /// error.
    pub fn push(&self, client: &Client, request: &AuthorizationRequest) -> Result<std::result::Result<Pushed, PushRefusal>> {
        let at = self.endpoints.pushed_authorization_request.as_ref().ok_or_else(|| {
            Error::failed(format!("the provider at {} has no endpoint for pushed authorization requests", self.name())).hint(
                "if they were asked for by mistake, sign in with `--pushed-authorization-requests=false`; where the provider has no discovery, name the \
                 endpoint by `--pushed-authorization-request-endpoint`",
            )
        })?;
        client.known_secret()?;
        // What the endpoint's own address has comes first, and stays there.
        let own = self.endpoints.authorization.query_pairs().count();
        let parameters: Vec<_> = request.url.query_pairs().skip(own).filter(|(name, _)| name != "client_id").collect();
        let fields: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
        let response = self.http.send_within(LIMIT, form(at, client, &fields))?;
        require_service(at.host_str().unwrap_or_default(), &response)?;
        let unusable = || Error::failed("the sign-in failed: the provider's answer is not one to a pushed authorization request");
        let said: Value = document(&response).map_err(|error| unusable().detail(error.detail()))?;
        if !response.status().is_success() {
            let text = |name| said.get(name).and_then(Value::as_str);
            let code = text("error").ok_or_else(|| unusable().detail(response.status().to_string()))?;
            return Ok(Err(PushRefusal::of(response.status().as_u16(), code, text("error_description"))));
        }
        let wire: Wire = serde_json::from_value(said).map_err(|error| unusable().detail(without_values(&error)))?;
        wire.checked(&self.endpoints.authorization, &client.id).map(Ok).map_err(|what| unusable().detail(what))
    }
}

impl PushRefusal {
    /// The codes are OAuth's; Keycloak's is nearly always `invalid_request`, and its words say what it is about.
    fn of(status: u16, code: &str, description: Option<&str>) -> Self {
        let says = |what: &str| description.is_some_and(|text| text.contains(what));
        let objection = match code {
            _ if says("redirect_uri") => Objection::RedirectUri,
            "invalid_redirect_uri" => Objection::RedirectUri,
            "invalid_scope" => Objection::Scope,
            _ if says("Invalid scopes") => Objection::Scope,
            "invalid_client" => Objection::Client,
            _ if status == 401 => Objection::Client,
            _ => Objection::Other,
        };
        Self { objection, words: in_words(code, description) }
    }

    /// What it means to whoever signs in. `registered` is the redirect URI as it is registered.
    #[must_use]
    pub fn into_error(self, client: &Client, registered: &Url, scope: &[String]) -> Error {
        let words = self.words;
        match self.objection {
            Objection::Client => client_refused(Attempt::SignIn, client, &words),
            Objection::RedirectUri => Error::failed(format!("the sign-in failed: the provider refuses the redirect URI: {words}"))
                .hint(format!("allow {registered} for the client `{}` at the provider", client.id)),
            Objection::Scope => unknown_scope(&scope.join(" "), &words),
            Objection::Other => Error::failed(format!("the provider refused the sign-in: {words}")),
        }
    }
}

impl Wire {
    /// A name that can stand in an address, for a time.
    fn checked(self, authorization: &Url, client_id: &str) -> std::result::Result<Pushed, &'static str> {
        let is_uri = self.request_uri.bytes().all(|byte| byte.is_ascii_graphic()) && Url::parse(&self.request_uri).is_ok();
        if !is_uri || self.request_uri.len() > LONGEST {
            return Err("its `request_uri` is no URI");
        }
        if self.expires_in == 0 {
            return Err("its `expires_in` leaves no time");
        }
        let mut url = authorization.clone();
        url.set_fragment(None);
        url.query_pairs_mut().append_pair("client_id", client_id).append_pair("request_uri", &self.request_uri);
        Ok(Pushed { url, expires_in: Duration::from_secs(self.expires_in) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(request_uri: &str, expires_in: u64) -> std::result::Result<Pushed, &'static str> {
        let at = Url::parse("https://kc.example/auth?tenant=a").expect("a URL");
        Wire { request_uri: request_uri.to_owned(), expires_in }.checked(&at, "my client")
    }

    #[test]
    fn the_browser_is_sent_with_the_client_and_the_request_s_name_only() {
        let pushed = checked("urn:ietf:params:oauth:request_uri:6esc&x=y", 60).expect("taken");
        let query = "tenant=a&client_id=my+client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc%26x%3Dy";
        assert_eq!(pushed.url.as_str(), format!("https://kc.example/auth?{query}"));
    }

    #[test]
    fn what_is_no_uri_or_has_no_time_is_not_taken() {
        for bad in ["", "no uri", "urn:a b", "urn:a\u{1b}[2J", "urn:a\r\nb", "urn:\u{e4}", "//host/path", &format!("urn:{}", "a".repeat(LONGEST))] {
            assert_eq!(checked(bad, 60), Err("its `request_uri` is no URI"), "{bad:?}");
        }
        assert_eq!(checked("urn:a:b", 0), Err("its `expires_in` leaves no time"));
        assert!(checked("https://kc.example/requests/1", u64::MAX).is_ok());
    }

    #[test]
    fn what_a_refusal_is_about_is_told_by_its_code_or_by_keycloak_s_words() {
        for (status, code, description, expected) in [
            (400, "invalid_request", Some("Invalid parameter: redirect_uri"), Objection::RedirectUri),
            (400, "invalid_redirect_uri", None, Objection::RedirectUri),
            (400, "invalid_request", Some("Invalid scopes: nonsense"), Objection::Scope),
            (400, "invalid_scope", None, Objection::Scope),
            (401, "invalid_request", Some("Authentication failed."), Objection::Client),
            (400, "invalid_client", None, Objection::Client),
            (400, "unauthorized_client", Some("Client is not allowed to initiate browser login"), Objection::Other),
            (400, "invalid_request", None, Objection::Other),
        ] {
            assert_eq!(PushRefusal::of(status, code, description).objection, expected, "{code} {description:?}");
        }
    }

    #[test]
    fn a_client_that_has_to_push_is_known_by_keycloak_s_words() {
        assert!(wants_pushing("invalid_request", Some("Pushed Authorization Request is only allowed.")));
        assert!(!wants_pushing("invalid_request", Some("Missing parameter: code_challenge_method")));
        assert!(!wants_pushing("invalid_request", None) && !wants_pushing("access_denied", Some("pushed authorization request")));
    }
}
