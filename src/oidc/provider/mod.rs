//! A provider, as OpenID Connect speaks to it. This folder is the only place that names the `openidconnect` crate.
//!
//! It owns discovery, the authorization request, the device grant, the token endpoint, the ID token, UserInfo and the end of a session, one file each. Moving bytes is
//! left to `http`, keeping anything to the stores, and deciding when to do what to `session` and the commands.

mod authorize;
mod device;
mod discovery;
mod dpop;
mod end_session;
mod examine;
mod form;
mod grants;
mod id_token;
mod introspection;
mod pushed;
mod refusal;
mod response;
mod signature;
mod token_endpoint;
mod user_info;

use std::sync::OnceLock;

use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};

use crate::error::{Error, Result};
use crate::oidc::endpoints::{ClientAuthentication, Endpoints};
use crate::oidc::http::{Http, Request, Response};
use crate::secret::Secret;
use dpop::Binding;

pub use authorize::{Wishes, random_secret};
pub use device::{DeviceAuthorization, Polled};
pub use dpop::new_proof_key;
pub use end_session::Ended;
pub use examine::{Announced, Contact, Reaction, Standing};
pub use grants::Exchanged;
pub use id_token::{CLOCK_TOLERANCE, IdTokenChecks, VerifiedIdToken};
pub use introspection::Introspection;
pub use pushed::{Objection, PushRefusal, Pushed, wants_pushing};
pub use refusal::{SCOPE_HINT, unknown_scope};
pub use token_endpoint::TokenResponse;
pub use user_info::{UserInfo, UserInfoAnswer};

/// The client, as the provider has it registered.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`
    pub id: String,
    /// The secret of a confidential client.
    pub secret: Option<Secret<String>>,
    /// How the secret is sent.
    pub authentication: ClientAuthentication,
}

impl Client {
    /// The secret, where the client has one.
    ///
    /// # Errors
    /// It has one at the provider, and none is known here.
    pub fn known_secret(&self) -> Result<Option<&Secret<String>>> {
        match (self.authentication, &self.secret) {
            (ClientAuthentication::None, _) => Ok(None),
            (_, Some(secret)) => Ok(Some(secret)),
            (_, None) => Err(Error::failed(format!("the client `{}` has a secret at the provider, but none is stored here", self.id))
                .hint("give it once with `kclogin login --client-secret-stdin`, or in KCLOGIN_CLIENT_SECRET")),
        }
    }
}

/// A provider and how to reach it.
pub struct Provider<'a> {
    http: &'a Http<'a>,
    /// The issuer identifier; nothing where an imported file did not say.
    pub issuer: Option<String>,
    /// Where it listens.
    pub endpoints: Endpoints,
    /// The algorithms that an ID token may be signed with.
    algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// `authorization_response_iss_parameter_supported` (RFC 9207 section 3)
    issuer_announced: bool,
    /// `token_endpoint_auth_methods_supported`; Basic where the metadata says nothing (OpenID Connect Discovery 1.0 section 3).
    post_only: bool,
    /// Whether authorization requests are pushed: the provider requires it (`require_pushed_authorization_requests`, RFC 9126 section 5), or the client.
    pub pushes: bool,
    keys: OnceLock<CoreJsonWebKeySet>,
    /// What its tokens are bound to, if they are (RFC 9449).
    binding: Option<Binding>,
}

impl<'a> Provider<'a> {
    /// A provider whose endpoints are already known, from a token set or a profile.
    #[must_use]
    pub fn known(http: &'a Http<'a>, issuer: Option<String>, endpoints: Endpoints) -> Self {
        let algorithms = discovery::asymmetric_algorithms();
        Self { http, issuer, endpoints, algorithms, issuer_announced: false, post_only: false, pushes: false, keys: OnceLock::new(), binding: None }
    }

    /// How a client with a secret should send it: by Basic, unless the provider says that it only takes the form.
    #[must_use]
    pub fn preferred_authentication(&self) -> ClientAuthentication {
        if self.post_only { ClientAuthentication::ClientSecretPost } else { ClientAuthentication::ClientSecretBasic }
    }

    /// What it is called in sentences: its issuer or, where that is not known, its token endpoint.
    fn name(&self) -> &str {
        self.issuer.as_deref().unwrap_or(self.endpoints.token.as_str())
    }

    /// Sends a request and turns "try again later" answers (429 and 5xx) into the error they are.
    fn send(&self, request: Request) -> Result<Response> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let response = self.http.send(request)?;
        response::require_service(&host, &response)?;
        Ok(response)
    }
}

/// What an OAuth error response says, for a sentence: the description where there is one, else the code.
#[must_use]
pub fn in_words(code: &str, description: Option<&str>) -> String {
    match description.filter(|text| !text.is_empty()) {
        Some(description) => format!("{description} ({code})"),
        None => code.to_owned(),
    }
}
