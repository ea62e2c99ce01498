//! Finding a provider's endpoints from its issuer identifier (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3), and its keys.

use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::Provider;
use super::response::{Unusable, content_type, document, require_service};
use super::token_endpoint::without_values;
use crate::error::{Error, Result};
use crate::oidc::document;
use crate::oidc::endpoints::{Endpoints, parse_url, require_secure};
use crate::oidc::http::{Http, Request, Response};
use crate::profile::Settings;

/// The well-known path of OAuth's metadata (RFC 8414 section 3).
const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";

/// The longest that fetching the keys ahead of their use may take, in seconds.
const PREFETCH_LIMIT: Duration = Duration::from_secs(5);

/// What the library's own metadata type leaves out.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    end_session_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    introspection_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    pushed_authorization_request_endpoint: Option<Url>,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    mtls_endpoint_aliases: Option<Aliases>,
}

/// Where a client goes that shows a certificate (RFC 8705 section 5): not everybody's port asks for one.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Aliases {
    token_endpoint: Option<Url>,
    userinfo_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    introspection_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    pushed_authorization_request_endpoint: Option<Url>,
}

impl AdditionalProviderMetadata for MoreMetadata {}

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The algorithms an ID token may be signed with: those with a public key. The symmetric ones are refused whatever a provider lists, because a public
/// client has no secret to check them with, and a confidential client's secret is not meant to be one (algorithm confusion, RFC 8725 section 2.1).
pub(super) fn asymmetric_algorithms() -> Vec<CoreJwsSigningAlgorithm> {
    vec![
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ]
}

impl<'a> Provider<'a> {
    /// The provider of a profile: as its endpoints are written down, or else discovered and then corrected by those that are.
    ///
    /// # Errors
    /// As [`discover`](Self::discover), or the profile says neither where to look nor enough not to have to.
    pub fn of_settings(http: &'a Http<'a>, settings: &Settings) -> Result<Self> {
        if let Some(endpoints) = settings.endpoints.complete() {
            let pushes = settings.pushed_authorization_requests;
            return Ok(Self { pushes, ..Self::known(http, settings.issuer.clone(), endpoints) });
        }
        let issuer = settings.issuer.as_deref().ok_or_else(|| {
            Error::usage("the profile has neither an issuer nor both the authorization and the token endpoint")
                .hint("give the issuer: `--issuer URL`")
        })?;
        Self::discover(http, issuer)?.corrected_by(settings)
    }

    /// A discovered provider as a profile wants it.
    pub(super) fn corrected_by(mut self, settings: &Settings) -> Result<Self> {
        settings.endpoints.override_in(&mut self.endpoints);
        self.endpoints.require_secure()?;
        self.pushes |= settings.pushed_authorization_requests;
        Ok(self)
    }

    /// Fetches and checks the provider's metadata.
    ///
    /// # Errors
    /// The issuer is unsafe or unknown, it answers something else than its metadata, the metadata names another issuer (section 4.3), or an endpoint
    /// in it is unsafe.
    pub fn discover(http: &'a Http<'a>, issuer: &str) -> Result<Self> {
        let (at, response) = ask_for_metadata(metadata_addresses(issuer)?, |request| http.send(request))?;
        Self::of_metadata(http, issuer, &at, &response)
    }

    /// The provider that the answer from its metadata's address tells of.
    pub(super) fn of_metadata(http: &'a Http<'a>, issuer: &str, at: &Url, response: &Response) -> Result<Self> {
        let (metadata, has_keys) = read_metadata(issuer, at, response)?;
        if metadata.issuer().as_str() != issuer {
            return Err(Error::failed(format!("the provider at {issuer} calls itself {}", metadata.issuer().as_str()))
                .hint(format!("use exactly its own name: `--issuer {}`, if that is the one you trust", metadata.issuer().as_str())));
        }
        let token = metadata.token_endpoint().ok_or_else(|| Error::failed(format!("the provider at {issuer} has no token endpoint")))?;
        let more = metadata.additional_metadata();
        let aliases = more.mtls_endpoint_aliases.clone().filter(|_| http.shows_certificate()).unwrap_or_default();
        let endpoints = Endpoints {
            authorization: metadata.authorization_endpoint().url().clone(),
            token: aliases.token_endpoint.unwrap_or_else(|| token.url().clone()),
            userinfo: aliases.userinfo_endpoint.or_else(|| metadata.userinfo_endpoint().map(|at| at.url().clone())),
            jwks: has_keys.then(|| metadata.jwks_uri().url().clone()),
            end_session: more.end_session_endpoint.clone(),
            revocation: aliases.revocation_endpoint.or_else(|| more.revocation_endpoint.clone()),
            introspection: aliases.introspection_endpoint.or_else(|| more.introspection_endpoint.clone()),
            device_authorization: aliases.device_authorization_endpoint.or_else(|| more.device_authorization_endpoint.clone()),
            pushed_authorization_request: aliases
                .pushed_authorization_request_endpoint
                .or_else(|| more.pushed_authorization_request_endpoint.clone()),
        };
        // Not a wrong call: a Keycloak behind a proxy announces http where nobody told it that its clients come by https.
        endpoints.require_secure().map_err(|error| {
            Error::failed(error.sentence())
                .hint("tell whoever runs the provider: a Keycloak behind a proxy needs `--hostname https://HOST` or `--proxy-headers`")
        })?;
        let mut algorithms = asymmetric_algorithms();
        algorithms.retain(|algorithm| metadata.id_token_signing_alg_values_supported().contains(algorithm));
        let methods = metadata.token_endpoint_auth_methods_supported();
        let post_only = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost) && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let issuer_announced = more.authorization_response_iss_parameter_supported;
        let pushes = more.require_pushed_authorization_requests;
        Ok(Self { algorithms, issuer_announced, post_only, pushes, ..Self::known(http, Some(issuer.to_owned()), endpoints) })
    }

    /// The provider's key set, fetched once. Nothing where no `jwks_uri` is known.
    ///
    /// # Errors
    /// It can't be fetched or is no key set.
    pub fn keys(&self) -> Result<Option<&CoreJsonWebKeySet>> {
        if self.keys.get().is_none() {
            let Some(fetched) = self.fetch_keys()? else { return Ok(None) };
            return Ok(Some(self.keys.get_or_init(|| fetched)));
        }
        Ok(self.keys.get())
    }

    /// Fetches the key set ahead of its use. Failing is no loss, as it is then fetched, and the failure said, when it is needed; it gives up after a few
    /// seconds, so that nothing ever waits long for what may not be needed at all.
    pub fn prefetch_keys(&self) {
        let response = self.endpoints.jwks.as_ref().and_then(|at| self.http.send_within(PREFETCH_LIMIT, get(at)).ok());
        if let Some(keys) = response.filter(|response| response.status() == 200).and_then(|response| document(&response).ok()) {
            let _ = self.keys.set(keys);
        }
    }

    /// Takes this document for the provider's key set, unless that is known already.
    ///
    /// # Errors
    /// It is no key set.
    pub fn know_keys(&self, document: &[u8]) -> Result<()> {
        let keys = document::read(document).map_err(|error| Error::failed("the provider's keys are not a key set").detail(error.to_string()))?;
        let _ = self.keys.set(keys);
        Ok(())
    }

    /// The provider's key set as it is now.
    pub(super) fn fetch_keys(&self) -> Result<Option<CoreJsonWebKeySet>> {
        let Some(at) = &self.endpoints.jwks else { return Ok(None) };
        let response = self.send(get(at))?;
        if response.status() != 200 {
            return Err(Error::failed(format!("the provider's keys can't be fetched: {at} answers {}", response.status())));
        }
        let unusable = |unusable: Unusable| Error::failed(format!("the provider's keys at {at} are not a key set")).detail(unusable.detail());
        document(&response).map(Some).map_err(unusable)
    }
}

/// Where an issuer's metadata may be: OpenID Connect appends the well-known path (Discovery 1.0 section 4.1), OAuth puts it behind the host (RFC 8414
/// section 3.1).
pub(super) fn metadata_addresses(issuer: &str) -> Result<[Url; 2]> {
    let mut url = parse_url("issuer", issuer)?;
    require_secure("issuer", &url)?;
    // In both a terminating slash is removed first.
    let appended = parse_url("issuer", &format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{OAUTH_METADATA}{path}"));
    Ok([appended, url])
}

/// The answer from one of these addresses, with which it was: what the first one says, unless it has nothing and the other one has.
pub(super) fn ask_for_metadata<E>(
    [at, other]: [Url; 2],
    ask: impl Fn(Request) -> std::result::Result<Response, E>,
) -> std::result::Result<(Url, Response), E> {
    let response = ask(get(&at))?;
    if response.status() == 404
        && let Ok(elsewhere) = ask(get(&other))
        && elsewhere.status() == 200
    {
        return Ok((other, elsewhere));
    }
    Ok((at, response))
}

pub(super) fn get(url: &Url) -> Request {
    let mut request = Request::new(Vec::new());
    // The url crate's URLs are always valid URIs.
    *request.uri_mut() = url.as_str().parse().unwrap_or_default();
    request.headers_mut().insert("accept", "application/json".parse().unwrap_or_else(|_| unreachable!("a fixed header value")));
    request
}

/// The metadata, and whether it says where the keys are.
fn read_metadata(issuer: &str, at: &Url, response: &Response) -> Result<(Metadata, bool)> {
    let status = response.status();
    require_service(issuer, response)?;
    if status != 200 {
        let said = document::<Value>(response).ok();
        let said = said.as_ref().and_then(|said| said.get("error_description").or(said.get("error"))?.as_str());
        let said = said.map_or_else(|| status.to_string(), |said| format!("{said} ({status})"));
        return Err(Error::failed(format!("there is no provider at {issuer}: {said}"))
            .hint("look at the realm's name and at the path; Keycloak's issuers end in /realms/NAME, older ones in /auth/realms/NAME"));
    }
    let unusable = |detail: String| {
        let is_page = response.body().trim_ascii_start().starts_with(b"<") || content_type(response).as_deref() == Some("text/html");
        let what = if is_page { "a web page" } else { "something else" };
        Error::failed(format!("{at} answers {what}, not a provider's metadata"))
            .hint("look at the issuer: Keycloak's end in /realms/NAME")
            .detail(detail)
    };
    let mut said: Map<String, Value> = document(response).map_err(|error| unusable(error.detail()))?;
    let has_keys = said.contains_key("jwks_uri");
    if at.path().starts_with(OAUTH_METADATA) {
        // RFC 8414 section 2 leaves out what Discovery 1.0 section 3 wants: the subject's type means nothing to us, and an algorithm that isn't announced may be
        // any with a public key.
        said.entry("subject_types_supported").or_insert_with(|| json!(["public"]));
        said.entry("id_token_signing_alg_values_supported").or_insert_with(|| json!(asymmetric_algorithms()));
        said.entry("jwks_uri").or_insert_with(|| json!(at));
    }
    serde_json::from_value(Value::Object(said)).map(|metadata| (metadata, has_keys)).map_err(|error| unusable(without_values(&error)))
}
