//! The token endpoint: redeeming a code and refreshing (RFC 6749 sections 4.1.3 and 6). What a refusal means is said by `refusal`.

use std::fmt;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields, IdTokenFields, IssuerUrl, JsonWebKeySet,
    OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenUrl,
};
use serde::{Deserialize, Serialize};

use super::dpop::Proving;
use super::id_token::MoreClaims;
use super::refusal::{self, Attempt};
use super::response::{Unusable, require_sound};
use super::{Client, Provider};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::authorization::AuthorizationRequest;
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::{Request, Response};
use crate::oidc::proof::ProofKey;
use crate::secret::Secret;

/// What came over the wire (RFC 6749 section 5.1), with times made absolute.
#[derive(Debug)]
pub struct TokenResponse {
    /// `access_token`
    pub access_token: Secret<String>,
    /// When the access token expires, if the provider said.
    pub expiry: Option<Timestamp>,
    /// `refresh_token`
    pub refresh_token: Option<Secret<String>>,
    /// When the refresh token expires unused, if the provider said that it does.
    pub refresh_expiry: Option<Timestamp>,
    /// `id_token`, not yet verified.
    pub id_token: Option<Secret<String>>,
    /// `scope`, where it differs from what was asked for.
    pub scope: Option<Vec<String>>,
}

/// What Keycloak adds to a token response.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct MoreFields {
    refresh_expires_in: Option<i64>,
}

impl ExtraTokenFields for MoreFields {}

type Fields = IdTokenFields<MoreClaims, MoreFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
pub(super) type WireResponse = StandardTokenResponse<Fields, CoreTokenType>;
pub(super) type WireError = RequestTokenError<Failure, StandardErrorResponse<CoreErrorResponseType>>;
/// What keeps an answer from the library.
#[derive(Debug)]
pub(super) enum Failure {
    Sending(Error),
    Unusable(Unusable),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending(error) => error.fmt(f),
            Self::Unusable(unusable) => f.write_str(&unusable.detail()),
        }
    }
}

impl std::error::Error for Failure {}

pub(super) type WireClient = openidconnect::Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    WireResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

impl Provider<'_> {
    /// Redeems an authorization code.
    ///
    /// # Errors
    /// The provider can't be reached, refuses the client or the code, or answers something that is no token response.
    pub fn exchange(&self, client: &Client, request: &AuthorizationRequest, code: &Secret<String>, now: Timestamp) -> Result<TokenResponse> {
        let wire = self.wire_client(client)?.set_redirect_uri(RedirectUrl::from_url(request.redirect_uri.clone()));
        let response = wire
            .exchange_code(AuthorizationCode::new(code.expose().clone()))
            .set_pkce_verifier(PkceCodeVerifier::new(request.code_verifier.expose().clone()))
            .request(&|request| self.token_request(request, now))
            .map_err(|error| refused(Attempt::SignIn, client, self.name(), error))?;
        TokenResponse::read(&response, self.proof_key(), now)
    }

    /// Refreshes. With a scope, the access token that comes has no more than that of what was granted (RFC 6749 section 6); the refresh token keeps all.
    ///
    /// # Errors
    /// [`LoginRequired`](crate::error::ErrorKind::LoginRequired) where the provider no longer accepts the refresh token (`invalid_grant`) and only
    /// then; otherwise as [`exchange`](Self::exchange).
    pub fn refresh(&self, client: &Client, refresh_token: &Secret<String>, scope: &[String], now: Timestamp) -> Result<TokenResponse> {
        let token = RefreshToken::new(refresh_token.expose().clone());
        let wire = self.wire_client(client)?;
        let request = wire.exchange_refresh_token(&token).add_scopes(scope.iter().cloned().map(Scope::new));
        let response = request.request(&|request| self.token_request(request, now)).map_err(|error| match &error {
            RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
                refusal::session_over(said.error_description().map(String::as_str))
            }
            // What is no token response is not the provider's word, but that of something on the way.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) | RequestTokenError::Request(Failure::Unusable(_)) => {
                let refused = refused(Attempt::Refresh, client, self.name(), error);
                Error::provider_unreachable(refused.sentence()).detail(refused.detail_text().unwrap_or_default())
            }
            _ => refused(Attempt::Refresh, client, self.name(), error),
        })?;
        TokenResponse::read(&response, self.proof_key(), now)
    }

    /// Sends a request whose answer the library will read, once nothing in it can be understood in two ways.
    pub(super) fn token_request(&self, request: Request, now: Timestamp) -> std::result::Result<Response, Failure> {
        let response = self.send_proved(request, Proving { now, access_token: None }, &|request| self.send(request)).map_err(Failure::Sending)?;
        require_sound(&response).map_err(Failure::Unusable)?;
        Ok(response)
    }

    pub(super) fn wire_client(&self, client: &Client) -> Result<WireClient> {
        // The library wants an issuer and keys for verifying; verifying is done in `id_token` with the true ones.
        let issuer = IssuerUrl::from_url(self.endpoints.token.clone());
        let mut wire = openidconnect::Client::new(ClientId::new(client.id.clone()), issuer, JsonWebKeySet::default());
        if let Some(secret) = client.known_secret()? {
            wire = wire.set_client_secret(ClientSecret::new(secret.expose().clone()));
            let basic = client.authentication == ClientAuthentication::ClientSecretBasic;
            wire = wire.set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody });
        }
        Ok(wire.set_token_uri(TokenUrl::from_url(self.endpoints.token.clone())))
    }
}

impl TokenResponse {
    /// Takes what came, whose access token has to be bound to the key, where there is one.
    pub(super) fn read(response: &WireResponse, key: Option<&ProofKey>, now: Timestamp) -> Result<Self> {
        // RFC 6749 section 7.1: a client must not use a token whose type it doesn't understand. The value is case-insensitive (section 5.1).
        let is_of_type = |wanted: &str| match response.token_type() {
            CoreTokenType::Bearer => wanted == "bearer",
            CoreTokenType::Extension(name) => name.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        // RFC 9449 section 5: a token of another type is one that anybody can use who gets hold of it.
        if key.is_some() && !is_of_type("dpop") {
            return Err(Error::failed("the provider gave an access token that is not bound to kclogin's key, although that was asked for")
                .hint("ask its administrator whether it knows DPoP (RFC 9449); `kclogin login --dpop=false` signs in without"));
        }
        if key.is_none() && !is_of_type("bearer") {
            return Err(Error::failed("the provider gave an access token of a type that is not `Bearer`"));
        }
        let access_token = response.access_token().secret();
        // RFC 6750 section 2.1: what goes in a header has no spaces or controls, nor may what goes to a script.
        if access_token.is_empty() || !access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::failed("the provider gave an access token that no header can carry"));
        }
        let secret = Secret::new(access_token.clone());
        if key.is_some_and(|key| key.is_of_another(&secret)) {
            return Err(Error::failed("the provider gave an access token that is bound to another key than kclogin's, so it is not used"));
        }
        let extra = response.extra_fields();
        Ok(Self {
            access_token: secret,
            expiry: response.expires_in().map(|seconds| now.after(seconds)),
            refresh_token: response.refresh_token().map(|token| Secret::new(token.secret().clone())),
            // Keycloak says 0 of offline tokens, which means that they have no end, not that it has come.
            refresh_expiry: extra
                .extra_fields()
                .refresh_expires_in
                .filter(|seconds| *seconds > 0)
                .map(|seconds| Timestamp(now.0.saturating_add(seconds))),
            id_token: extra.id_token().map(|token| Secret::new(token.to_string())),
            scope: response.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        })
    }
}

pub(super) fn refused(attempt: Attempt, client: &Client, provider: &str, error: WireError) -> Error {
    let no_response = || Error::failed(format!("{attempt} failed: the provider's answer is not a token response"));
    match error {
        RequestTokenError::Request(Failure::Sending(error)) => error,
        RequestTokenError::Request(Failure::Unusable(unusable)) => no_response().detail(unusable.detail()),
        // The body holds tokens: only the place is named, where the parser knows it.
        RequestTokenError::Parse(error, _body) => {
            let path = error.path().to_string();
            let place = if path == "." { String::new() } else { format!(" (at `{path}`)") };
            Error::failed(format!("{attempt} failed: the provider's token response can't be read{place}")).detail(without_values(error.inner()))
        }
        RequestTokenError::Other(reason) => no_response().detail(reason),
        RequestTokenError::ServerResponse(said) => {
            refusal::refused(attempt, client, provider, said.error().as_ref(), said.error_description().map(String::as_str))
        }
    }
}

/// The parser's message where it names what is missing, else only where it stopped: its message for a value of a wrong type repeats the value.
pub(super) fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_what_is_missing = text.starts_with("missing field `") || text.starts_with("Failed to parse payload JSON: Error(\"missing field `");
    if names_what_is_missing { text } else { format!("line {}, column {}", error.line(), error.column()) }
}
