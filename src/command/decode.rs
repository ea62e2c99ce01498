//! `kclogin decode`: what is in a token. It says by itself whether any of that was verified.

use serde_json::{Value, json};

use crate::clock::{Clock, Timestamp, in_words};
use crate::encoding::from_base64url;
use crate::error::{Error, Result};
use crate::oidc::claims::ClaimSet;
use crate::oidc::document;
use crate::oidc::provider::Provider;
use crate::secret::Secret;
use crate::terminal::{Line, Terminal};

/// The claims that are times (RFC 7519 section 4.1, OpenID Connect Core 1.0 sections 2 and 5.1).
const TIMES: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];

/// The parts of a JWT that can be read.
struct Parts {
    header: ClaimSet,
    claims: ClaimSet,
}

/// Shows a token; with a provider, only one that it has signed and that is valid now.
///
/// # Errors
/// It is no JWT that can be read, or the provider has not signed it, or its keys can't be fetched.
pub fn decode(token: &Secret<String>, json: bool, provider: Option<&Provider<'_>>, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    let Parts { header, claims } = parts(token)?;
    let now = clock.now();
    if let Some(provider) = provider {
        provider.verify_token(token, &claims, now)?;
    }
    if json {
        return terminal.result_json(&format!("{:#}", json!({ "verified": provider.is_some(), "header": header, "claims": claims })));
    }
    let issuer = provider.and_then(|provider| provider.issuer.as_deref());
    terminal.result(match issuer {
        Some(issuer) => Line::new().good("Verified").plain(format!(": signed by {issuer}, and valid now.")),
        None => Line::new().caution("Not verified").plain(": anybody could have written this."),
    })?;
    for (title, members) in [("Header", &header), ("Claims", &claims)] {
        terminal.result(Line::new().strong(title))?;
        Line::members(members.iter().map(|(name, value)| (name, shown(name, value, now)))).into_iter().try_for_each(|line| terminal.result(line))?;
    }
    Ok(())
}

fn parts(token: &Secret<String>) -> Result<Parts> {
    let segments: Vec<&str> = token.expose().split('.').collect();
    match segments.len() {
        3 => {}
        // RFC 7516 section 3: a JWE has five.
        5 => return Err(Error::failed("the token is encrypted, so only who it is for can read it")),
        _ => return Err(opaque()),
    }
    let read = |segment: &str| from_base64url(segment).and_then(|bytes| document::read::<ClaimSet>(&bytes).ok());
    let (header, claims) = read(segments[0]).zip(read(segments[1])).ok_or_else(opaque)?;
    Ok(Parts { header, claims })
}

fn opaque() -> Error {
    Error::failed("the token is not a JWT, so nothing can be read from it").hint("the provider can be asked about it: `kclogin introspect`")
}

/// A value for a person. Nested ones stay JSON.
fn shown(name: &str, value: &Value, now: Timestamp) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some(time) = value.as_i64().filter(|_| TIMES.contains(&name)).map(Timestamp) else { return text };
    let relative = if time > now { format!("in {}", in_words(time, now)) } else { format!("{} ago", in_words(now, time)) };
    format!("{text} ({}, {relative})", time.to_rfc3339())
}
