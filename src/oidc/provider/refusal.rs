//! What a provider's refusals mean: the token endpoint's errors (RFC 6749 section 5.2) and what Keycloak is known to say beside them, in words.
//!
//! It owns the sentences and who must act. Which answers are refusals is decided where they arrive, and what becomes of the session by `session`.

use std::fmt;

use super::{Client, in_words};
use crate::error::Error;
use crate::oidc::endpoints::ClientAuthentication;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    SignIn,
    Refresh,
    Exchange,
    ClientCredentials,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "the sign-in",
            Self::Refresh => "the refresh",
            Self::Exchange => "the token exchange",
            Self::ClientCredentials => "the service account's sign-in",
        })
    }
}

/// What Keycloak says of somebody who may not sign in any more.
const DISABLED: &str = "User disabled";

/// How Keycloak begins where its own name is not the one that the refresh token was issued under.
const RENAMED: &str = "Invalid token issuer.";

/// What Keycloak says to a client whose tokens have to be bound to a key, where there is no proof of one.
pub(super) const NO_PROOF: &str = "DPoP proof is missing";

/// What to do about a scope that is not known.
pub const SCOPE_HINT: &str = "choose others with `--scope`, or add them to the client at the provider";

/// What Keycloak answers, in place of an OAuth error, wherever a realm's name is not one of its realms.
pub(super) const NO_REALM: &str = "Realm does not exist";

/// The provider no longer accepts the refresh token (`invalid_grant`): a login is required.
pub(super) fn session_over(description: Option<&str>) -> Error {
    let because = match description {
        Some(DISABLED) => "the account is disabled at the provider",
        Some("Token is not active") => "it was not used for too long, or has reached its longest lifetime",
        Some("Session not active" | "Client session not active") => {
            "it was ended at the provider, by a logout, by an administrator, or by its idle time or lifetime"
        }
        Some("Stale token") => "an administrator ended all sessions at the provider",
        Some("Maximum allowed refresh token reuse exceeded") => "the stored refresh token had already been used, so the provider ended the session",
        Some("Offline session not active" | "Offline user session not found") => {
            "the offline session was ended at the provider, by an administrator, or by its idle time or lifetime"
        }
        Some("Offline session invalid because offline access not granted anymore") => "the account may have no offline session any more",
        Some("Invalid refresh token") => "the provider does not recognise its refresh token, as after a change of the provider's keys",
        Some(text) if text.starts_with(RENAMED) => "the provider goes by another name now",
        _ => "",
    };
    let words = in_words("invalid_grant", description);
    let sentence = match description {
        _ if because.is_empty() => format!("the provider no longer accepts the session: {words}"),
        Some(text) if text.starts_with(RENAMED) => format!("the session is over: {because}: {text}"),
        _ => format!("the session is over: {because}"),
    };
    let error = Error::login_required(sentence).detail(words);
    match description {
        Some(DISABLED) => error.hint("ask an administrator to enable it, and sign in again then"),
        Some(text) if text.starts_with(RENAMED) => {
            error.hint("if that is the name you trust, sign in with `kclogin login --profile NEW --issuer ISSUER`")
        }
        _ => error,
    }
}

/// The token endpoint answers with another error: no login mends it, so the session stays as it is.
pub(super) fn refused(attempt: Attempt, client: &Client, provider: &str, code: &str, description: Option<&str>) -> Error {
    let words = in_words(code, description);
    match (code, description) {
        // Keycloak's words for what its administrator has to switch on or add.
        (_, Some("Client not enabled to retrieve service account" | "Public client not allowed to retrieve service account")) => {
            Error::failed(format!("{attempt} failed: the client `{}` has no service account", client.id))
                .hint("ask an administrator for a client with a secret and `Service account roles` switched on")
                .detail(words)
        }
        (_, Some(NO_PROOF)) => Error::failed(format!("{attempt} failed: the provider gives this client only tokens that are bound to a key (DPoP)"))
            .hint(match attempt {
                Attempt::ClientCredentials => {
                    "write `dpop = true` into the profile, or sign in with `kclogin login --dpop`, which the profile remembers"
                }
                _ => "sign in with `kclogin login --dpop`, which the profile remembers",
            })
            .detail(words),
        ("invalid_dpop_proof", _) => Error::failed(format!("{attempt} failed: the provider does not accept the proof of kclogin's key: {words}"))
            .hint("a proof is good for some seconds only: look at this machine's clock, with `kclogin doctor`"),
        (_, Some("Standard token exchange is not enabled for the requested client")) => {
            Error::failed(format!("{attempt} failed: the client `{}` may not exchange tokens", client.id))
                .hint("ask an administrator for a client with a secret and `Standard token exchange` switched on")
                .detail(words)
        }
        ("invalid_client", Some("Audience not found")) => {
            Error::failed(format!("{attempt} failed: the provider knows no such audience")).hint("an audience is a client's ID").detail(words)
        }
        ("invalid_request", Some(text)) if text.starts_with("Requested audience not available") => {
            Error::failed(format!("{attempt} failed: {words}"))
                .hint("ask an administrator to give the client that audience, by a mapper or a role of it")
        }
        ("invalid_client" | "unauthorized_client", _) => client_refused(attempt, client, &words),
        ("access_denied", Some("Realm not enabled")) => Error::failed(format!("{attempt} failed: the realm is disabled at the provider"))
            .hint("ask an administrator to enable it; the session is still there")
            .detail(words),
        // Keycloak's own code.
        ("not_allowed", _) => Error::failed(format!("{attempt} failed: {words}"))
            .hint("ask an administrator for the role `offline_access`, or do without: `kclogin login --scope 'openid profile email'`"),
        (NO_REALM, None) => no_provider(provider, NO_REALM),
        _ => Error::failed(format!("{attempt} failed: the provider refuses: {words}")),
    }
}

/// One of the scopes is nothing that the provider knows.
#[must_use]
pub fn unknown_scope(scope: &str, words: &str) -> Error {
    Error::failed(format!("the provider does not know one of the scopes `{scope}`: {words}")).hint(SCOPE_HINT)
}

/// The client is not who it says, as far as the provider knows.
pub(super) fn client_refused(attempt: Attempt, client: &Client, words: &str) -> Error {
    Error::failed(format!("{attempt} failed: the provider does not accept the client `{}`: {words}", client.id))
        .hint(client_hint(attempt, client.authentication))
}

fn client_hint(attempt: Attempt, authentication: ClientAuthentication) -> &'static str {
    match (attempt, authentication) {
        (Attempt::ClientCredentials, _) => "look at the client's ID and its secret in KCLOGIN_CLIENT_SECRET, or where a login has stored it",
        (Attempt::SignIn, ClientAuthentication::None) => {
            "if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`, or its certificate with \
             `--client-certificate`; if it has neither, look at its ID"
        }
        (Attempt::SignIn, _) => "look at the client's ID and secret; a new secret is given with `kclogin login --client-secret-stdin`",
        // It was accepted before, so that it is not the ID.
        (Attempt::Refresh | Attempt::Exchange, ClientAuthentication::None) => {
            "ask an administrator whether it was deleted, disabled, given a secret (for `kclogin login --client-secret-stdin`), or wants another certificate"
        }
        (Attempt::Refresh | Attempt::Exchange, _) => {
            "ask an administrator whether it was deleted, disabled, or given another secret (for `kclogin login --client-secret-stdin`)"
        }
    }
}

/// Where the provider was there is none any more.
pub(super) fn no_provider(at: &str, words: &str) -> Error {
    Error::failed(format!("there is no provider at {at} any more: {words}")).hint(
        "ask an administrator whether the realm was deleted or renamed; sign in to a renamed one with `kclogin login --profile NEW --issuer ISSUER`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn client(authentication: ClientAuthentication) -> Client {
        Client { id: "kclogin".to_owned(), secret: None, authentication }
    }

    #[test]
    fn words_that_are_not_known_are_passed_on() {
        let said = |description| session_over(description).sentence().to_owned();
        assert_eq!(said(Some("Bad moon")), "the provider no longer accepts the session: Bad moon (invalid_grant)");
        assert_eq!(said(None), "the provider no longer accepts the session: invalid_grant");
    }

    #[test]
    fn only_a_client_that_was_never_accepted_may_have_a_wrong_id() {
        for authentication in [ClientAuthentication::None, ClientAuthentication::ClientSecretBasic] {
            let hint = |attempt| refused(attempt, &client(authentication), "", "invalid_client", None).hint_text().map(str::to_owned);
            assert!(hint(Attempt::SignIn).is_some_and(|hint| hint.contains("ID")));
            assert!(hint(Attempt::Refresh).is_some_and(|hint| !hint.contains("ID")));
        }
    }

    #[test]
    fn nothing_but_invalid_grant_requires_a_login() {
        let codes = ["invalid_client", "unauthorized_client", "access_denied", "invalid_request", "not_allowed", NO_REALM];
        for (code, description) in codes.iter().flat_map(|code| [(code, None), (code, Some("Realm not enabled")), (code, Some("User disabled"))]) {
            let error = refused(Attempt::Refresh, &client(ClientAuthentication::None), "here", code, description);
            assert_eq!(error.kind(), ErrorKind::Failed, "{code}");
        }
    }
}
