//! What a provider's response is before anybody asks what it means: an answer at all, JSON, of a type that says so.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::document::{self, Unsound};
use crate::oidc::http::Response;

/// Why the document of a response can't be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The response says that it is of this content type.
    ContentType(String),
    /// It is no document, or one that could be understood in two ways.
    Document(Unsound),
}

impl Unusable {
    /// For `--verbose`. Nothing of the document is repeated unless the wanted form is one without secrets.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::ContentType(essence) => format!("it is of the type `{essence}`, not JSON"),
            Self::Document(unsound) => unsound.to_string(),
        }
    }
}

/// Reads the document of a response, whose content type must be JSON's (`application/json`, or another with `+json`) where it has one.
pub(super) fn document<T: DeserializeOwned>(response: &Response) -> std::result::Result<T, Unusable> {
    require_json_type(response)?;
    document::read(response.body()).map_err(Unusable::Document)
}

/// Refuses a response whose document could be understood in two ways, or is none. One without a body is for its status to judge.
pub(super) fn require_sound(response: &Response) -> std::result::Result<(), Unusable> {
    if response.body().is_empty() {
        return Ok(());
    }
    require_json_type(response)?;
    document::require_sound(response.body()).map_err(Unusable::Document)
}

fn require_json_type(response: &Response) -> std::result::Result<(), Unusable> {
    match content_type(response) {
        Some(essence) if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) => {
            Err(Unusable::ContentType(essence))
        }
        _ => Ok(()),
    }
}

/// The content type in lower case, without its parameters (RFC 9110 section 8.3).
pub(super) fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get("content-type")?.to_str().unwrap_or("unreadable");
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The time at the service when it answered, where the answer has a `Date`. What a cache gives out was right when it was made (RFC 9110 section 6.6.1,
/// RFC 9111 section 5.1).
pub(super) fn date(response: &Response) -> Option<Timestamp> {
    let age = header(response, "age").and_then(|age| age.parse().ok()).unwrap_or_default();
    header(response, "date").and_then(Timestamp::from_http_date).map(|date| date.after(Duration::from_secs(age)))
}

/// After how long the service wants to be asked again, where it says (RFC 9110 section 10.2.3): in seconds, or by a date, which is one of the service's own
/// clock if that is known. A date that has passed is now.
pub(super) fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let text = header(response, "retry-after")?.trim();
    let seconds = text.parse().ok().or_else(|| {
        let seconds = Timestamp::from_http_date(text)?.seconds_from(date(response).unwrap_or(now));
        Some(u64::try_from(seconds).unwrap_or_default())
    });
    seconds.map(Duration::from_secs)
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// Refuses an answer that means "try again later": 429 and 5xx.
pub(super) fn require_service(provider: &str, response: &Response) -> Result<()> {
    let status = response.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(Error::provider_unreachable(format!("the provider at {provider} is in trouble: it answers {status}")).hint("try again later"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn json_says_that_it_is_json() {
        let read = |content_type: &str| {
            let mut response = Response::new(b"{}".to_vec());
            response.headers_mut().insert("content-type", content_type.parse().expect("a value"));
            document::<Value>(&response)
        };
        for good in ["application/json", "application/JSON; charset=utf-8", "application/jwk-set+json"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in ["text/html", "text/plain", "application/jsonx", "application/octet-stream", "", "x+json"] {
            assert!(matches!(read(bad), Err(Unusable::ContentType(_))), "{bad}");
        }
        assert!(document::<Value>(&Response::new(b"{}".to_vec())).is_ok(), "nothing is said of the type");
    }
}
