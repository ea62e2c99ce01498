//! The token endpoint: who asks, with which grant, and Keycloak's words for every refusal. The tokens themselves are made in `mint.rs`.

use super::alter::alter;
use super::device;
use super::dpop;
use super::endpoints::error;
use super::keys::{base64url, sha256};
use super::mint;
use super::sessions::{Rotation, User};
use super::state::{ClientAuthentication, State};
use super::wire::{Request, Response};

/// Answers a token request.
pub(super) fn answer(state: &mut State, request: &Request) -> Response {
    let Some(grant_type) = request.form.get("grant_type") else {
        return error(400, "invalid_request", "Missing form parameter: grant_type");
    };
    let client_id = match authenticate(state, request) {
        Ok(client_id) => client_id,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = dpop::check_token_request(state, request) {
        return refusal;
    }
    match grant_type {
        "authorization_code" => exchange(state, request, &client_id),
        "refresh_token" => refresh(state, request, &client_id),
        "urn:ietf:params:oauth:grant-type:device_code" => device::redeem(state, request, &client_id),
        "client_credentials" => client_credentials(state, request, &client_id),
        "urn:ietf:params:oauth:grant-type:token-exchange" => exchange_token(state, request, &client_id),
        _ => error(400, "unsupported_grant_type", "Unsupported grant_type"),
    }
}

/// The client's ID, once it has shown who it is: [RFC 6749 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).
pub(super) fn authenticate(state: &State, request: &Request) -> Result<String, Response> {
    let refused = |code| error(401, code, "Invalid client or Invalid client credentials").header("WWW-Authenticate", "Basic realm=\"test\"");
    let posted = request.form.get("client_secret");
    let allowed = state.settings.client_authentication;
    let (id, secret) = match (request.basic(), posted) {
        (Some(_), Some(_)) => return Err(error(400, "invalid_request", "More than one way of client authentication")),
        (Some(_), None) if allowed == ClientAuthentication::Post => return Err(refused("invalid_client")),
        (None, Some(_)) if allowed == ClientAuthentication::Basic => return Err(refused("invalid_client")),
        (Some((id, secret)), None) => (id, Some(secret)),
        (None, secret) => (request.form.get("client_id").unwrap_or_default().to_owned(), secret.map(str::to_owned)),
    };
    match (state.clients.get(&id), secret) {
        (Some(None), _) => Ok(id),
        (Some(Some(known)), Some(shown)) if *known == shown => Ok(id),
        (Some(Some(_)), _) => Err(refused("unauthorized_client")),
        (None, _) => Err(refused("invalid_client")),
    }
}

/// [RFC 6749 4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).
fn exchange(state: &mut State, request: &Request, client_id: &str) -> Response {
    let now = state.now();
    let refused = |description| error(400, "invalid_grant", description);
    let Some(code) = request.form.get("code") else {
        return error(400, "invalid_request", "Missing parameter: code");
    };
    let Some(grant) = state.sessions.codes.get_mut(code) else { return refused("Code not valid") };
    // Whatever is wrong with it, a code that was shown once is burnt.
    let reused = std::mem::replace(&mut grant.used, true);
    let grant = grant.clone();
    if reused {
        state.sessions.end(&grant.session);
        return refused("Code not valid");
    }
    if grant.expires <= now {
        return refused("Code is expired");
    }
    if grant.client_id != client_id {
        return refused("Auth error");
    }
    if request.form.get("redirect_uri") != Some(&grant.redirect_uri) {
        return refused("Incorrect redirect_uri");
    }
    if let Err(refusal) = check_proof_key(grant.challenge.as_deref(), request) {
        return refusal;
    }
    if let Err(refusal) = dpop::check_key(state, grant.bound_to.as_ref()) {
        return refusal;
    }
    let with_refresh = state.settings.rotation != Rotation::Never;
    respond(state, &grant.session, grant.nonce.as_deref(), with_refresh, None)
}

/// [RFC 7636 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6).
pub(super) fn check_proof_key(challenge: Option<&str>, request: &Request) -> Result<(), Response> {
    let refused = |description| Err(error(400, "invalid_grant", description));
    match (challenge, request.form.get("code_verifier")) {
        (None, None) => Ok(()),
        (Some(_), None) => refused("PKCE code verifier not specified"),
        (None, Some(_)) => refused("PKCE code verifier specified but challenge not present in the authentication request"),
        (Some(_), Some(verifier)) if !well_formed(verifier) => refused("PKCE verification failed: Invalid code verifier"),
        (Some(challenge), Some(verifier)) if base64url(&sha256(verifier.as_bytes())) != challenge => {
            refused("PKCE verification failed: Code mismatch")
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

/// 43 to 128 unreserved characters: [RFC 7636 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1).
fn well_formed(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len()) && verifier.chars().all(|one| one.is_ascii_alphanumeric() || "-._~".contains(one))
}

/// [RFC 6749 6](https://www.rfc-editor.org/rfc/rfc6749#section-6).
fn refresh(state: &mut State, request: &Request, client_id: &str) -> Response {
    let Some(token) = request.form.get("refresh_token") else {
        return error(400, "invalid_request", "No refresh token");
    };
    let (now, rotation) = (state.now(), state.settings.rotation);
    let bound = state.sessions.refresh_tokens.get(token).and_then(|grant| state.proofs.bound.get(&grant.session)).cloned();
    if let Err(refusal) = dpop::check_key(state, bound.as_ref()) {
        return refusal;
    }
    match state.sessions.redeem(token, client_id, rotation, now) {
        // No nonce: there was no authentication request, OpenID Connect Core 12.2.
        Ok(session) => {
            // Keycloak leaves out what was never granted, without a word.
            let has = |scope: &&str| session.has_scope(scope);
            let scope = request.form.get("scope").map(|scope| scope.split(' ').filter(has).collect::<Vec<_>>().join(" "));
            respond(state, &session.id, None, !matches!(rotation, Rotation::Keep | Rotation::Never), scope)
        }
        Err(description) => error(400, "invalid_grant", description),
    }
}

/// [RFC 8693 2](https://www.rfc-editor.org/rfc/rfc8693#section-2): any audience but `nobody` and any scope but `nothing` is given.
fn exchange_token(state: &mut State, request: &Request, client_id: &str) -> Response {
    let field = |name| request.form.get(name).unwrap_or_default();
    let is_access_token = |name| field(name) == "urn:ietf:params:oauth:token-type:access_token";
    if state.clients.get(client_id) == Some(&None) {
        return error(400, "invalid_request", "Standard token exchange is not enabled for the requested client");
    }
    if !is_access_token("subject_token_type") || !is_access_token("requested_token_type") {
        return error(400, "invalid_request", "requested_token_type unsupported");
    }
    if field("audience") == "nobody" {
        return error(400, "invalid_client", "Audience not found");
    }
    let Some(mut session) = state.sessions.of_access_token(field("subject_token"), state.now()).cloned() else {
        return error(400, "invalid_request", "Invalid token");
    };
    let with = field("scope").split(' ').filter(|scope| !matches!(*scope, "" | "nothing"));
    session.scope = ["profile", "email"].into_iter().chain(with.filter(|scope| !matches!(*scope, "profile" | "email"))).collect::<Vec<_>>().join(" ");
    let mut response = mint::token_response(state, &session, None, false);
    response["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token".into();
    answer_with(state, response)
}

/// [RFC 6749 4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).
fn client_credentials(state: &mut State, request: &Request, client_id: &str) -> Response {
    if state.clients.get(client_id) == Some(&None) {
        return error(401, "unauthorized_client", "Public client not allowed to retrieve service account");
    }
    let scope = request.form.get("scope").unwrap_or_default();
    if scope == "nothing" {
        return error(400, "invalid_scope", "Invalid scopes: nothing");
    }
    let user = User::named(&format!("service-account-{client_id}"), "", "");
    let now = state.now();
    let session = state.sessions.begin(client_id, user, format!("profile email {scope}").trim_end().to_owned(), now);
    let session = state.sessions.sessions[&session].clone();
    let response = mint::token_response(state, &session, None, false);
    answer_with(state, response)
}

pub(super) fn respond(state: &mut State, session: &str, nonce: Option<&str>, with_refresh: bool, scope: Option<String>) -> Response {
    let Some(mut session) = state.sessions.sessions.get(session).filter(|session| session.alive).cloned() else {
        return error(400, "invalid_grant", "Session not active");
    };
    session.scope = scope.unwrap_or(session.scope);
    let response = mint::token_response(state, &session, nonce, with_refresh);
    answer_with(state, response)
}

fn answer_with(state: &mut State, mut response: serde_json::Value) -> Response {
    alter(&mut state.alterations.token_response, &mut response);
    for (member, what) in [("access_token", "access token"), ("refresh_token", "refresh token"), ("id_token", "ID token")] {
        state.record.secret(what, response[member].as_str().unwrap_or_default());
    }
    Response::json(200, &response)
}
