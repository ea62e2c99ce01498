//! What a login asks of how and when the person was authenticated, and whether the ID token says that it was so (OpenID Connect Core 1.0 sections 3.1.2.1
//! and 3.1.3.7). Pure: the token has been verified before.
//!
//! A provider may sign somebody in at a lower level than was asked for, or by a session from this morning. Whoever asks for more wants to know.

use std::time::Duration;

use serde_json::Value;

use crate::clock::{Timestamp, lasting};
use crate::error::{Error, Result};
use crate::oidc::claims::ClaimSet;

/// How far the provider's clock and ours may be apart.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// What is asked of the authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    acr_values: Vec<String>,
    /// The earliest moment at which the person may have been authenticated.
    since: Option<Timestamp>,
    max_age: Option<Duration>,
}

impl Demands {
    /// Those of an authorization request with these parameters, `acr_values` and `max_age` among them, that is made at this moment.
    #[must_use]
    pub fn of(parameters: &[(String, String)], now: Timestamp) -> Self {
        let values = |wanted: &'static str| parameters.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let max_age = values("max_age").filter_map(|value| value.parse().ok()).map(Duration::from_secs).min();
        let since = max_age.map(|age| Timestamp(now.0.saturating_sub_unsigned((age + CLOCK_TOLERANCE).as_secs())));
        Self { acr_values: values("acr_values").flat_map(str::split_whitespace).map(str::to_owned).collect(), since, max_age }
    }

    /// Whether the claims of an ID token meet them.
    ///
    /// # Errors
    /// The person was authenticated at none of the levels (`acr`), too long ago (`auth_time`), or the token does not say.
    pub fn check(&self, claims: &ClaimSet) -> Result<()> {
        if let Some((since, max_age)) = self.since.zip(self.max_age) {
            let time = claims.get("auth_time").and_then(Value::as_f64);
            let time = time.ok_or_else(|| Error::failed("the provider does not say when you were authenticated, which `--max-age` asks for"))?;
            if time < since.0 as f64 {
                let error = Error::failed(format!("the provider took an authentication that is older than the {} of `--max-age`", lasting(max_age)));
                return Err(error.hint("have it ask for one with `--prompt login`"));
            }
        }
        if !self.acr_values.is_empty() {
            let level = claims.get("acr").and_then(Value::as_str);
            if level.is_none_or(|level| !self.acr_values.iter().any(|wanted| wanted == level)) {
                let got = level.map_or_else(
                    || "vouches for no level of authentication".to_owned(),
                    |level| format!("vouches for the level of authentication `{level}` only"),
                );
                return Err(Error::failed(format!("the provider {got}, and not for `{}`", self.acr_values.join(" ")))
                    .hint("ask its administrator which levels this client and your account can have"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sentence(parameters: &[(&str, &str)], claims: &Value) -> Option<String> {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let demands = Demands::of(&parameters, Timestamp(1_000));
        demands.check(claims.as_object().expect("claims")).err().map(|error| error.sentence().to_owned())
    }

    #[test]
    fn an_authentication_must_be_no_older_than_was_asked_for() {
        let of = |max_age: &str, claims: Value| sentence(&[("max_age", max_age)], &claims);
        assert_eq!(of("100", json!({"auth_time": 870})), None);
        assert_eq!(of("0", json!({"auth_time": 970})), None);
        assert_eq!(of("0", json!({"auth_time": 1_300})), None, "the person has taken their time");
        assert_eq!(
            of("100", json!({"auth_time": 869})).as_deref(),
            Some("the provider took an authentication that is older than the 1 min 40 s of `--max-age`")
        );
        for claims in [json!({}), json!({"auth_time": "900"})] {
            assert_eq!(of("100", claims).as_deref(), Some("the provider does not say when you were authenticated, which `--max-age` asks for"));
        }
        assert!(sentence(&[("max_age", "1000"), ("max_age", "1")], &json!({"auth_time": 900})).is_some());
        assert_eq!(of("99999999999999999", json!({"auth_time": 0})), None);
        assert_eq!(sentence(&[], &json!({})), None);
    }

    #[test]
    fn the_level_must_be_one_that_was_asked_for() {
        let of = |wanted: &str, claims: Value| sentence(&[("acr_values", wanted)], &claims);
        assert_eq!(of("silver gold", json!({"acr": "gold"})), None);
        assert_eq!(
            of("gold", json!({"acr": "1"})).as_deref(),
            Some("the provider vouches for the level of authentication `1` only, and not for `gold`")
        );
        for claims in [json!({}), json!({"acr": 1})] {
            assert_eq!(of("gold", claims).as_deref(), Some("the provider vouches for no level of authentication, and not for `gold`"));
        }
    }
}
