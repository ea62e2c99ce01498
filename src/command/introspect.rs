//! `kclogin introspect`: what the provider knows of a token.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::oidc::provider::{Client, Provider};
use crate::secret::Secret;
use crate::terminal::{Line, Terminal};

/// Asks about a token and shows the answer.
///
/// # Errors
/// As [`Provider::introspect`]; or the token is not valid.
pub fn introspect(token: &Secret<String>, json: bool, provider: &Provider<'_>, client: &Client, terminal: &Terminal) -> Result<()> {
    client.known_secret()?;
    let introspection = provider.introspect(client, token)?;
    if json {
        terminal.result_json(&introspection.document)?;
    } else if introspection.is_active() {
        terminal.result(Line::new().good("Active"))?;
        let others = introspection.claims.iter().filter(|(name, _)| *name != "active");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Line::members(others.map(|(name, value)| (name, text(value)))).into_iter().try_for_each(|line| terminal.result(line))?;
    }
    if introspection.is_active() {
        Ok(())
    } else {
        Err(Error::failed("the provider says that the token is not valid, or not for this client to know about")
            .hint("Keycloak answers a client that the token's audience names"))
    }
}
