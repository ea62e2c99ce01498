//! `kclogin token`: a token that is valid now, on stdout and nothing else. It opens no browser.

use serde_json::json;

use crate::clock::Clock;
use crate::error::Result;
use crate::session::{Need, Session};
use crate::terminal::Terminal;
use crate::token_set::TokenSet;

/// How the token is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The token and a newline.
    Raw,
    /// An object with the token and what is known of it.
    Json,
    /// `Authorization: Bearer ...`, for `curl -H @-`.
    Header,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// How it is written.
    pub format: Format,
    /// Whether the ID token is meant and not the access token.
    pub id_token: bool,
    /// What the access token must meet.
    pub need: Need,
}

/// Prints a token.
///
/// # Errors
/// As [`Session::fresh`], or stdout can't be written to.
pub fn token(input: Input, session: &Session<'_>, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    let set = session.fresh(input.need)?;
    if !set.is_fresh(clock.now(), input.need.min_validity) {
        let (has, wanted) = (set.expiry.map_or(0, |expiry| expiry.seconds_from(clock.now())), input.need.min_validity.as_secs());
        terminal.warning(format!("the provider's newest access token is valid for {has} s only, less than the {wanted} s asked for"));
    }
    let token = if input.id_token { &set.id_token } else { &set.access_token }.expose();
    match input.format {
        Format::Raw => terminal.result_verbatim(&format!("{token}\n")),
        Format::Header => terminal.result_verbatim(&format!("Authorization: Bearer {token}\n")),
        Format::Json => terminal.result_json(&described(token, &set, clock)),
    }
}

fn described(token: &str, set: &TokenSet, clock: &dyn Clock) -> String {
    let now = clock.now();
    let document = json!({
        "token": token,
        "type": "Bearer",
        "expiry": set.expiry.map(|expiry| expiry.to_rfc3339()),
        "seconds_left": set.expiry.map(|expiry| expiry.seconds_from(now).max(0)),
        "scope": set.scope.join(" "),
        "issuer": set.issuer,
        "subject": set.identity.subject,
    });
    format!("{document:#}")
}
