//! Makes tokens in Keycloak's shapes: which claims are in which, and the token response around them.

use serde_json::{Value, json};

use super::dpop;
use super::keys::{random_text, uuid};
use super::sessions::{Grant, Session};
use super::state::State;

/// A whole token response for a session. The tokens are remembered as they leave, so that altered ones work as well.
pub(super) fn token_response(state: &mut State, session: &Session, nonce: Option<&str>, with_refresh: bool) -> Value {
    let now = state.now();
    let access_expires = now + state.settings.access_lifetime;
    let refresh_expires = (!session.is_offline()).then_some(now + state.settings.refresh_lifetime);
    let access_token = if state.settings.opaque_access_tokens { random_text(32) } else { access_token(state, session, now) };
    let grant = |expires| Grant { session: session.id.clone(), expires, spent: false };
    state.sessions.access_tokens.insert(access_token.clone(), grant(Some(access_expires)));
    let mut response = json!({
        "access_token": access_token,
        "expires_in": state.settings.access_lifetime,
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": session.id,
        "scope": session.scope,
    });
    dpop::bind(state, &session.id, None, Some(&mut response));
    if with_refresh {
        let token = refresh_token(state, session, now, refresh_expires);
        state.sessions.refresh_tokens.insert(token.clone(), grant(refresh_expires));
        response["refresh_token"] = json!(token);
        response["refresh_expires_in"] = json!(refresh_expires.map_or(0, |_| state.settings.refresh_lifetime));
    }
    if session.has_scope("openid") {
        response["id_token"] = json!(id_token(state, session, nonce, now, &access_token));
    }
    response
}

fn id_token(state: &mut State, session: &Session, nonce: Option<&str>, now: u64, access_token: &str) -> String {
    let mut claims = json!({
        "exp": now + state.settings.access_lifetime,
        "iat": now,
        "auth_time": session.auth_time,
        "jti": uuid(),
        "iss": state.issuer,
        "aud": session.client_id,
        "sub": session.user.sub,
        "typ": "ID",
        "azp": session.client_id,
        "sid": session.id,
        "acr": "1",
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    if let Some(hash) = state.signer.algorithm().at_hash(access_token) {
        claims["at_hash"] = json!(hash);
    }
    describe(&mut claims, session);
    let mut header = state.signer.header();
    state.alterations.id_token.iter_mut().for_each(|alter| alter(&mut header, &mut claims));
    let text = state.alterations.id_token_text.iter_mut().fold(claims.to_string(), |text, alter| alter(text));
    state.signer.compact(&header, &text)
}

fn access_token(state: &mut State, session: &Session, now: u64) -> String {
    let mut claims = json!({
        "exp": now + state.settings.access_lifetime,
        "iat": now,
        "auth_time": session.auth_time,
        "jti": format!("onrtac:{}", uuid()),
        "iss": state.issuer,
        "aud": "account",
        "sub": session.user.sub,
        "typ": "Bearer",
        "azp": session.client_id,
        "sid": session.id,
        "acr": "1",
        "allowed-origins": ["/*"],
        "realm_access": { "roles": session.user.realm_roles },
        "resource_access": { "account": { "roles": ["manage-account", "manage-account-links", "view-profile"] } },
        "scope": session.scope,
    });
    describe(&mut claims, session);
    dpop::bind(state, &session.id, Some(&mut claims), None);
    let mut header = state.signer.header();
    state.alterations.access_token.iter_mut().for_each(|alter| alter(&mut header, &mut claims));
    state.signer.faultless(&header, &claims)
}

fn refresh_token(state: &State, session: &Session, now: u64, expires: Option<u64>) -> String {
    let mut claims = json!({
        "iat": now,
        "jti": uuid(),
        "iss": state.issuer,
        "aud": state.issuer,
        "sub": session.user.sub,
        "typ": if session.is_offline() { "Offline" } else { "Refresh" },
        "azp": session.client_id,
        "sid": session.id,
        "scope": session.scope,
    });
    if let Some(expires) = expires {
        claims["exp"] = json!(expires);
    }
    state.signer.internal(&claims)
}

/// Adds what the session's scopes tell about the user.
pub(super) fn describe(claims: &mut Value, session: &Session) {
    let user = &session.user;
    if session.has_scope("email") {
        claims["email"] = json!(user.email);
        claims["email_verified"] = json!(user.email_verified);
    }
    if session.has_scope("profile") {
        claims["name"] = json!(format!("{} {}", user.given_name, user.family_name));
        claims["preferred_username"] = json!(user.username);
        claims["given_name"] = json!(user.given_name);
        claims["family_name"] = json!(user.family_name);
    }
    if !user.groups.is_empty() {
        claims["groups"] = json!(user.groups);
    }
}
