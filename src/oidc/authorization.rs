//! The authorization request, and the checking of the response that comes back through the browser. Pure: no network, no listener.
//!
//! Making the request's random values and its URL is left to `provider`, getting the response to `loopback`.

use std::borrow::Cow;

use url::{Position, Url, form_urlencoded};

use crate::secret::Secret;

/// One authorization request (RFC 6749 section 4.1.1 with PKCE, RFC 7636), with all that is needed to check its response. Never used twice.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// What the browser is sent to. It holds the state, the nonce and the code challenge, none of which lets a reader finish the login.
    pub url: Url,
    /// Binds the response to this request (RFC 6749 section 10.12).
    pub state: Secret<String>,
    /// Binds the ID token to this request (OpenID Connect Core 1.0 section 3.1.2.1).
    pub nonce: Secret<String>,
    /// Proves at the token endpoint that the code is redeemed by whoever asked for it (RFC 7636 section 4.1).
    pub code_verifier: Secret<String>,
    /// Where the response arrives; repeated at the token endpoint (RFC 6749 section 4.1.3).
    pub redirect_uri: Url,
    /// The issuer the request was sent to, if it is known.
    pub issuer: Option<String>,
    /// Whether the provider announced `authorization_response_iss_parameter_supported` (RFC 9207 section 3).
    pub issuer_announced: bool,
}

/// What the provider answered, through the browser.
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// The authorization code (RFC 6749 section 4.1.2).
    Code {
        /// `code`
        code: Secret<String>,
        /// `kc_action_status`: what became of the action that Keycloak was asked for. Text from outside.
        action: Option<String>,
    },
    /// No: the error code and perhaps a description (RFC 6749 section 4.1.2.1). Both are text from outside.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
}

/// Why something that arrived at the redirect URI is not the provider's answer. The wait goes on: anybody on this machine can send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Neither `code` nor `error`.
    NoAnswer,
    /// A parameter that came more than once (RFC 6749 section 3.1).
    Repeated(&'static str),
    /// No `state`.
    NoState,
    /// Another `state`: an answer to another request, or to none.
    WrongState,
    /// The provider promised `iss` and it is missing (RFC 9207 section 2.4).
    NoIssuer,
    /// Something that was pasted is the address of something else.
    OtherAddress,
    /// Another browser than the one the login was opened in, perhaps another person's (RFC 9700 section 4.5).
    OtherBrowser,
    /// `iss` names another issuer: a mix-up (RFC 9207 section 2.4, RFC 9700 section 4.4).
    WrongIssuer,
}

impl Rejection {
    /// What was wrong, as a sentence without full stop.
    #[must_use]
    pub fn sentence(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NoAnswer => "it held neither a code nor an error",
            Self::Repeated(name) => return Cow::Owned(format!("its parameter `{name}` came more than once")),
            Self::NoState => "it had no state, so it belongs to no login",
            Self::WrongState => "its state belongs to another login",
            Self::NoIssuer => "it did not name its issuer, as the provider promises to",
            Self::OtherAddress => "it is not the address that the provider sends the browser back to",
            Self::OtherBrowser => "it came from another browser than the one the login was opened in",
            Self::WrongIssuer => "it came from another issuer than the one asked",
        })
    }
}

impl AuthorizationRequest {
    /// Checks the query of a request to the redirect URI: first that it belongs to this login (`state`), then that it comes from the provider asked
    /// (`iss`, also on errors), and only then what it says.
    ///
    /// # Errors
    /// It is not the provider's answer to this request.
    pub fn check(&self, query: &str) -> Result<AuthorizationResponse, Rejection> {
        let parameters = Parameters::parse(query)?;
        let state = parameters.state.ok_or(Rejection::NoState)?;
        if !equal_in_constant_time(state.as_bytes(), self.state.expose().as_bytes()) {
            return Err(Rejection::WrongState);
        }
        match (&parameters.iss, &self.issuer) {
            // RFC 9207 section 2.4: a simple string comparison.
            (Some(iss), Some(issuer)) if iss != issuer => return Err(Rejection::WrongIssuer),
            (None, _) if self.issuer_announced => return Err(Rejection::NoIssuer),
            _ => {}
        }
        match (parameters.error, parameters.code) {
            (Some(error), _) => Ok(AuthorizationResponse::Refused { error, description: parameters.error_description }),
            (None, Some(code)) if !code.is_empty() => {
                Ok(AuthorizationResponse::Code { code: Secret::new(code), action: parameters.kc_action_status })
            }
            _ => Err(Rejection::NoAnswer),
        }
    }
}

impl AuthorizationRequest {
    /// Checks what a person has copied from the browser: the address that it was sent back to, or what stands behind the `?` there. It has to be what the
    /// listener would have taken.
    ///
    /// # Errors
    /// It is not the provider's answer to this request.
    pub fn check_pasted(&self, text: &str) -> Result<AuthorizationResponse, Rejection> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']).trim();
        let (address, query) = match text.split_once('?') {
            Some((address, query)) => (Some(address).filter(|address| !address.is_empty()), query),
            None if text.split('=').next().is_some_and(|first| first.contains("://")) => return Err(Rejection::OtherAddress),
            None => (None, text),
        };
        // Browsers leave out the scheme of what they show, and some of them in what is copied.
        let is_ours = |address: &str| {
            let ours = |url: &Url| url[..Position::AfterPath] == self.redirect_uri[..Position::AfterPath];
            Url::parse(address).is_ok_and(|url| ours(&url)) || Url::parse(&format!("http://{address}")).is_ok_and(|url| ours(&url))
        };
        if !address.is_none_or(is_ours) {
            return Err(Rejection::OtherAddress);
        }
        let query = query.split('#').next().unwrap_or_default();
        if !query.contains('=') {
            return Err(Rejection::NoState);
        }
        self.check(query)
    }
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    kc_action_status: Option<String>,
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, Rejection> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, slot) = match &*name {
                "code" => ("code", &mut parameters.code),
                "state" => ("state", &mut parameters.state),
                "iss" => ("iss", &mut parameters.iss),
                "error" => ("error", &mut parameters.error),
                "error_description" => ("error_description", &mut parameters.error_description),
                "kc_action_status" => ("kc_action_status", &mut parameters.kc_action_status),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Rejection::Repeated(name));
            }
        }
        Ok(parameters)
    }
}

/// Whether two values are the same, in a time that does not tell where they differ.
pub(super) fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(issuer_announced: bool) -> AuthorizationRequest {
        AuthorizationRequest {
            url: Url::parse("https://kc.example/auth").expect("a URL"),
            state: Secret::from("st-1"),
            nonce: Secret::from("n-1"),
            code_verifier: Secret::from("v-1"),
            redirect_uri: Url::parse("http://127.0.0.1:1/callback").expect("a URL"),
            issuer: Some("https://kc.example".to_owned()),
            issuer_announced,
        }
    }

    #[test]
    fn the_code_is_taken_from_the_true_answer_only() {
        let code = |announced, query: &str| match request(announced).check(query) {
            Ok(AuthorizationResponse::Code { code, .. }) => Ok(code.expose().clone()),
            Ok(AuthorizationResponse::Refused { error, .. }) => Ok(format!("refused: {error}")),
            Err(rejection) => Err(rejection),
        };
        let iss = "iss=https%3A%2F%2Fkc.example";
        assert_eq!(code(true, &format!("code=c&state=st-1&{iss}")), Ok("c".to_owned()));
        assert_eq!(code(false, "code=c&state=st-1"), Ok("c".to_owned()));
        assert_eq!(code(true, "code=c&state=st-1"), Err(Rejection::NoIssuer));
        assert_eq!(code(false, "code=c&state=st-1&iss=https%3A%2F%2Fkc.example%2F"), Err(Rejection::WrongIssuer));
        assert_eq!(code(false, "code=c&state=st-2"), Err(Rejection::WrongState));
        assert_eq!(code(false, "code=c&state=st-1x"), Err(Rejection::WrongState));
        assert_eq!(code(false, "code=c"), Err(Rejection::NoState));
        assert_eq!(code(false, "code=c&code=d&state=st-1"), Err(Rejection::Repeated("code")));
        assert_eq!(code(false, "code=c&state=st-1&state=st-1"), Err(Rejection::Repeated("state")));
        assert_eq!(code(false, "code=c&state=st-1&kc_action_status=success&kc_action_status=error"), Err(Rejection::Repeated("kc_action_status")));
        assert_eq!(code(false, "code=&state=st-1"), Err(Rejection::NoAnswer));
        assert_eq!(code(false, ""), Err(Rejection::NoState));
    }

    #[test]
    fn an_error_is_checked_like_a_code_and_wins_over_one() {
        let check = |query| request(true).check(query);
        let iss = "iss=https%3A%2F%2Fkc.example";
        assert!(matches!(check("error=access_denied&state=st-1"), Err(Rejection::NoIssuer)));
        assert!(matches!(check("error=access_denied&state=no"), Err(Rejection::WrongState)));
        let answer = check(&format!("error=access_denied&error_description=No+%3Cb%3E&code=c&state=st-1&{iss}")).expect("an answer");
        match answer {
            AuthorizationResponse::Refused { error, description } => {
                assert_eq!((error.as_str(), description.as_deref()), ("access_denied", Some("No <b>")));
            }
            AuthorizationResponse::Code { .. } => panic!("a code beside an error must not be redeemed"),
        }
    }

    #[test]
    fn what_is_pasted_is_held_to_what_the_listener_takes() {
        let request = request(false);
        let code = |text: &str| match request.check_pasted(text) {
            Ok(AuthorizationResponse::Code { code, .. }) => Ok(code.expose().clone()),
            Ok(refused) => panic!("{refused:?}"),
            Err(rejection) => Err(rejection),
        };
        for text in [
            "http://127.0.0.1:1/callback?code=c&state=st-1",
            "  \"http://127.0.0.1:1/callback?code=c&state=st-1#top\"\r",
            "<http://127.0.0.1:1/callback?state=st-1&code=c>",
            "127.0.0.1:1/callback?code=c&state=st-1",
            "HTTP://127.0.0.1:1/callback?code=c&state=st-1",
            "?code=c&state=st-1",
            "code=c&state=st-1",
        ] {
            assert_eq!(code(text), Ok("c".to_owned()), "{text}");
        }
        for (text, rejection) in [
            ("https://kc.example/auth?client_id=x&state=st-1", Rejection::OtherAddress),
            ("https://kc.example/auth", Rejection::OtherAddress),
            ("http://127.0.0.1:2/callback?code=c&state=st-1", Rejection::OtherAddress),
            ("http://127.0.0.1:1/callback/?code=c&state=st-1", Rejection::OtherAddress),
            ("https://127.0.0.1:1/callback?code=c&state=st-1", Rejection::OtherAddress),
            ("http://127.0.0.1:1@evil.example/callback?code=c&state=st-1", Rejection::OtherAddress),
            ("c", Rejection::NoState),
            ("", Rejection::NoState),
            ("code=c", Rejection::NoState),
            ("code=c&state=st-2", Rejection::WrongState),
            ("code=c&code=d&state=st-1", Rejection::Repeated("code")),
            ("code=c&state=st-1&iss=https://evil.example", Rejection::WrongIssuer),
            ("state=st-1", Rejection::NoAnswer),
        ] {
            assert_eq!(code(text), Err(rejection), "{text}");
        }
    }
}
