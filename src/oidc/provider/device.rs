//! The device authorization grant (RFC 8628): the request that yields a code for the person, and one question whether they have entered it.
//!
//! When to ask again, and for how long, is left to the login command; so is what the person is shown.

use std::time::Duration;

use openidconnect::PkceCodeChallenge;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::dpop::Proving;
use super::form::form;
use super::refusal::{self, Attempt};
use super::response::{document, require_service, retry_after};
use super::token_endpoint::{WireResponse, without_values};
use super::{Client, Provider, TokenResponse, Wishes, in_words};
use crate::clock::{Timestamp, lasting};
use crate::error::{Error, Result};
use crate::oidc::endpoints::{parse_url, require_secure};
use crate::secret::Secret;
use crate::text::neutralise;

/// The grant type (RFC 8628 section 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long to wait between two questions where the provider does not say, in seconds (section 3.2).
const USUAL_INTERVAL: u64 = 5;
/// The longest user code that is shown. Section 6.1 has ones of eight characters in mind.
const USER_CODE_LIMIT: usize = 64;

/// What the provider gave for the person and for us (section 3.2).
#[derive(Debug)]
pub struct DeviceAuthorization {
    /// What the person enters. It has no character that could act on a terminal.
    pub user_code: String,
    /// Where they enter it: `https`, or `http` on a loopback address.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code (section 3.3.1).
    pub verification_uri_complete: Option<Url>,
    /// How long both codes are valid.
    pub expires_in: Duration,
    /// The shortest pause between two questions, at least a second.
    pub interval: Duration,
    device_code: Secret<String>,
    code_verifier: Secret<String>,
}

/// What the provider says when it is asked whether the person has come (section 3.5).
#[derive(Debug)]
pub enum Polled {
    /// Not yet (`authorization_pending`).
    Pending,
    /// Not yet, and we ask too often (`slow_down`).
    SlowDown,
    /// Not known: the provider is in trouble, and says when to ask again.
    InTrouble(Error, Duration),
    /// Somebody has signed in.
    Granted(TokenResponse),
}

#[derive(Deserialize)]
struct Wire {
    device_code: Secret<String>,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl Provider<'_> {
    /// Asks for a code (section 3.1), with PKCE, which Keycloak demands of this request too where the client has it switched on.
    ///
    /// # Errors
    /// The provider has no such endpoint or can't be reached, refuses the client or a scope, or answers something that can't be shown to a person.
    pub fn authorize_device(&self, client: &Client, wishes: &Wishes) -> Result<DeviceAuthorization> {
        let at = self.endpoints.device_authorization.as_ref().ok_or_else(|| {
            Error::failed(format!("the provider at {} has no endpoint for signing in with a code", self.name())).hint(
                "sign in with `kclogin login --no-browser`; where the provider has no discovery, name the endpoint by `--device-authorization-endpoint`",
            )
        })?;
        client.known_secret()?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut scope: Vec<&str> = wishes.scope.iter().map(String::as_str).collect();
        if !scope.contains(&"openid") {
            scope.insert(0, "openid");
        }
        let scope = scope.join(" ");
        let mut fields =
            vec![("scope", scope.as_str()), ("code_challenge", challenge.as_str()), ("code_challenge_method", challenge.method().as_str())];
        fields.extend(wishes.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let response = self.send(form(at, client, &fields))?;
        let unusable = || Error::failed("the sign-in failed: the provider's answer is not a device authorization response");
        if !response.status().is_success() {
            let said: Value = document(&response).map_err(|error| unusable().detail(error.detail()))?;
            let text = |name| said.get(name).and_then(Value::as_str);
            let code = text("error").unwrap_or("an answer without a reason");
            return Err(self.not_authorized(client, &scope, code, text("error_description")));
        }
        let wire: Value = document(&response).map_err(|error| unusable().detail(error.detail()))?;
        let wire: Wire = serde_json::from_value(wire).map_err(|error| unusable().detail(without_values(&error)))?;
        wire.checked(Secret::new(verifier.into_secret()))
    }

    /// The provider refuses to give a code.
    fn not_authorized(&self, client: &Client, scope: &str, code: &str, description: Option<&str>) -> Error {
        let words = in_words(code, description);
        match (code, description) {
            ("invalid_scope", _) => refusal::unknown_scope(scope, &words),
            // Keycloak says `unauthorized_client` of a wrong secret as well.
            ("unauthorized_client", description) if !description.is_some_and(|text| text.starts_with("Invalid client")) => {
                Error::failed(format!("the sign-in failed: the client `{}` may not sign in with a code", client.id))
                    .hint(
                        "ask an administrator to switch on `OAuth 2.0 Device Authorization Grant` in the client's settings, or sign in with \
                         `kclogin login --no-browser`",
                    )
                    .detail(words)
            }
            _ => refusal::refused(Attempt::SignIn, client, self.name(), code, description),
        }
    }

    /// Asks once whether somebody has signed in with the code (section 3.4), for at most `limit`.
    ///
    /// # Errors
    /// [`ProviderUnreachable`](crate::error::ErrorKind::ProviderUnreachable) where the answer did not come or was not the provider's: it is worth
    /// asking again. Otherwise that is the end of it: the sign-in was denied, the code has expired, or the provider refuses for another reason.
    pub fn poll_device(&self, client: &Client, device: &DeviceAuthorization, limit: Duration, now: Timestamp) -> Result<Polled> {
        let fields = [("grant_type", DEVICE_CODE), ("device_code", device.device_code.expose()), ("code_verifier", device.code_verifier.expose())];
        let request = form(&self.endpoints.token, client, &fields);
        let response = self.send_proved(request, Proving { now, access_token: None }, &|request| self.http.send_within(limit, request))?;
        if let Err(error) = require_service(self.endpoints.token.host_str().unwrap_or_default(), &response) {
            return match retry_after(&response, now) {
                Some(pause) => Ok(Polled::InTrouble(error, pause)),
                None => Err(error),
            };
        }
        let no_response = || Error::failed("the sign-in failed: the provider's answer is not a token response");
        // What is no JSON is not the provider's word, but that of something on the way.
        let said: Value = document(&response)
            .map_err(|unusable| Error::provider_unreachable("the provider's answer is not a token response").detail(unusable.detail()))?;
        if response.status().is_success() {
            let wire: WireResponse = serde_json::from_value(said).map_err(|error| no_response().detail(without_values(&error)))?;
            return TokenResponse::read(&wire, self.proof_key(), now).map(Polled::Granted);
        }
        let text = |name| said.get(name).and_then(Value::as_str);
        match (text("error").unwrap_or("an answer without a reason"), text("error_description")) {
            ("authorization_pending", _) => Ok(Polled::Pending),
            ("slow_down", _) => Ok(Polled::SlowDown),
            ("expired_token", _) => Err(device.expired()),
            // Keycloak says that of a realm that was switched off as well.
            ("access_denied", description) if description != Some("Realm not enabled") => {
                Err(Error::failed("the sign-in was denied at the provider"))
            }
            (code, description) => Err(refusal::refused(Attempt::SignIn, client, self.name(), code, description)),
        }
    }
}

impl DeviceAuthorization {
    /// Nobody has signed in while the code was valid (`expired_token`).
    #[must_use]
    pub fn expired(&self) -> Error {
        Error::failed(format!("the code has expired: nobody signed in with it within {}", lasting(self.expires_in)))
            .hint("the next `kclogin login` gives another")
    }
}

impl Wire {
    /// What can be shown to a person and be asked with.
    fn checked(self, code_verifier: Secret<String>) -> Result<DeviceAuthorization> {
        let refused = |what: &str| Error::failed(format!("the provider's code can't be shown: {what}"));
        // Nothing is repeated of what is refused.
        let is_plain = self.user_code.trim() == self.user_code && neutralise(&self.user_code) == self.user_code;
        if !is_plain || !(1..=USER_CODE_LIMIT).contains(&self.user_code.chars().count()) {
            return Err(refused("it holds something else than a few letters to type"));
        }
        if self.device_code.expose().is_empty() {
            return Err(refused("there is none for the device"));
        }
        let address = |text: &str| -> Result<Url> {
            let url = parse_url("address to enter it at", text).map_err(|error| refused(error.sentence()))?;
            require_secure("address to enter it at", &url).map_err(|error| {
                refused(error.sentence()).hint("tell whoever runs the provider; plain http is accepted on a loopback address only")
            })?;
            Ok(url)
        };
        Ok(DeviceAuthorization {
            verification_uri: address(&self.verification_uri)?,
            verification_uri_complete: self.verification_uri_complete.as_deref().map(address).transpose()?,
            user_code: self.user_code,
            expires_in: Duration::from_secs(self.expires_in),
            interval: Duration::from_secs(self.interval.unwrap_or(USUAL_INTERVAL).max(1)),
            device_code: self.device_code,
            code_verifier,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(change: impl FnOnce(&mut Value)) -> Result<DeviceAuthorization> {
        let mut said = json!({
            "device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": "https://kc.example/device",
            "verification_uri_complete": "https://kc.example/device?user_code=ABCD-EFGH", "expires_in": 600, "interval": 7,
        });
        change(&mut said);
        serde_json::from_value::<Wire>(said).expect("the form").checked(Secret::from("v"))
    }

    #[test]
    fn the_interval_is_five_seconds_where_none_is_said_and_never_none() {
        let interval = |value: Value| checked(|said| said["interval"] = value).expect("sound").interval.as_secs();
        assert_eq!((interval(json!(7)), interval(Value::Null), interval(json!(0))), (7, 5, 1));
    }

    #[test]
    fn what_can_t_be_shown_is_refused_and_not_repeated() {
        for code in ["", " ABCD", "AB\u{1b}[2J", "AB\nCD", "A\u{202e}B", &"A".repeat(65)] {
            let error = checked(|said| said["user_code"] = json!(code)).expect_err(code);
            assert_eq!(error.sentence(), "the provider's code can't be shown: it holds something else than a few letters to type");
        }
        for (member, address) in [
            ("verification_uri", "http://kc.example/device"),
            ("verification_uri", "javascript:alert(1)"),
            ("verification_uri", "https://kc.example:pw@evil.example/"),
            ("verification_uri_complete", "http://kc.example/device?user_code=ABCD-EFGH"),
            ("verification_uri_complete", "file:///etc/passwd"),
        ] {
            let error = checked(|said| said[member] = json!(address)).expect_err(address);
            assert!(error.sentence().starts_with("the provider's code can't be shown: the address to enter it at "), "{error}");
        }
        assert!(checked(|said| said["verification_uri"] = json!("http://127.0.0.1:8080/device")).is_ok());
        assert!(checked(|said| said["verification_uri_complete"] = Value::Null).expect("sound").verification_uri_complete.is_none());
    }
}
