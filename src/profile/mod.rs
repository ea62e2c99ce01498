//! A profile: a provider, a client and how to sign in, under a name. It never holds a secret.
//!
//! `config_file` keeps profiles, `choose` finds the one a call means, `import` makes one out of other programs' files.

pub mod choose;
pub mod config_file;
pub mod import;
pub mod login_method;
pub mod site;

use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

use self::login_method::LoginMethod;
use crate::error::{Error, Result};
use crate::oidc::endpoints::{ClientAuthentication, Endpoints, parse_url};

/// The client ID where none is given.
pub const DEFAULT_CLIENT_ID: &str = "kclogin";
/// The scopes where none are given.
pub const DEFAULT_SCOPE: [&str; 3] = ["openid", "profile", "email"];

/// A named issuer, client and scopes, with what else a login needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What it is called; see [`check_name`].
    pub name: String,
    /// What the configuration file says of it.
    pub settings: Settings,
}

/// A profile as the configuration file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The issuer identifier, character for character. Nothing only for an imported client whose file doesn't say; the first login fills it in.
    #[serde(default, deserialize_with = "issuer", skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The client ID.
    pub client_id: String,
    /// How the client authenticates; nothing for a public client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_authentication: Option<ClientAuthentication>,
    /// The scopes to ask for; nothing for the default ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    /// A fixed redirect URI; nothing for a free port of 127.0.0.1.
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<Url>,
    /// How to sign in; nothing where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_method: Option<LoginMethod>,
    /// Whether authorization requests are pushed, since the client must, which no metadata says (RFC 9126 section 6).
    #[serde(default, skip_serializing_if = "is_off")]
    pub pushed_authorization_requests: bool,
    /// Whether tokens are bound to a key of the session's (DPoP, RFC 9449).
    #[serde(default, skip_serializing_if = "is_off")]
    pub dpop: bool,
    /// PEM certificates to trust instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The client's own certificate for mutual TLS (RFC 8705), in PEM form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    /// Its key, where that is in another file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// The token store; nothing for the keyring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The user name beside the token for docker's registries; nothing for the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_username: Option<String>,
    /// The sites that programs which ask by a site's name may send the token to; see [`site`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Other stores that may still hold something of this profile's; see `leftover`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncleared_stores: Vec<String>,
    /// Endpoints for a provider without discovery, or in place of what it says.
    /// They are a table of their own, since serde's `flatten` loses the line of a mistake.
    #[serde(default, skip_serializing_if = "ExplicitEndpoints::is_empty")]
    pub endpoints: ExplicitEndpoints,
}

/// Endpoints that somebody has written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExplicitEndpoints {
    /// `authorization_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// `token_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// `userinfo_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    /// `jwks_uri`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// `end_session_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<Url>,
    /// `revocation_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<Url>,
    /// `device_authorization_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<Url>,
    /// `pushed_authorization_request_endpoint`
    #[serde(default, deserialize_with = "web_url", skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<Url>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_off(setting: &bool) -> bool {
    !setting
}

/// A URL of the web without user name and password: what is written down is shown again, and sent to.
fn web_url<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Url>, D::Error> {
    parse_url("address", &String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// The same of an issuer, which is kept as it is written, since it is compared letter by letter.
fn issuer<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_url("issuer", &text).map(|_| Some(text)).map_err(D::Error::custom)
}

impl ExplicitEndpoints {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each with the name that it has in the configuration file, and as an option.
    #[must_use]
    pub fn written(&self) -> Vec<(String, String)> {
        let Ok(Value::Object(members)) = serde_json::to_value(self) else { return Vec::new() };
        members.into_iter().filter_map(|(name, address)| Some((name, address.as_str()?.to_owned()))).collect()
    }

    /// All of them, where they are enough to sign in without discovery. Where they have the shape of Keycloak's, so have those that are left out.
    #[must_use]
    pub fn complete(&self) -> Option<Endpoints> {
        let written = Endpoints {
            authorization: self.authorization_endpoint.clone()?,
            token: self.token_endpoint.clone()?,
            userinfo: self.userinfo_endpoint.clone(),
            jwks: self.jwks_uri.clone(),
            end_session: self.end_session_endpoint.clone(),
            revocation: self.revocation_endpoint.clone(),
            introspection: None,
            device_authorization: self.device_authorization_endpoint.clone(),
            pushed_authorization_request: self.pushed_authorization_request_endpoint.clone(),
        };
        Some(written.completed_as_keycloak())
    }

    /// Puts those that are written down in place of the discovered ones.
    pub fn override_in(&self, endpoints: &mut Endpoints) {
        let required = [(&self.authorization_endpoint, &mut endpoints.authorization), (&self.token_endpoint, &mut endpoints.token)];
        for (explicit, discovered) in required {
            if let Some(url) = explicit {
                *discovered = url.clone();
            }
        }
        let optional = [
            (&self.userinfo_endpoint, &mut endpoints.userinfo),
            (&self.jwks_uri, &mut endpoints.jwks),
            (&self.end_session_endpoint, &mut endpoints.end_session),
            (&self.revocation_endpoint, &mut endpoints.revocation),
            (&self.device_authorization_endpoint, &mut endpoints.device_authorization),
            (&self.pushed_authorization_request_endpoint, &mut endpoints.pushed_authorization_request),
        ];
        for (explicit, discovered) in optional {
            if explicit.is_some() {
                discovered.clone_from(explicit);
            }
        }
    }
}

impl Profile {
    /// What stands for the provider in messages and keys: the issuer, or where it isn't known yet, the authorization endpoint.
    #[must_use]
    pub fn provider(&self) -> &str {
        let endpoint = || self.settings.endpoints.authorization_endpoint.as_ref().map(Url::as_str);
        self.settings.issuer.as_deref().or_else(endpoint).unwrap_or("no provider")
    }

    /// The scopes to ask for.
    #[must_use]
    pub fn scope(&self) -> Vec<String> {
        self.settings.scope.clone().unwrap_or_else(|| DEFAULT_SCOPE.map(str::to_owned).to_vec())
    }
}

/// Checks a profile's name: letters, digits, `.`, `_` and `-`, at most 64, starting with a letter or digit. It becomes part of keys and file names.
///
/// # Errors
/// It is none of that.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=64).contains(&name.len()) && name.chars().all(is_plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` can't be a profile's name"))
        .hint("use letters, digits, `.`, `_` and `-`, at most 64, starting with a letter or digit"))
}

/// A name for a new profile: Keycloak's realm, else the provider's host, with a number where it is already taken.
#[must_use]
pub fn suggest_name(provider: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let realm = provider.split("/realms/").nth(1).map(|rest| rest.split('/').next().unwrap_or_default());
    let host = Url::parse(provider).ok().and_then(|url| url.host_str().map(str::to_owned));
    let plain =
        |text: &str| -> String { text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect() };
    let candidates = [realm.map(plain), host.as_deref().map(plain), Some("default".to_owned())];
    let base = candidates.into_iter().flatten().find(|name| check_name(name).is_ok()).unwrap_or_else(|| "default".to_owned());
    let base: String = base.chars().take(60).collect();
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_their_directory_are_refused() {
        for good in ["work", "a", "prod.eu-1_x", &"x".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a b", "-p", "ä", "a\n", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_profile_is_called_like_its_realm() {
        let suggest = |provider, taken: &[&str]| suggest_name(provider, |name| taken.contains(&name));
        assert_eq!(suggest("https://kc.example/auth/realms/work", &[]), "work");
        assert_eq!(suggest("https://kc.example/realms/work", &["work", "work-2"]), "work-3");
        assert_eq!(suggest("https://kc.example/realms/my%20realm/", &[]), "my-20realm");
        assert_eq!(suggest("https://accounts.example:444/", &[]), "accounts.example");
        assert_eq!(suggest("nonsense", &[]), "default");
    }
}
