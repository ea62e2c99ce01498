//! The token endpoint: who asks, with which grant, and Keycloak's words for every refusal. The tokens themselves are made in `mint.rs`.

use super::alter::alter;
use super::endpoints::error;
use super::keys::{base64url, sha256};
use super::mint;
use super::sessions::Rotation;
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
    match grant_type {
        "authorization_code" => exchange(state, request, &client_id),
        "refresh_token" => refresh(state, request, &client_id),
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

/// [RFC 6749 4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3) and [RFC 7636 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6).
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
    match (&grant.challenge, request.form.get("code_verifier")) {
        (None, None) => {}
        (Some(_), None) => return refused("PKCE code verifier not specified"),
        (None, Some(_)) => return refused("PKCE code verifier specified but challenge not present in the authentication request"),
        (Some(_), Some(verifier)) if !well_formed(verifier) => return refused("PKCE verification failed: Invalid code verifier"),
        (Some(challenge), Some(verifier)) if base64url(&sha256(verifier.as_bytes())) != *challenge => {
            return refused("PKCE verification failed: Code mismatch");
        }
        (Some(_), Some(_)) => {}
    }
    let with_refresh = state.settings.rotation != Rotation::Never;
    respond(state, &grant.session, grant.nonce.as_deref(), with_refresh)
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
    match state.sessions.redeem(token, client_id, rotation, now) {
        // No nonce: there was no authentication request, OpenID Connect Core 12.2.
        Ok(session) => respond(state, &session.id, None, !matches!(rotation, Rotation::Keep | Rotation::Never)),
        Err(description) => error(400, "invalid_grant", description),
    }
}

fn respond(state: &mut State, session: &str, nonce: Option<&str>, with_refresh: bool) -> Response {
    let Some(session) = state.sessions.sessions.get(session).filter(|session| session.alive).cloned() else {
        return error(400, "invalid_grant", "Session not active");
    };
    let mut response = mint::token_response(state, &session, nonce, with_refresh);
    alter(&mut state.alterations.token_response, &mut response);
    for (member, what) in [("access_token", "access token"), ("refresh_token", "refresh token"), ("id_token", "ID token")] {
        state.record.secret(what, response[member].as_str().unwrap_or_default());
    }
    Response::json(200, &response)
}
