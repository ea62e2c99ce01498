//! An action that Keycloak has the person do at its pages before it sends them back (`kc_action`), such as changing their password: what became of it. It is
//! Keycloak's own addition to an authorization request; what came back was checked to be the provider's answer before.

use crate::error::{Error, Result};

/// The parameter that asks for one.
const PARAMETER: &str = "kc_action";

/// The action that these parameters of an authorization request ask for.
pub(super) fn among(parameters: &[(String, String)]) -> Option<&str> {
    parameters.iter().find(|(name, _)| name == PARAMETER).map(|(_, action)| action.as_str())
}

/// Whether the action was done, by the `kc_action_status` of the answer. Whoever did not do it is signed in all the same: Keycloak gives a code either way.
///
/// # Errors
/// It was cancelled, can't be done, or it is not known what became of it.
pub(super) fn require_done(action: &str, status: Option<&str>) -> Result<()> {
    let (sentence, hint) = match status {
        Some("success") => return Ok(()),
        Some("cancelled") => (format!("the action `{action}` was cancelled"), "you are signed in all the same; ask for it again to do it"),
        Some("error") => (
            format!("the provider could not do the action `{action}`"),
            "you are signed in all the same; its name has to be as Keycloak writes it, such as UPDATE_PASSWORD, and the realm must have it enabled",
        ),
        Some(other) => {
            (format!("what became of the action `{action}` is not known: the provider says `{other}`"), "you are signed in all the same; look there")
        }
        None => (
            format!("the provider does not say what became of the action `{action}`"),
            "you are signed in all the same; only Keycloak knows such actions",
        ),
    };
    Err(Error::failed(sentence).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_taken_for_it() {
        assert_eq!(require_done("UPDATE_PASSWORD", Some("success")), Ok(()));
        for status in [None, Some(""), Some("cancelled"), Some("error"), Some("SUCCESS"), Some("success ")] {
            let error = require_done("UPDATE_PASSWORD", status).expect_err("it is not done");
            assert!(error.sentence().contains("the action `UPDATE_PASSWORD`"), "{error}");
            assert!(error.hint_text().is_some_and(|hint| hint.starts_with("you are signed in all the same")), "{status:?}");
        }
    }
}
