//! Asking the provider about a token (RFC 7662).

use serde_json::Value;

use super::form::form;
use super::response::document;
use super::{Client, Provider, in_words};
use crate::error::{Error, Result};
use crate::oidc::claims::ClaimSet;
use crate::secret::Secret;

/// What the provider knows of a token.
#[derive(Debug)]
pub struct Introspection {
    /// The JSON document, byte for byte as it came.
    pub document: String,
    /// The same, parsed.
    pub claims: ClaimSet,
}

impl Introspection {
    /// Whether the token is valid now (`active`, section 2.2).
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.claims.get("active") == Some(&Value::Bool(true))
    }
}

impl Provider<'_> {
    /// Asks about a token.
    ///
    /// # Errors
    /// There is no such endpoint, it can't be reached, this client may not ask, or the answer does not say whether the token is active.
    pub fn introspect(&self, client: &Client, token: &Secret<String>) -> Result<Introspection> {
        let at = self.endpoints.introspection.as_ref().ok_or_else(|| Error::failed("the provider has no introspection endpoint"))?;
        let response = self.send(form(at, client, &[("token", token.expose())]))?;
        let status = response.status();
        if !status.is_success() {
            let said: ClaimSet = document(&response).unwrap_or_default();
            let text = |name| said.get(name).and_then(Value::as_str);
            let words = text("error").map_or_else(|| format!("it answers {status}"), |code| in_words(code, text("error_description")));
            return Err(Error::failed(format!("the client `{}` may not ask about a token: {words}", client.id))
                .hint("introspection is for clients with a secret; `kclogin decode` needs none"));
        }
        let claims: ClaimSet = document(&response)
            .map_err(|unusable| Error::failed("the introspection endpoint answers something that is not a JSON object").detail(unusable.detail()))?;
        if !claims.get("active").is_some_and(Value::is_boolean) {
            return Err(Error::failed("the introspection endpoint does not say whether the token is active"));
        }
        let document =
            String::from_utf8(response.into_body()).map_err(|_| Error::failed("the introspection endpoint answers something that is not text"))?;
        Ok(Introspection { document, claims })
    }
}
