//! The logout request that a browser takes to the provider, and the checking of what it brings back (OpenID Connect RP-Initiated Logout 1.0). Pure.
//!
//! Making its state and URL is left to `provider`, getting the answer to `loopback`.

use url::form_urlencoded;

use crate::oidc::authorization::{Rejection, equal_in_constant_time};
use crate::secret::Secret;

/// One logout request. Never used twice.
#[derive(Debug)]
pub struct LogoutRequest {
    /// What the browser is sent to. It holds the ID token (section 2), so it is shown to nobody.
    pub url: Secret<String>,
    /// Binds the answer to this request (section 3).
    pub state: Secret<String>,
}

/// What the provider answered, through the browser.
#[derive(Debug, PartialEq, Eq)]
pub enum LogoutResponse {
    /// The session is over.
    Ended,
    /// No: an error code and perhaps a description, which the standard does not know and some providers send. Both are text from outside.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
}

impl LogoutRequest {
    /// Checks the query of a request to the post logout redirect URI: that it belongs to this logout, and only then what it says.
    ///
    /// # Errors
    /// It is not the provider's answer to this request.
    pub fn check(&self, query: &str) -> Result<LogoutResponse, Rejection> {
        let (mut state, mut error, mut description) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, slot) = match &*name {
                "state" => ("state", &mut state),
                "error" => ("error", &mut error),
                "error_description" => ("error_description", &mut description),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Rejection::Repeated(name));
            }
        }
        let state = state.ok_or(Rejection::NoState)?;
        if !equal_in_constant_time(state.as_bytes(), self.state.expose().as_bytes()) {
            return Err(Rejection::WrongState);
        }
        Ok(error.map_or(LogoutResponse::Ended, |error| LogoutResponse::Refused { error, description }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_with_the_state_counts() {
        let request = LogoutRequest { url: "https://kc.example/logout?id_token_hint=x".into(), state: "st-1".into() };
        assert_eq!(request.check("state=st-1"), Ok(LogoutResponse::Ended));
        assert_eq!(request.check("x=y&state=st-1"), Ok(LogoutResponse::Ended));
        assert_eq!(request.check(""), Err(Rejection::NoState));
        assert_eq!(request.check("state="), Err(Rejection::WrongState));
        assert_eq!(request.check("state=st-2"), Err(Rejection::WrongState));
        assert_eq!(request.check("state=st-1&state=st-1"), Err(Rejection::Repeated("state")));
        let refused = LogoutResponse::Refused { error: "server_error".to_owned(), description: Some("no".to_owned()) };
        assert_eq!(request.check("error=server_error&error_description=no&state=st-1"), Ok(refused));
        assert_eq!(request.check("error=server_error"), Err(Rejection::NoState));
        assert!(!format!("{request:?}").contains("id_token_hint"));
    }
}
