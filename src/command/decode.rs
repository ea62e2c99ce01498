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
/// How far the provider's clock and ours may be apart, in seconds.
const CLOCK_TOLERANCE: i64 = 30;

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
        verify(token, &claims, provider, now)?;
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
        let width = members.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, value) in members {
            terminal.result(Line::new().plain("  ").dim(format!("{name:<width$}")).plain("  ").plain(shown(name, value, now)))?;
        }
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

fn verify(token: &Secret<String>, claims: &ClaimSet, provider: &Provider<'_>, now: Timestamp) -> Result<()> {
    let refused = |reason: &str| Error::failed(format!("the token is not valid: {reason}"));
    let issuer = claims.get("iss").and_then(Value::as_str);
    // Before its keys are fetched: the signature of a token that says that it is another's is no business of this provider's.
    if issuer.is_none() || issuer != provider.issuer.as_deref() {
        return Err(refused("it does not come from this profile's provider").hint("choose another profile with `--profile NAME`"));
    }
    provider.verify_signature(token.expose(), &refused)?;
    let time = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or_else(|| refused("it has a time that is none"))).transpose();
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double for some million years")]
    let (earliest, latest) = ((now.0 - CLOCK_TOLERANCE) as f64, (now.0 + CLOCK_TOLERANCE) as f64);
    match (time("exp")?, time("nbf")?) {
        (Some(exp), _) if exp <= earliest => Err(refused("it has expired")),
        (None, _) => Err(refused("it does not say when it expires")),
        (_, Some(nbf)) if nbf > latest => Err(refused("it is not valid yet")),
        _ => Ok(()),
    }
}

/// A value for a person. Nested ones stay JSON.
fn shown(name: &str, value: &Value, now: Timestamp) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some(time) = value.as_i64().filter(|_| TIMES.contains(&name)).map(Timestamp) else { return text };
    let relative = if time > now { format!("in {}", in_words(time, now)) } else { format!("{} ago", in_words(now, time)) };
    format!("{text} ({}, {relative})", time.to_rfc3339())
}
