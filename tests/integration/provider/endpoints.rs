//! What each endpoint answers by itself, in Keycloak's words; the token endpoint is in `token.rs`.

use serde_json::json;
use url::Url;

use super::alter::alter;
use super::device;
use super::dpop;
use super::keys::uuid;
use super::mint;
use super::params::Params;
use super::pushed;
use super::script::Endpoint;
use super::sessions::Code;
use super::signer::decode;
use super::state::State;
use super::token;
use super::wire::{Request, Response};

const SCOPES: [&str; 13] = [
    "openid",
    "email",
    "profile",
    "offline_access",
    "roles",
    "web-origins",
    "acr",
    "basic",
    "address",
    "phone",
    "microprofile-jwt",
    "organization",
    "service_account",
];
const ALGORITHMS: [&str; 13] = ["PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512", "PS256", "PS512", "RS512"];
const CODE_LIFETIME: u64 = 60;

/// The answer to a request.
pub(super) fn answer(state: &mut State, request: &Request) -> Response {
    let path = request.path.replace("//", "/");
    let endpoint = Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path);
    match (endpoint, request.method.as_str()) {
        (Some(Endpoint::Discovery), "GET" | "HEAD") => discovery(state),
        (Some(Endpoint::Jwks), "GET" | "HEAD") => key_set(state),
        (Some(Endpoint::Authorization), "GET") => authorize(state, &request.query),
        (Some(Endpoint::Authorization), "POST") => authorize(state, &request.form),
        (Some(Endpoint::Token), "POST") => token::answer(state, request),
        (Some(Endpoint::UserInfo), "GET" | "POST") => user_info(state, request),
        (Some(Endpoint::EndSession), "GET") => end_session_in_browser(state, &request.query),
        (Some(Endpoint::EndSession), "POST") => end_session(state, request),
        (Some(Endpoint::Revocation), "POST") => revoke(state, request),
        (Some(Endpoint::Introspection), "POST") => introspect(state, request),
        (Some(Endpoint::DeviceAuthorization), "POST") => device::authorize(state, request),
        (Some(Endpoint::PushedAuthorization), "POST") => pushed::push(state, request),
        (Some(_), _) => Response::json(405, &json!({ "error": "HTTP 405 Method Not Allowed" })),
        (None, _) if path.starts_with("/realms/") && !path.starts_with("/realms/test") => {
            Response::json(404, &json!({ "error": "Realm does not exist" }))
        }
        (None, _) => Response::json(404, &json!({ "error": "HTTP 404 Not Found" })),
    }
}

/// An OAuth error.
pub(super) fn error(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &json!({ "error": error, "error_description": description }))
}

fn page(status: u16, text: &str) -> Response {
    let html = format!("<!DOCTYPE html><html><head><title>Sign in to test</title></head><body><h1>We are sorry...</h1><p>{text}</p></body></html>");
    Response::typed(status, "text/html;charset=utf-8", html)
}

fn discovery(state: &mut State) -> Response {
    let mut metadata = json!({
        "issuer": state.issuer,
        "authorization_endpoint": state.url(Endpoint::Authorization),
        "token_endpoint": state.url(Endpoint::Token),
        "userinfo_endpoint": state.url(Endpoint::UserInfo),
        "jwks_uri": state.url(Endpoint::Jwks),
        "end_session_endpoint": state.url(Endpoint::EndSession),
        "revocation_endpoint": state.url(Endpoint::Revocation),
        "introspection_endpoint": state.url(Endpoint::Introspection),
        "device_authorization_endpoint": state.url(Endpoint::DeviceAuthorization),
        "pushed_authorization_request_endpoint": state.url(Endpoint::PushedAuthorization),
        "require_pushed_authorization_requests": false,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types_supported": ["code", "none", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public", "pairwise"],
        "prompt_values_supported": ["none", "login", "consent", "create"],
        "id_token_signing_alg_values_supported": ALGORITHMS,
        "userinfo_signing_alg_values_supported": ALGORITHMS.iter().copied().chain(["none"]).collect::<Vec<_>>(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported":
            ["iss", "sub", "aud", "exp", "iat", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "acr", "azp", "nonce"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "scopes_supported": SCOPES,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": true,
        "authorization_response_iss_parameter_supported": true,
    });
    alter(&mut state.alterations.metadata, &mut metadata);
    Response::json(200, &metadata)
}

fn key_set(state: &mut State) -> Response {
    let mut keys = state.signer.key_set();
    alter(&mut state.alterations.key_set, &mut keys);
    Response::json(200, &keys)
}

/// Sends the browser straight back, as if the user were signed in already.
fn authorize(state: &mut State, asked: &Params) -> Response {
    let taken = match pushed::take(state, asked) {
        Ok(taken) => taken,
        Err(words) => return page(400, words),
    };
    let is_pushed = taken.is_some();
    let asked = taken.as_ref().unwrap_or(asked);
    let Some(client_id) = asked.get("client_id").filter(|id| state.clients.contains_key(*id)) else {
        return page(400, "Client not found.");
    };
    let Some(redirect_uri) = asked.get("redirect_uri").filter(|uri| accepts(state, uri)) else {
        return page(400, "Invalid parameter: redirect_uri");
    };
    let mut answer = Params::default();
    if let Some(value) = asked.get("state") {
        answer.push("state", value);
    }
    let not_pushed = || Some(("invalid_request", "Pushed Authorization Request is only allowed.".to_owned()));
    match if state.settings.pushing_required && !is_pushed { not_pushed() } else { refusal(state, asked) } {
        Some((error, description)) => {
            answer.push("error", error);
            answer.push("error_description", description);
            answer.push("iss", state.issuer.clone());
        }
        None => {
            let now = state.now();
            let session = state.sessions.begin(client_id, state.settings.user.clone(), granted(asked), now);
            let code = format!("{}.{session}.{}", uuid(), uuid());
            answer.push("session_state", session.clone());
            answer.push("iss", state.issuer.clone());
            answer.push("code", code.clone());
            let owned = |name| asked.get(name).map(str::to_owned);
            let grant = Code {
                session,
                client_id: client_id.to_owned(),
                redirect_uri: redirect_uri.to_owned(),
                nonce: owned("nonce"),
                challenge: owned("code_challenge"),
                bound_to: owned("dpop_jkt"),
                expires: now + CODE_LIFETIME,
                used: false,
            };
            state.record.secret("authorization code", &code);
            state.sessions.codes.insert(code, grant);
        }
    }
    state.alterations.authorization_response.iter_mut().for_each(|alter| alter(&mut answer));
    state.record.secrets_in(&answer);
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    Response::empty(302).header("Location", &format!("{redirect_uri}{joint}{}", answer.encode())).header("Cache-Control", "no-store")
}

pub(super) fn accepts(state: &State, uri: &str) -> bool {
    match &state.settings.redirect_uris {
        Some(registered) => registered.iter().any(|known| known == uri),
        None => Url::parse(uri).is_ok_and(|url| {
            url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) && url.fragment().is_none()
        }),
    }
}

pub(super) fn refusal(state: &State, asked: &Params) -> Option<(&'static str, String)> {
    if let Some(twice) = asked.names().into_iter().find(|name| asked.all(name).len() > 1) {
        return Some(("invalid_request", format!("duplicated parameter: {twice}")));
    }
    let scope = asked.get("scope").unwrap_or_default();
    if asked.get("response_type") != Some("code") {
        return Some(("unsupported_response_type", "Only the authorization code flow is played here".to_owned()));
    }
    if scope.split_whitespace().any(|one| !SCOPES.contains(&one)) {
        return Some(("invalid_scope", format!("Invalid scopes: {scope}")));
    }
    if state.settings.proof_key_required {
        if asked.get("code_challenge_method").is_none() {
            return Some(("invalid_request", "Missing parameter: code_challenge_method".to_owned()));
        }
        if asked.get("code_challenge_method") != Some("S256") {
            return Some(("invalid_request", "Invalid parameter: code challenge method is not matching the configured one".to_owned()));
        }
        if asked.get("code_challenge").is_none_or(|challenge| challenge.len() != 43) {
            return Some(("invalid_request", "Invalid parameter: code_challenge".to_owned()));
        }
    }
    None
}

/// What was asked for, with the scopes that Keycloak's default clients always have.
pub(super) fn granted(asked: &Params) -> String {
    let mut scopes: Vec<&str> = asked.get("scope").unwrap_or_default().split_whitespace().collect();
    for default in ["email", "profile"] {
        if !scopes.contains(&default) {
            scopes.push(default);
        }
    }
    scopes.join(" ")
}

/// [OpenID Connect Core 5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo); errors as in [RFC 6750 3](https://www.rfc-editor.org/rfc/rfc6750#section-3).
fn user_info(state: &mut State, request: &Request) -> Response {
    let refused = |status, error: &str, description: &str| {
        let challenge = format!("Bearer realm=\"test\", error=\"{error}\", error_description=\"{description}\"");
        Response::empty(status).header("WWW-Authenticate", &challenge)
    };
    let Some(token) = request.bearer().or(request.dpop_token()).or(request.form.get("access_token")) else {
        return Response::empty(401).header("WWW-Authenticate", "Bearer realm=\"test\"");
    };
    let Some(session) = state.sessions.of_access_token(token, state.now()).cloned() else {
        return refused(401, "invalid_token", "Token verification failed");
    };
    if let Err(refusal) = dpop::check_resource_request(state, request, &session.id, token) {
        return refusal;
    }
    if !session.has_scope("openid") {
        return refused(403, "insufficient_scope", "Missing openid scope");
    }
    let mut claims = json!({ "sub": session.user.sub });
    mint::describe(&mut claims, &session);
    if state.settings.signed_user_info {
        claims["iss"] = json!(state.issuer);
        claims["aud"] = json!(session.client_id);
    }
    alter(&mut state.alterations.user_info, &mut claims);
    if state.settings.signed_user_info {
        let token = state.signer.compact(&state.signer.header(), &claims.to_string());
        return Response::typed(200, "application/jwt", token).header("Cache-Control", "no-store");
    }
    Response::json(200, &claims)
}

/// Keycloak's logout without a browser: client and refresh token by POST.
fn end_session(state: &mut State, request: &Request) -> Response {
    let client_id = match token::authenticate(state, request) {
        Ok(client_id) => client_id,
        Err(refusal) => return refusal,
    };
    let Some(token) = request.form.get("refresh_token") else {
        return error(400, "invalid_request", "No refresh token");
    };
    let session = state.sessions.refresh_tokens.get(token).map(|grant| grant.session.clone());
    if session.as_ref().is_some_and(|session| state.proofs.bound.contains_key(session)) {
        // It looks at no proof here.
        return error(400, "invalid_grant", "Invalid refresh token");
    }
    match session.and_then(|id| state.sessions.sessions.get(&id)).filter(|session| session.client_id == client_id).cloned() {
        Some(session) => {
            if !session.is_offline() {
                state.sessions.end(&session.id);
            }
            Response::empty(204)
        }
        None => error(400, "invalid_grant", "Invalid refresh token"),
    }
}

/// [RP-Initiated Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html).
fn end_session_in_browser(state: &mut State, asked: &Params) -> Response {
    let hinted = asked.get("id_token_hint").and_then(decode).map(|(_, claims)| claims["sid"].as_str().unwrap_or_default().to_owned());
    let Some(session) = hinted.filter(|id| state.sessions.sessions.contains_key(id)) else {
        return page(200, "Do you want to log out?");
    };
    state.sessions.end(&session);
    let Some(target) = asked.get("post_logout_redirect_uri") else { return page(200, "You are logged out") };
    let mut answer = Params::default();
    if let Some(value) = asked.get("state") {
        answer.push("state", value);
    }
    Response::empty(302).header("Location", &format!("{target}?{}", answer.encode()))
}

/// [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009): a refresh token takes its session along, an access token only itself.
fn revoke(state: &mut State, request: &Request) -> Response {
    let client_id = match token::authenticate(state, request) {
        Ok(client_id) => client_id,
        Err(refusal) => return refusal,
    };
    let Some(token) = request.form.get("token") else {
        return error(400, "invalid_request", "Token not provided");
    };
    let sessions = &mut state.sessions;
    let is_refresh = sessions.refresh_tokens.contains_key(token);
    let Some(grant) = sessions.refresh_tokens.get(token).or(sessions.access_tokens.get(token)).cloned() else {
        return Response::json(200, &json!({ "error": "invalid_token", "error_description": "Invalid token" }));
    };
    if sessions.sessions.get(&grant.session).is_none_or(|session| session.client_id != client_id) {
        return error(400, "invalid_token", "Unmatching clients");
    }
    if is_refresh {
        sessions.end(&grant.session);
    } else if let Some(grant) = sessions.access_tokens.get_mut(token) {
        grant.spent = true;
    }
    Response::empty(200)
}

/// [RFC 7662 2](https://www.rfc-editor.org/rfc/rfc7662#section-2): for clients with a secret.
fn introspect(state: &mut State, request: &Request) -> Response {
    let client_id = match token::authenticate(state, request) {
        Ok(client_id) => client_id,
        Err(refusal) => return refusal,
    };
    if state.clients.get(&client_id) == Some(&None) {
        return error(403, "invalid_request", "Client not allowed.");
    }
    let now = state.now();
    let session = state.sessions.of_access_token(request.form.get("token").unwrap_or_default(), now);
    Response::json(
        200,
        &session.map_or(
            json!({ "active": false }),
            |session| json!({ "active": true, "username": session.user.username, "client_id": session.client_id, "scope": session.scope }),
        ),
    )
}
