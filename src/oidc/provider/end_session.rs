//! Ending what a login began: the provider's session (RP-Initiated Logout 1.0, in the form that Keycloak answers without a browser) and single tokens
//! (RFC 7009). Both are plain forms, made here because the library refuses plain http for revocation even on the loopback.

use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::response::document;
use super::{Client, Provider, in_words};
use crate::encoding::to_base64;
use crate::error::{Error, Result};
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::Request;
use crate::secret::Secret;

/// How something came to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By this call.
    Now,
    /// It already was, by logout elsewhere, by an administrator, or by its age.
    Before,
}

impl Provider<'_> {
    /// Ends the session behind a refresh token, without a browser. An offline session survives this, so its refresh token must be
    /// [revoked](Self::revoke) as well.
    ///
    /// # Errors
    /// There is no such endpoint, or it can't be reached or refuses.
    pub fn end_session(&self, client: &Client, refresh_token: &Secret<String>) -> Result<Ended> {
        let at = self.endpoints.end_session.as_ref().ok_or_else(|| Error::failed("the provider has no end session endpoint"))?;
        self.post(at, client, &[("refresh_token", refresh_token.expose())])
    }

    /// Revokes a refresh token, and with it what was issued from it (RFC 7009 section 2.1).
    ///
    /// # Errors
    /// There is no such endpoint, or it can't be reached or refuses.
    pub fn revoke(&self, client: &Client, refresh_token: &Secret<String>) -> Result<Ended> {
        let at = self.endpoints.revocation.as_ref().ok_or_else(|| Error::failed("the provider has no revocation endpoint"))?;
        self.post(at, client, &[("token", refresh_token.expose()), ("token_type_hint", "refresh_token")])
    }

    fn post(&self, at: &Url, client: &Client, fields: &[(&str, &str)]) -> Result<Ended> {
        let response = self.send(form(at, client, fields))?;
        if response.status().is_success() {
            return Ok(Ended::Now);
        }
        let said: serde_json::Value = document(&response).unwrap_or_default();
        let text = |name| said.get(name).and_then(|value: &serde_json::Value| value.as_str());
        if text("error") == Some("invalid_grant") {
            return Ok(Ended::Before);
        }
        let words = text("error").map_or_else(|| response.status().to_string(), |code| in_words(code, text("error_description")));
        Err(Error::failed(words))
    }
}

/// A form with the client's authentication (RFC 6749 section 2.3.1: for Basic, id and secret are form-encoded first).
fn form(at: &Url, client: &Client, fields: &[(&str, &str)]) -> Request {
    let mut body = Serializer::new(String::new());
    body.extend_pairs(fields);
    let secret = client.secret.as_ref().map_or("", |secret| secret.expose().as_str());
    let mut authorization = None;
    match client.authentication {
        ClientAuthentication::None => {
            body.append_pair("client_id", &client.id);
        }
        ClientAuthentication::ClientSecretPost => {
            body.append_pair("client_id", &client.id).append_pair("client_secret", secret);
        }
        ClientAuthentication::ClientSecretBasic => {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            // The credentials of HTTP Basic authentication (RFC 7617 section 2).
            let credentials = to_base64(format!("{}:{}", encode(&client.id), encode(secret)));
            authorization = Some(format!("Basic {credentials}"));
        }
    }
    let mut request = Request::new(body.finish().into_bytes());
    *request.method_mut() = openidconnect::http::Method::POST;
    *request.uri_mut() = at.as_str().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert("content-type", openidconnect::http::HeaderValue::from_static("application/x-www-form-urlencoded"));
    if let Some(value) = authorization.and_then(|value| value.parse().ok()) {
        headers.insert("authorization", value);
    }
    request
}
