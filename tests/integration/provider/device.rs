//! The device authorization grant: the codes it gives out, and the tokens for them. Whoever holds the user code has entered it already; what else a
//! provider may say while it waits for them is scripted.

use serde_json::json;

use super::alter::alter;
use super::endpoints::{error, granted};
use super::keys::random_text;
use super::script::Endpoint;
use super::state::State;
use super::token;
use super::wire::{Request, Response};

/// What a device code stands for.
#[derive(Clone, Debug)]
pub(super) struct DeviceCode {
    client_id: String,
    scope: String,
    challenge: Option<String>,
    expires: u64,
}

const LIFETIME: u64 = 600;

/// [RFC 8628 3.1](https://www.rfc-editor.org/rfc/rfc8628#section-3.1), with PKCE as Keycloak has it.
pub(super) fn authorize(state: &mut State, request: &Request) -> Response {
    let client_id = match token::authenticate(state, request) {
        Ok(client_id) => client_id,
        Err(refusal) => return refusal,
    };
    let challenge = request.form.get("code_challenge").map(str::to_owned);
    if state.settings.proof_key_required && (request.form.get("code_challenge_method") != Some("S256") || challenge.is_none()) {
        return error(400, "invalid_request", "Missing parameter: code_challenge_method");
    }
    let (device_code, expires) = (random_text(32), state.now() + LIFETIME);
    let code = DeviceCode { client_id, scope: granted(&request.form), challenge, expires };
    state.device_codes.insert(device_code.clone(), code);
    state.record.secret("device code", &device_code);
    let at = format!("{}/realms/test/device", state.base);
    let mut response = json!({
        "device_code": device_code,
        "user_code": "WDJB-MJHT",
        "verification_uri": at,
        "verification_uri_complete": format!("{at}?user_code=WDJB-MJHT"),
        "expires_in": LIFETIME,
        "interval": 5,
    });
    alter(&mut state.alterations.device_response, &mut response);
    Response::json(200, &response)
}

/// [RFC 8628 3.4](https://www.rfc-editor.org/rfc/rfc8628#section-3.4).
pub(super) fn redeem(state: &mut State, request: &Request, client_id: &str) -> Response {
    let asked = request.form.get("device_code").and_then(|code| state.device_codes.get(code)).cloned();
    let Some(asked) = asked.filter(|asked| asked.client_id == client_id) else {
        return error(400, "invalid_grant", "Device code not valid");
    };
    if asked.expires <= state.now() {
        return error(400, "expired_token", "Device code is expired");
    }
    if let Err(refusal) = token::check_proof_key(asked.challenge.as_deref(), request) {
        return refusal;
    }
    state.device_codes.remove(request.form.get("device_code").unwrap_or_default());
    let now = state.now();
    let session = state.sessions.begin(client_id, state.settings.user.clone(), asked.scope, now);
    token::respond(state, &session, None, true, None)
}

impl super::Provider {
    /// Changes what the device authorization endpoint says.
    pub(crate) fn alter_device_response(&self, change: impl FnMut(&mut serde_json::Value) + Send + 'static) {
        self.state().alterations.device_response.push(Box::new(change));
    }

    /// The device authorization endpoint's URL.
    pub(crate) fn device_endpoint(&self) -> String {
        self.url(Endpoint::DeviceAuthorization)
    }
}
