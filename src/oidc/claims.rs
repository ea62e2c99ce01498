//! The claims a person cares about, out of a verified ID token, a UserInfo response, or (for display only) Keycloak's access token.
//!
//! Nothing here verifies anything: that is `provider`'s.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::encoding::from_base64url;
use crate::oidc::document;

/// A JSON object of claims, as it came.
pub type ClaimSet = Map<String, Value>;

/// Who somebody is, by the standard claims of OpenID Connect Core 1.0 section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `sub`: never changes and is never reassigned at its issuer.
    pub subject: String,
    /// `preferred_username`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `name`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `email`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `email_verified`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
}

impl Identity {
    /// The identity in a set of claims; nothing without a `sub`.
    #[must_use]
    pub fn from_claims(claims: &ClaimSet) -> Option<Self> {
        let text = |name| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            subject: text("sub")?,
            username: text("preferred_username"),
            name: text("name"),
            email: text("email"),
            email_verified: claims.get("email_verified").and_then(Value::as_bool),
        })
    }

    /// What to call them: the name, else the user name, else the e-mail address, else the subject.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().or(self.username.as_deref()).or(self.email.as_deref()).unwrap_or(&self.subject)
    }

    /// The shortest sure way to tell them from others: the user name, else the e-mail address, else the subject.
    #[must_use]
    pub fn account_name(&self) -> &str {
        self.username.as_deref().or(self.email.as_deref()).unwrap_or(&self.subject)
    }
}

/// Keycloak's realm roles (`realm_access.roles`), sorted.
#[must_use]
pub fn realm_roles(claims: &ClaimSet) -> Vec<String> {
    claims.get("realm_access").and_then(|access| access.get("roles")).map(strings).unwrap_or_default()
}

/// The groups (`groups`, as Keycloak's group membership mapper names them), sorted.
#[must_use]
pub fn groups(claims: &ClaimSet) -> Vec<String> {
    claims.get("groups").map(strings).unwrap_or_default()
}

fn strings(value: &Value) -> Vec<String> {
    let mut strings: Vec<String> = value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    strings.sort_unstable();
    strings
}

/// The payload of a compact JWT (RFC 7515 section 3.1) **without any verification**; nothing where the text isn't one, as with opaque tokens.
#[must_use]
pub fn unverified_payload(jwt: &str) -> Option<ClaimSet> {
    let mut parts = jwt.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    document::read(&from_base64url(payload)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> ClaimSet {
        serde_json::from_str(text).expect("an object")
    }

    #[test]
    fn names_fall_back_from_friendly_to_sure() {
        let identity = Identity::from_claims(&claims(r#"{"sub":"42","preferred_username":"alice","name":"Alice Adams"}"#)).expect("an identity");
        assert_eq!((identity.display_name(), identity.account_name()), ("Alice Adams", "alice"));
        let identity = Identity::from_claims(&claims(r#"{"sub":"42","name":"","email":7}"#)).expect("an identity");
        assert_eq!((identity.display_name(), identity.account_name()), ("42", "42"));
        assert_eq!(Identity::from_claims(&claims(r#"{"name":"Nobody"}"#)), None);
    }

    #[test]
    fn roles_and_groups_of_any_shape_are_taken_or_left() {
        let set = claims(r#"{"realm_access":{"roles":["b","a",1]},"groups":["/y","/x"]}"#);
        assert_eq!(realm_roles(&set), ["a", "b"]);
        assert_eq!(groups(&set), ["/x", "/y"]);
        assert!(realm_roles(&claims(r#"{"realm_access":"no"}"#)).is_empty());
    }

    #[test]
    fn opaque_tokens_have_no_payload() {
        for opaque in ["", "opaque", "a.b", "a.b.c.d", "..", "a.!.c", "a.e30.c.d", "a.W10.c"] {
            assert_eq!(unverified_payload(opaque), None, "{opaque}");
        }
        assert_eq!(unverified_payload("a.e30.c"), Some(ClaimSet::new()));
    }
}
