//! Ending what a login began: the provider's session (RP-Initiated Logout 1.0, in the form that Keycloak answers without a browser) and single tokens
//! (RFC 7009). Both are plain forms, made here because the library refuses plain http for revocation even on the loopback.

use url::Url;

use super::authorize::random_secret;
use super::form::form;
use super::response::document;
use super::{Client, Provider, in_words};
use crate::error::{Error, Result};
use crate::oidc::logout::LogoutRequest;
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

    /// A request to end the session in the browser, with a state of 256 random bits (RP-Initiated Logout 1.0 section 2).
    ///
    /// # Errors
    /// There is no such endpoint.
    pub fn logout_request(&self, client_id: &str, id_token: &Secret<String>, redirect_uri: &Url) -> Result<LogoutRequest> {
        let at = self.endpoints.end_session.as_ref().ok_or_else(|| Error::failed("the provider has no end session endpoint"))?;
        let (mut url, state) = (at.clone(), random_secret());
        url.set_fragment(None);
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token.expose())
            .append_pair("client_id", client_id)
            .append_pair("post_logout_redirect_uri", redirect_uri.as_str())
            .append_pair("state", state.expose());
        Ok(LogoutRequest { url: Secret::new(url.into()), state })
    }

    /// Revokes a token of a kind that is not known (RFC 7009 section 2.1).
    ///
    /// # Errors
    /// There is no such endpoint, or it can't be reached or refuses.
    pub fn revoke_any(&self, client: &Client, token: &Secret<String>) -> Result<Ended> {
        let at = self.endpoints.revocation.as_ref().ok_or_else(|| Error::failed("the provider has no revocation endpoint"))?;
        self.post(at, client, &[("token", token.expose())])
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
        // Keycloak's answer has no body. A page is for somebody who would have to confirm it (RP-Initiated Logout 1.0 section 2).
        let is_page = response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if response.status().is_success() && is_page {
            return Err(Error::failed("the provider answers with a page for a browser"));
        }
        let said: serde_json::Value = document(&response).unwrap_or_default();
        let text = |name| said.get(name).and_then(|value: &serde_json::Value| value.as_str());
        if response.status().is_success() {
            // RFC 7009 section 2.2: a token that is not valid is no failure; Keycloak says in the answer that it was none.
            return Ok(if text("error") == Some("invalid_token") { Ended::Before } else { Ended::Now });
        }
        if text("error") == Some("invalid_grant") {
            return Ok(Ended::Before);
        }
        let words = text("error").map_or_else(|| response.status().to_string(), |code| in_words(code, text("error_description")));
        Err(Error::failed(words))
    }
}
