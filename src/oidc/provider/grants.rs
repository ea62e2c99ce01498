//! The token endpoint's grants besides a login's: token exchange (RFC 8693) and a client's own credentials (RFC 6749 section 4.4).

use openidconnect::{RequestTokenError, Scope};
use serde_json::Value;

use super::dpop::Proving;
use super::form::form;
use super::refusal::{self, Attempt};
use super::response::document;
use super::token_endpoint::{WireResponse, refused, without_values};
use super::{Client, Provider};
use crate::clock::Timestamp;
use crate::derived::Target;
use crate::error::{Error, Result};
use crate::oidc::provider::TokenResponse;
use crate::secret::Secret;

/// What a token and its kind are called (RFC 8693 section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What came of a token exchange.
#[derive(Debug)]
pub enum Exchanged {
    /// Another access token.
    Token(TokenResponse),
    /// The provider does not accept the access token that was to be exchanged, although it has not expired.
    SubjectRefused(Error),
}

impl Provider<'_> {
    /// Exchanges an access token for one for a target (RFC 8693 section 2.1).
    ///
    /// # Errors
    /// The provider can't be reached, does not let this client exchange, does not know the target, or answers something that is no token response.
    pub fn exchange_token(&self, client: &Client, subject: &Secret<String>, target: &Target, now: Timestamp) -> Result<Exchanged> {
        client.known_secret()?;
        let scope = target.scope().join(" ");
        let mut fields = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", subject.expose()),
            ("subject_token_type", ACCESS_TOKEN),
            ("requested_token_type", ACCESS_TOKEN),
        ];
        fields.extend(target.audience().iter().map(|audience| ("audience", audience.as_str())));
        fields.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        let request = form(&self.endpoints.token, client, &fields);
        let response = self.send_proved(request, Proving { now, access_token: None }, &|request| self.send(request))?;
        let no_response = || Error::failed("the token exchange failed: the provider's answer is not a token response");
        let said: Value = document(&response).map_err(|unusable| no_response().detail(unusable.detail()))?;
        let text = |name| said.get(name).and_then(Value::as_str);
        if !response.status().is_success() {
            let (code, description) = (text("error").unwrap_or("an answer without a reason"), text("error_description"));
            let error = refusal::refused(Attempt::Exchange, client, self.name(), code, description);
            let is_subject = matches!(code, "invalid_token" | "invalid_grant") || description == Some("Invalid token");
            return if is_subject { Ok(Exchanged::SubjectRefused(error)) } else { Err(error) };
        }
        // Section 2.2.1: what was issued may be of another type than what was asked for.
        if text("issued_token_type") != Some(ACCESS_TOKEN) {
            return Err(Error::failed("the token exchange failed: the provider gave something else than an access token"));
        }
        let wire: WireResponse = serde_json::from_value(said).map_err(|error| no_response().detail(without_values(&error)))?;
        TokenResponse::read(&wire, self.proof_key(), now).map(Exchanged::Token)
    }

    /// Asks for an access token of the client's own service account (RFC 6749 section 4.4).
    ///
    /// # Errors
    /// The provider can't be reached, refuses the client, or answers something that is no token response.
    pub fn client_credentials(&self, client: &Client, scope: &[String], now: Timestamp) -> Result<TokenResponse> {
        let wire = self.wire_client(client)?;
        let request = wire.exchange_client_credentials().add_scopes(scope.iter().cloned().map(Scope::new));
        let response = request.request(&|request| self.token_request(request, now)).map_err(|error| match &error {
            RequestTokenError::ServerResponse(said) if said.error().as_ref() == "invalid_scope" => {
                Error::failed(format!("the provider does not give the client `{}` the scope `{}`", client.id, scope.join(" ")))
                    .hint("ask an administrator to add it to the client, or leave out `--scope`")
            }
            _ => refused(Attempt::ClientCredentials, client, self.name(), error),
        })?;
        TokenResponse::read(&response, self.proof_key(), now)
    }
}
