//! Profiles out of the two files that Keycloak's users already have: Keycloak's own adapter file `keycloak.json`, and the `client_secrets.json` of
//! Flask-OIDC and Google. What can't be verified with what the file says is said by the caller, from [`Imported::remarks`].

use serde::Deserialize;
use url::Url;

use super::{ExplicitEndpoints, Settings};
use crate::error::{Error, Result};
use crate::oidc::endpoints::{ClientAuthentication, Endpoints, is_loopback, parse_url};
use crate::secret::Secret;

/// What a file yields.
#[derive(Debug)]
pub struct Imported {
    /// The profile's settings.
    pub settings: Settings,
    /// The client's secret, for the token store.
    pub client_secret: Option<Secret<String>>,
    /// What the person should know.
    pub remarks: Vec<String>,
}

/// Keycloak's adapter file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct AdapterFile {
    realm: String,
    auth_server_url: String,
    resource: String,
    #[serde(default)]
    credentials: Credentials,
    #[serde(default)]
    public_client: bool,
}

#[derive(Default, Deserialize)]
struct Credentials {
    secret: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct SecretsFile {
    web: Option<ClientEntry>,
    installed: Option<ClientEntry>,
}

#[derive(Deserialize)]
struct ClientEntry {
    client_id: String,
    client_secret: Option<Secret<String>>,
    issuer: Option<String>,
    auth_uri: String,
    token_uri: String,
    userinfo_uri: Option<String>,
    jwks_uri: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// Reads either file, telling them apart by what they hold.
///
/// # Errors
/// It is neither. The sentence repeats nothing of the file, which may hold a secret.
pub fn import(text: &str) -> Result<Imported> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    let imported = if members.contains_key("auth-server-url") || members.contains_key("resource") {
        from_adapter_file(serde_json::from_str(text).map_err(|error| unreadable(&error))?)?
    } else if members.contains_key("web") || members.contains_key("installed") {
        let file: SecretsFile = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        from_client_entry(file.web.or(file.installed).ok_or_else(neither)?)?
    } else {
        return Err(neither());
    };
    Ok(imported)
}

fn neither() -> Error {
    Error::failed("the file is neither a keycloak.json nor a client_secrets.json")
        .hint("a keycloak.json has `realm`, `auth-server-url` and `resource`; a client_secrets.json has `web` or `installed`")
}

fn unreadable(error: &serde_json::Error) -> Error {
    // The library's message for a value of a wrong type repeats the value.
    let what = match error.classify() {
        serde_json::error::Category::Data => "lacks something it needs, or has it in a wrong form".to_owned(),
        _ => format!("is not JSON (line {}, column {})", error.line(), error.column()),
    };
    Error::failed(format!("the file {what}"))
        .hint("a keycloak.json needs `realm`, `auth-server-url` and `resource`; a client_secrets.json needs `client_id`, `auth_uri` and `token_uri`")
}

/// The URL that a member holds. The sentences of [`parse_url`] would repeat it, and people mix their lines up.
fn web_url(member: &str, text: &str) -> Result<Url> {
    parse_url(member, text).map_err(|_| {
        Error::failed(format!("the file's `{member}` is not an https URL")).hint("it is a URL in full, without a user name or a password")
    })
}

fn from_adapter_file(file: AdapterFile) -> Result<Imported> {
    let issuer = format!("{}/realms/{}", file.auth_server_url.trim_end_matches('/'), file.realm);
    web_url("auth-server-url", &issuer)?;
    let client_secret = file.credentials.secret.filter(|secret| !file.public_client && !secret.expose().is_empty());
    let settings = Settings {
        issuer: Some(issuer),
        client_id: file.resource,
        client_authentication: client_secret.as_ref().map(|_| ClientAuthentication::ClientSecretBasic),
        ..Settings::default()
    };
    let remark = "the file does not say which redirect URIs the client has: it needs http://127.0.0.1/callback (or another loopback one, see `--redirect-uri`)";
    Ok(Imported { settings, client_secret, remarks: vec![remark.to_owned()] })
}

fn from_client_entry(entry: ClientEntry) -> Result<Imported> {
    let mut remarks = Vec::new();
    let optional = |name: &str, text: Option<&String>| text.map(|text| web_url(name, text)).transpose();
    let endpoints = ExplicitEndpoints {
        authorization_endpoint: Some(web_url("auth_uri", &entry.auth_uri)?),
        token_endpoint: Some(web_url("token_uri", &entry.token_uri)?),
        userinfo_endpoint: optional("userinfo_uri", entry.userinfo_uri.as_ref())?,
        jwks_uri: optional("jwks_uri", entry.jwks_uri.as_ref())?,
        ..ExplicitEndpoints::default()
    };
    let whole = endpoints.complete();
    let by_shape = whole.as_ref().and_then(Endpoints::keycloak_issuer);
    whole.as_ref().map_or(Ok(()), Endpoints::require_secure).map_err(|_| {
        Error::failed("one of the file's URLs is plain http, so anybody on the network could read and change what is sent")
            .hint("use https; plain http is accepted on a loopback address only")
    })?;
    let issuer = entry.issuer.or_else(|| by_shape.clone());
    match &issuer {
        None => remarks.push(
            "the file names no issuer, and its URLs are not Keycloak's: the issuer will be taken from the first ID token and held to from then on"
                .to_owned(),
        ),
        Some(issuer) if by_shape.as_ref() == Some(issuer) => remarks.push(format!("the file's URLs are Keycloak's, so the issuer is {issuer}")),
        _ => {}
    }
    if whole.is_none_or(|whole| whole.jwks.is_none()) {
        remarks.push(
            "the file names no keys (jwks_uri): the ID token's signature can't be verified, only the connection it came over vouches for it"
                .to_owned(),
        );
    }
    let on_loopback = |url: &Url| url.scheme() == "http" && is_loopback(url);
    let redirect_uri = entry.redirect_uris.iter().filter_map(|text| Url::parse(text).ok()).find(on_loopback);
    if redirect_uri.is_none() {
        remarks.push("none of the file's redirect URIs is on this machine: add http://127.0.0.1/callback to the client at the provider".to_owned());
    }
    let client_secret = entry.client_secret.filter(|secret| !secret.expose().is_empty());
    let settings = Settings {
        issuer,
        client_id: entry.client_id,
        client_authentication: client_secret.as_ref().map(|_| ClientAuthentication::ClientSecretBasic),
        redirect_uri,
        endpoints,
        ..Settings::default()
    };
    Ok(Imported { settings, client_secret, remarks })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLASK: &str = r#"{"web": {
        "issuer": "http://localhost:8081/realms/pysaar",
        "auth_uri": "http://localhost:8081/realms/pysaar/protocol/openid-connect/auth",
        "client_id": "flask-app", "client_secret": "s3cr3t",
        "redirect_uris": ["https://app.example/oidc/callback", "http://localhost:5000/oidc/callback"],
        "userinfo_uri": "http://localhost:8081/realms/pysaar/protocol/openid-connect/userinfo",
        "token_uri": "http://localhost:8081/realms/pysaar/protocol/openid-connect/token",
        "token_introspection_uri": "http://localhost:8081/realms/pysaar/protocol/openid-connect/token/introspect"}}"#;

    #[test]
    fn a_flask_client_gets_its_issuer_keys_and_redirect_uri() {
        for text in [FLASK.to_owned(), FLASK.replace(r#""issuer": "http://localhost:8081/realms/pysaar","#, "")] {
            let Imported { settings, client_secret, .. } = import(&text).expect("imported");
            assert_eq!(settings.issuer.as_deref(), Some("http://localhost:8081/realms/pysaar"));
            assert_eq!(settings.redirect_uri.expect("a redirect URI").as_str(), "http://localhost:5000/oidc/callback");
            assert_eq!(
                settings.endpoints.complete().and_then(|endpoints| endpoints.jwks).expect("keys").path(),
                "/realms/pysaar/protocol/openid-connect/certs"
            );
            assert_eq!(client_secret, Some(Secret::from("s3cr3t")));
            assert_eq!(settings.client_authentication, Some(ClientAuthentication::ClientSecretBasic));
        }
    }

    #[test]
    fn what_another_providers_file_does_not_say_is_remarked() {
        let text = r#"{"installed": {"client_id": "c", "auth_uri": "https://a.example/auth", "token_uri": "https://a.example/token"}}"#;
        let Imported { settings, client_secret, remarks } = import(text).expect("imported");
        assert_eq!((settings.issuer, settings.endpoints.jwks_uri, client_secret), (None, None, None));
        assert_eq!(remarks.len(), 3, "{remarks:?}");
    }

    #[test]
    fn keycloaks_adapter_file_is_read() {
        let file = r#"{"realm":"demo","auth-server-url":"https://kc.example/auth/","ssl-required":"external","resource":"app",
            "credentials":{"secret":"s3cr3t"},"confidential-port":0}"#;
        let Imported { settings, client_secret, .. } = import(file).expect("imported");
        assert_eq!(settings.issuer.as_deref(), Some("https://kc.example/auth/realms/demo"));
        assert_eq!((settings.client_id.as_str(), client_secret), ("app", Some(Secret::from("s3cr3t"))));
        let public = file.replace(r#""credentials":{"secret":"s3cr3t"}"#, r#""public-client":true"#);
        assert_eq!(import(&public).expect("imported").settings.client_authentication, None);
    }

    #[test]
    fn errors_repeat_nothing_of_the_file() {
        for bad in [
            "",
            "{",
            "[]",
            r#"{"web":{"client_secret":"s3cr3t"}}"#,
            r#"{"web":{"client_secret":["s3cr3t"]}}"#,
            r#"{"a":"s3cr3t"}"#,
            r#"{"web":"s3cr3t"}"#,
            r#"{"web":{"client_id":"c","auth_uri":"s3cr3t","token_uri":"https://a.example/token"}}"#,
            r#"{"web":{"client_id":"c","auth_uri":"https://u:s3cr3t@a.example:99999/","token_uri":"https://a.example/token"}}"#,
            r#"{"web":{"client_id":"c","auth_uri":"http://a.example/s3cr3t","token_uri":"https://a.example/token"}}"#,
            r#"{"realm":"a","auth-server-url":"https://u:s3cr3t@a.example/","resource":"c"}"#,
        ] {
            let error = import(bad).expect_err(bad);
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }
}
