//! Alterations: what a test changes in what the provider says by itself, before it is signed, encoded and sent.
//! They add up, in the order in which they were given.

use serde_json::Value;

use super::Provider;
use super::params::Params;

/// Changes one JSON value.
pub(super) type AlterJson = Box<dyn FnMut(&mut Value) + Send>;
/// Changes a token's header and claims.
pub(super) type AlterToken = Box<dyn FnMut(&mut Value, &mut Value) + Send>;

/// Changes the text of a token's claims.
pub(super) type AlterText = Box<dyn FnMut(String) -> String + Send>;
/// Changes parameters.
pub(super) type AlterParams = Box<dyn FnMut(&mut Params) + Send>;

/// What is changed in what the provider says by itself, in the order it was asked for.
#[derive(Default)]
pub(super) struct Alterations {
    pub(super) id_token: Vec<AlterToken>,
    pub(super) id_token_text: Vec<AlterText>,
    pub(super) access_token: Vec<AlterToken>,
    pub(super) token_response: Vec<AlterJson>,
    pub(super) device_response: Vec<AlterJson>,
    pub(super) pushed_response: Vec<AlterJson>,
    pub(super) metadata: Vec<AlterJson>,
    pub(super) key_set: Vec<AlterJson>,
    pub(super) user_info: Vec<AlterJson>,
    pub(super) authorization_response: Vec<AlterParams>,
}

/// Applies them all.
pub(super) fn alter(alterations: &mut [AlterJson], value: &mut Value) {
    alterations.iter_mut().for_each(|alter| alter(value));
}

/// Members of a JSON object, for alterations.
pub(crate) trait Members {
    /// Takes a member out.
    fn remove(&mut self, name: &str) -> Option<Value>;
}

impl Members for Value {
    fn remove(&mut self, name: &str) -> Option<Value> {
        self.as_object_mut()?.remove(name)
    }
}

impl Provider {
    /// Changes header and claims of ID tokens before they are signed.
    pub(crate) fn alter_id_token(&self, alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) {
        self.state().alterations.id_token.push(Box::new(alter));
    }

    /// Changes the JSON text of an ID token's claims before it is signed: for what a `Value` can't hold, as a member twice.
    pub(crate) fn alter_id_token_text(&self, alter: impl FnMut(String) -> String + Send + 'static) {
        self.state().alterations.id_token_text.push(Box::new(alter));
    }

    /// Changes header and claims of access tokens before they are signed. `at_hash` follows.
    pub(crate) fn alter_access_token(&self, alter: impl FnMut(&mut Value, &mut Value) + Send + 'static) {
        self.state().alterations.access_token.push(Box::new(alter));
    }

    /// Changes successful token responses.
    pub(crate) fn alter_token_response(&self, alter: impl FnMut(&mut Value) + Send + 'static) {
        self.state().alterations.token_response.push(Box::new(alter));
    }

    /// Changes the discovery document.
    pub(crate) fn alter_metadata(&self, alter: impl FnMut(&mut Value) + Send + 'static) {
        self.state().alterations.metadata.push(Box::new(alter));
    }

    /// Changes the published key set.
    pub(crate) fn alter_jwks(&self, alter: impl FnMut(&mut Value) + Send + 'static) {
        self.state().alterations.key_set.push(Box::new(alter));
    }

    /// Changes UserInfo responses, before they are signed where they are.
    pub(crate) fn alter_user_info(&self, alter: impl FnMut(&mut Value) + Send + 'static) {
        self.state().alterations.user_info.push(Box::new(alter));
    }

    /// Changes what the browser is sent back with.
    pub(crate) fn alter_authorization_response(&self, alter: impl FnMut(&mut Params) + Send + 'static) {
        self.state().alterations.authorization_response.push(Box::new(alter));
    }

    /// Sends the browser back with an error instead of a code.
    pub(crate) fn deny(&self, error: &'static str, description: Option<&'static str>) {
        self.alter_authorization_response(move |answer| {
            answer.remove("code");
            answer.remove("session_state");
            answer.set("error", error);
            if let Some(description) = description {
                answer.set("error_description", description);
            }
        });
    }

    /// Drops every alteration.
    pub(crate) fn unaltered(&self) {
        self.state().alterations = Alterations::default();
    }
}
