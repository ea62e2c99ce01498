//! The UserInfo endpoint (OpenID Connect Core 1.0 section 5.3), plain and signed.

use super::Provider;
use super::dpop::Proving;
use super::refusal::{NO_REALM, no_provider};
use super::response::{content_type, document};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::claims::ClaimSet;
use crate::oidc::document;
use crate::oidc::http::{Request, Response};
use crate::secret::Secret;

/// A UserInfo response whose `sub` is the one that signed in.
#[derive(Debug)]
pub struct UserInfo {
    /// The JSON document, byte for byte as it came (of a signed response: its payload).
    pub document: String,
    /// The same, parsed.
    pub claims: ClaimSet,
}

/// What the UserInfo endpoint answers.
#[derive(Debug)]
pub enum UserInfoAnswer {
    /// The claims.
    Claims(UserInfo),
    /// The access token is refused: it was revoked, or its session has ended (RFC 6750 section 3.1, `invalid_token`).
    TokenRefused,
    /// The access token is fine but may not be used here: Keycloak's lightweight access tokens.
    NotForThisToken,
}

impl Provider<'_> {
    /// Asks who the access token belongs to.
    ///
    /// # Errors
    /// There is no such endpoint, it can't be reached, it answers something else, or it speaks of somebody else than `subject` (section 5.3.2).
    pub fn user_info(&self, client_id: &str, access_token: &Secret<String>, subject: &str, now: Timestamp) -> Result<UserInfoAnswer> {
        let at = self.endpoints.userinfo.as_ref().ok_or_else(|| Error::failed("the provider has no UserInfo endpoint"))?;
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = at.as_str().parse().unwrap_or_default();
        let scheme = if self.proof_key().is_some() { "DPoP" } else { "Bearer" };
        let credentials = format!("{scheme} {}", access_token.expose()).parse();
        request.headers_mut().insert("authorization", credentials.map_err(|_| Error::failed("the access token can't be sent in a header"))?);
        let response = self.send_proved(request, Proving { now, access_token: Some(access_token) }, &|request| self.send(request))?;
        match response.status().as_u16() {
            200 => {}
            401 | 403 => return refusal(&response),
            404 if says_no_realm(&response) => return Err(no_provider(self.name(), NO_REALM)),
            _ => return Err(Error::failed(format!("the UserInfo endpoint answers {}", response.status()))),
        }
        if content_type(&response).as_deref() == Some("application/jwt") {
            return self.verify_user_info(response.body(), client_id, subject).map(UserInfoAnswer::Claims);
        }
        let claims = document(&response).map_err(|unusable| unreadable(unusable.detail()))?;
        about(subject, response.into_body(), claims).map(UserInfoAnswer::Claims)
    }

    /// Verifies a signed UserInfo response (section 5.3.4). The library can do this for RS256 only. If it names a key that the provider's key set did not
    /// hold, the set is fetched anew, once.
    ///
    /// # Errors
    /// It is no JWT, nothing the provider signed, from or for somebody else, or it speaks of somebody else than `subject`; or the keys can't be fetched.
    pub fn verify_user_info(&self, body: &[u8], client_id: &str, subject: &str) -> Result<UserInfo> {
        let refused = |reason: &str| Error::failed(format!("the signed UserInfo response is refused: {reason}"));
        let text = std::str::from_utf8(body).map_err(|_| refused("it is not a JWT"))?.trim();
        let payload = self.verify_signature(text, &refused)?;
        let claims: ClaimSet = document::read(&payload).map_err(|error| refused("it holds no JSON object").detail(error.to_string()))?;
        let is_ours = |issuer: &serde_json::Value| self.issuer.as_deref().is_none_or(|known| issuer.as_str() == Some(known));
        if !claims.get("iss").is_none_or(is_ours) {
            return Err(refused("it comes from another issuer"));
        }
        let is_for_us = |audience: &serde_json::Value| match audience {
            serde_json::Value::Array(several) => several.iter().any(|one| one.as_str() == Some(client_id)),
            one => one.as_str() == Some(client_id),
        };
        if !claims.get("aud").is_none_or(is_for_us) {
            return Err(refused("it is for another client"));
        }
        about(subject, payload, claims)
    }
}

/// The UserInfo that this document holds, if it is about `subject` (section 5.3.2: otherwise it must not be used).
fn about(subject: &str, document: Vec<u8>, claims: ClaimSet) -> Result<UserInfo> {
    let document = String::from_utf8(document).map_err(|error| unreadable(error.to_string()))?;
    if claims.get("sub").and_then(|sub| sub.as_str()) != Some(subject) {
        return Err(Error::failed("the UserInfo endpoint speaks of somebody else than the one who signed in, so its answer is not used"));
    }
    Ok(UserInfo { document, claims })
}

fn unreadable(detail: String) -> Error {
    Error::failed("the UserInfo endpoint answers something that is not a JSON object").detail(detail)
}

fn says_no_realm(response: &Response) -> bool {
    document::<ClaimSet>(response).is_ok_and(|said| said.get("error").and_then(|error| error.as_str()) == Some(NO_REALM))
}

/// Keycloak says why in `WWW-Authenticate` (RFC 6750 section 3); the body is empty.
fn refusal(response: &Response) -> Result<UserInfoAnswer> {
    let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if challenge.contains("Lightweight access token") {
        return Ok(UserInfoAnswer::NotForThisToken);
    }
    if challenge.contains("insufficient_scope") || challenge.contains("Missing openid scope") {
        return Err(Error::failed("the access token may not be used at the UserInfo endpoint: it lacks the scope `openid`")
            .hint("sign in again with `kclogin login`"));
    }
    Ok(UserInfoAnswer::TokenRefused)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::environment::Environment;
    use crate::oidc::endpoints::Endpoints;
    use crate::oidc::http::{Http, Settings};

    #[test]
    fn extensions_that_must_be_understood_are_refused() {
        let http = Http::new(Settings::new(&Environment::default(), &crate::profile::Settings::default()), &|_| ());
        let provider = Provider::known(&http, None, Endpoints::of_keycloak("https://kc.example/realms/a").expect("endpoints"));
        provider.know_keys(br#"{"keys":[]}"#).expect("a key set");
        let refusal = |header: &str| {
            let body = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(r#"{"sub":"42"}"#));
            provider.verify_user_info(body.as_bytes(), "c", "42").expect_err("refused").sentence().to_owned()
        };
        assert!(refusal(r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#).ends_with("it has extensions that are not understood"));
        assert!(!refusal(r#"{"alg":"none","b64":false}"#).contains("extensions"));
    }
}
