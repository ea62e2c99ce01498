//! What is kept of a login: the token set, whether it is fresh, and the form in which it is stored. No I/O.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::derived::{Derived, is_valid_for};
use crate::error::Error;
use crate::oidc::claims::{Identity, unverified_payload};
use crate::oidc::endpoints::{ClientAuthentication, Endpoints};
use crate::oidc::proof::ProofKey;
use crate::secret::Secret;

/// The newest version of the stored form. A higher one is never read, so that an older program can't lose what it doesn't know.
///
/// - 1: the members of [`TokenSet`] but `proof_key`; those that may be missing were added later.
/// - 2: has `proof_key`, without which the tokens are of no use. A set without one is written in form 1, which older programs read.
const FORMAT: u32 = 2;

/// The tokens of one login with everything a refresh needs, so that a refresh is one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenSet {
    /// The issuer that the ID token named and that was checked.
    pub issuer: String,
    /// The client the tokens were issued to.
    pub client_id: String,
    /// Who signed in, by the verified ID token.
    pub identity: Identity,
    /// For the resource servers; opaque to us.
    pub access_token: Secret<String>,
    /// When the access token expires; nothing where the provider did not say (RFC 6749 section 5.1 only recommends it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Timestamp>,
    /// Yields the next token set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret<String>>,
    /// When the refresh token expires if it isn't used (Keycloak's `refresh_expires_in`); nothing where there is no end or it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expiry: Option<Timestamp>,
    /// The last ID token, which names the session to the provider at logout.
    pub id_token: Secret<String>,
    /// The scopes granted.
    pub scope: Vec<String>,
    /// Where the provider listens.
    pub endpoints: Endpoints,
    /// How the client proves who it is.
    pub client_authentication: ClientAuthentication,
    /// The key that the tokens are bound to, where they are (DPoP, RFC 9449). It is a secret like them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_key: Option<ProofKey>,
    /// When this set came.
    pub obtained: Timestamp,
    /// Access tokens that were derived from these: kept with them, so that they end where the session does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<Derived>,
}

/// Why a stored token set can't be read. The stored bytes may hold secrets, so none of them is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Written by a newer kclogin, in this version of the form.
    Newer(u32),
    /// Not a token set.
    Damaged,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => write!(f, "the stored session was written by a newer kclogin (in form {version}; this one knows form {FORMAT})"),
            Self::Damaged => f.write_str("the stored session is damaged"),
        }
    }
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Self {
        let hint = match unreadable {
            Unreadable::Newer(_) => "it was kept as it is: update kclogin, or replace the session with `kclogin login`",
            Unreadable::Damaged => "it was kept as it is; `kclogin login` replaces it",
        };
        Self::login_required(unreadable.to_string()).hint(hint)
    }
}

#[derive(Serialize)]
struct StoredForm<'a> {
    version: u32,
    #[serde(flatten)]
    token_set: &'a TokenSet,
}

#[derive(Deserialize)]
struct StoredVersion {
    version: u32,
}

impl TokenSet {
    /// Whether the access token is still valid for `min_validity` from `now`. Without a known expiry it is taken to be.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, min_validity: Duration) -> bool {
        is_valid_for(self.expiry, now, min_validity)
    }

    /// When the ID token expires; nothing where it can't be read, which it could when it was verified.
    #[must_use]
    pub fn id_token_expiry(&self) -> Option<Timestamp> {
        unverified_payload(self.id_token.expose())?.get("exp")?.as_f64().map(|seconds| Timestamp(seconds as i64))
    }

    /// Whether a refresh can be tried at `now`: there is a refresh token and it is not known to have expired.
    #[must_use]
    pub fn can_refresh(&self, now: Timestamp) -> bool {
        self.refresh_token.is_some() && self.refresh_expiry.is_none_or(|expiry| expiry > now)
    }

    /// Whether the session outlives the provider's own: one with the scope `offline_access` (OpenID Connect Core 1.0 section 11).
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.scope.iter().any(|scope| scope == "offline_access")
    }

    /// The stored form: JSON with a version.
    #[must_use]
    pub fn to_stored(&self) -> Secret<Vec<u8>> {
        // Serialising plain structs with text keys can't fail.
        let version = if self.proof_key.is_some() { FORMAT } else { 1 };
        Secret::new(serde_json::to_vec(&StoredForm { version, token_set: self }).unwrap_or_default())
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// It was written by a newer version or isn't a token set. Either way it should be kept as it is.
    pub fn from_stored(stored: &Secret<Vec<u8>>) -> Result<Self, Unreadable> {
        let parse = |_| Unreadable::Damaged;
        let StoredVersion { version } = serde_json::from_slice(stored.expose()).map_err(parse)?;
        if version > FORMAT {
            return Err(Unreadable::Newer(version));
        }
        serde_json::from_slice(stored.expose()).map_err(parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_set() -> TokenSet {
        TokenSet {
            issuer: "https://kc.example/realms/a".to_owned(),
            client_id: "kclogin".to_owned(),
            identity: Identity { subject: "42".to_owned(), ..Identity::default() },
            access_token: Secret::from("at-secret"),
            expiry: Some(Timestamp(1_000)),
            refresh_token: Some(Secret::from("rt-secret")),
            refresh_expiry: Some(Timestamp(2_000)),
            id_token: Secret::from("it-secret"),
            scope: vec!["openid".to_owned()],
            endpoints: Endpoints::of_keycloak("https://kc.example/realms/a").expect("endpoints"),
            client_authentication: ClientAuthentication::None,
            proof_key: None,
            obtained: Timestamp(700),
            derived: Vec::new(),
        }
    }

    #[test]
    fn freshness_turns_at_the_boundary() {
        let set = token_set();
        let fresh = |now, min_validity| set.is_fresh(Timestamp(now), Duration::from_secs(min_validity));
        assert!(fresh(970, 30) && !fresh(971, 30));
        assert!(fresh(999, 0) && !fresh(1_000, 0) && !fresh(1_001, 0));
        assert!(TokenSet { expiry: None, ..set }.is_fresh(Timestamp(i64::MAX), Duration::from_secs(30)));
    }

    #[test]
    fn a_refresh_needs_a_refresh_token_that_lives() {
        let set = token_set();
        assert!(set.can_refresh(Timestamp(1_999)) && !set.can_refresh(Timestamp(2_000)));
        assert!(TokenSet { refresh_expiry: None, ..set.clone() }.can_refresh(Timestamp(i64::MAX)));
        assert!(!TokenSet { refresh_token: None, ..set }.can_refresh(Timestamp(0)));
    }

    #[test]
    fn the_stored_form_round_trips_and_debug_shows_no_token() {
        let set = token_set();
        assert_eq!(TokenSet::from_stored(&set.to_stored()), Ok(set.clone()));
        assert!(!format!("{set:?}").contains("-secret"));
    }

    #[test]
    fn a_key_is_kept_in_a_form_that_older_programs_leave_alone() {
        let version = |set: &TokenSet| serde_json::from_slice::<serde_json::Value>(set.to_stored().expose()).expect("JSON")["version"].clone();
        let key = ProofKey::try_from(Secret::from("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")).expect("a key");
        let bound = TokenSet { proof_key: Some(key), ..token_set() };
        assert_eq!((version(&token_set()), version(&bound)), (1.into(), 2.into()));
        assert_eq!(TokenSet::from_stored(&bound.to_stored()), Ok(bound.clone()));
        assert!(!format!("{bound:?}").contains("jpsQnn"));
        let broken = String::from_utf8(bound.to_stored().expose().clone()).expect("text").replace("jpsQnn", "!");
        assert_eq!(TokenSet::from_stored(&Secret::new(broken.into_bytes())), Err(Unreadable::Damaged));
    }

    #[test]
    fn newer_and_damaged_forms_are_told_apart() {
        let read = |text: &str| TokenSet::from_stored(&Secret::new(text.as_bytes().to_vec()));
        assert_eq!(read(r#"{"version":3,"anything":true}"#), Err(Unreadable::Newer(3)));
        for damaged in ["", "{", "{}", r#"{"version":1}"#, "[]", r#"{"version":"1"}"#] {
            assert_eq!(read(damaged), Err(Unreadable::Damaged), "{damaged}");
        }
        let mut cut = token_set().to_stored().expose().clone();
        cut.pop();
        assert_eq!(TokenSet::from_stored(&Secret::new(cut)), Err(Unreadable::Damaged));
    }
}
