//! Pushed authorization requests: what is pushed, by whom, and the one visit that it is good for.

use serde_json::json;

use super::alter::alter;
use super::endpoints::{accepts, error, refusal};
use super::keys::uuid;
use super::params::Params;
use super::state::State;
use super::token;
use super::wire::{Request, Response};

/// A request that was pushed.
#[derive(Clone, Debug)]
pub(super) struct PushedRequest {
    client_id: String,
    asked: Params,
    expires: u64,
}

const LIFETIME: u64 = 60;

/// [RFC 9126 2](https://www.rfc-editor.org/rfc/rfc9126#section-2), in Keycloak's words.
pub(super) fn push(state: &mut State, request: &Request) -> Response {
    let Ok(client_id) = token::authenticate(state, request) else {
        return error(401, "invalid_request", "Authentication failed.");
    };
    let mut asked = request.form.clone();
    if asked.get("request_uri").is_some() {
        return error(400, "invalid_request", "It is not allowed to include request_uri to PAR.");
    }
    if asked.get("redirect_uri").is_none_or(|uri| !accepts(state, uri)) {
        return error(400, "invalid_request", "Invalid parameter: redirect_uri");
    }
    if let Some((_, description)) = refusal(state, &asked) {
        return error(400, "invalid_request", &description);
    }
    asked.set("client_id", &client_id);
    asked.remove("client_secret");
    let (name, expires) = (format!("urn:ietf:params:oauth:request_uri:{}", uuid()), state.now() + LIFETIME);
    state.pushed.insert(name.clone(), PushedRequest { client_id, asked, expires });
    let mut response = json!({ "request_uri": name, "expires_in": LIFETIME });
    alter(&mut state.alterations.pushed_response, &mut response);
    Response::json(201, &response)
}

/// The parameters that the request's name stands for: once, in time, and for the client that pushed them. `None` where there is no such name.
pub(super) fn take(state: &mut State, asked: &Params) -> Result<Option<Params>, &'static str> {
    let Some(name) = asked.get("request_uri") else { return Ok(None) };
    let now = state.now();
    let pushed = state.pushed.remove(name).filter(|pushed| pushed.expires > now && asked.get("client_id") == Some(&pushed.client_id));
    // Section 4: nothing else counts, and kclogin sends nothing else.
    match pushed {
        Some(pushed) if asked.names().len() == 2 => Ok(Some(pushed.asked)),
        _ => Err("Invalid Request"),
    }
}

impl super::Provider {
    /// Changes what the endpoint for pushed authorization requests says.
    pub(crate) fn alter_pushed_response(&self, change: impl FnMut(&mut serde_json::Value) + Send + 'static) {
        self.state().alterations.pushed_response.push(Box::new(change));
    }

    /// Takes no authorization request that was not pushed, as a client of Keycloak's can have it; the metadata does not say so.
    pub(crate) fn require_pushing(&self) {
        self.state().settings.pushing_required = true;
    }
}
