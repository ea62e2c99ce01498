//! Making an authorization request: its random values and its URL (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 1.0 section 3.1.2.1).

use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge};
use url::Url;

use super::Provider;
use crate::oidc::authorization::AuthorizationRequest;
use crate::secret::Secret;

/// What the person wishes of the provider's login page.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The scopes; `openid` is added where it is missing.
    pub scope: Vec<String>,
    /// Further parameters, such as `prompt`, `login_hint` or Keycloak's `kc_idp_hint`.
    pub parameters: Vec<(String, String)>,
}

/// 256 random bits as text for a URL.
#[must_use]
pub fn random_secret() -> Secret<String> {
    Secret::new(CsrfToken::new_random_len(32).into_secret())
}

impl Provider<'_> {
    /// A new request, with a state, a nonce and a code verifier of 256 random bits each.
    #[must_use]
    pub fn authorization_request(&self, client_id: &str, redirect_uri: Url, wishes: &Wishes) -> AuthorizationRequest {
        // 32 bytes are 43 characters, the shortest verifier RFC 7636 section 4.1 allows and all that it recommends.
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (state, nonce) = (CsrfToken::new_random_len(32), Nonce::new_random_len(32));
        let mut scope: Vec<&str> = wishes.scope.iter().map(String::as_str).collect();
        if !scope.contains(&"openid") {
            scope.insert(0, "openid");
        }
        let mut url = self.endpoints.authorization.clone();
        url.set_fragment(None);
        {
            // Built here and not by the library's client type, which can't be had without a token endpoint's and keys' types; a query that the
            // endpoint already has is kept (RFC 6749 section 3.1).
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", client_id)
                .append_pair("redirect_uri", redirect_uri.as_str())
                .append_pair("scope", &scope.join(" "))
                .append_pair("state", state.secret())
                .append_pair("nonce", nonce.secret())
                .append_pair("code_challenge", challenge.as_str())
                .append_pair("code_challenge_method", challenge.method().as_str());
            if let Some(key) = self.proof_key() {
                // RFC 9449 section 10: who has the code can redeem it with this key only.
                query.append_pair("dpop_jkt", &key.thumbprint());
            }
            for (name, value) in &wishes.parameters {
                query.append_pair(name, value);
            }
        }
        AuthorizationRequest {
            url,
            state: Secret::new(state.into_secret()),
            nonce: Secret::new(nonce.secret().clone()),
            code_verifier: Secret::new(verifier.into_secret()),
            redirect_uri,
            issuer: self.issuer.clone(),
            issuer_announced: self.issuer_announced,
        }
    }
}
