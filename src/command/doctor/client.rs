//! What the provider thinks of the client, its redirect URI, its scopes and its secret, asked without signing in.

use url::Url;

use super::finding::Finding;
use super::provider::is_fine;
use super::{Input, Parts};
use crate::error::Result;
use crate::oidc::provider::{Provider, Reaction, Standing, in_words};
use crate::profile::Profile;
use crate::session::client_of;

pub(super) const CHECKS: [&str; 4] = ["client", "redirect URI", "scope", "client secret"];
const UNTOLD: &str = "kclogin login shows what the provider says";

pub(super) fn look(provider: &Provider<'_>, profile: &Profile, input: &Input, redirect_uri: Option<&Url>, parts: &Parts<'_>) -> Vec<Finding> {
    let Some(redirect_uri) = redirect_uri else {
        return CHECKS.iter().map(|name| Finding::skipped(name, "there is no redirect URI to ask with; see the listener")).collect();
    };
    let client_id = &profile.settings.client_id;
    let reaction = provider.try_authorization(client_id, redirect_uri, &profile.scope());
    let mut findings = Vec::from(judged(reaction, profile, redirect_uri));
    findings.push(if is_fine(&findings[..1]) {
        secret(provider, profile, input, redirect_uri, parts)
    } else {
        Finding::skipped("client secret", "the client is not accepted")
    });
    findings
}

/// The client, the redirect URI and the scopes by how the authorization endpoint reacts to all three.
fn judged(reaction: Result<Reaction>, profile: &Profile, redirect_uri: &Url) -> [Finding; 3] {
    let [client, uri, scope] = ["client", "redirect URI", "scope"];
    let (id, scopes) = (&profile.settings.client_id, profile.scope().join(" "));
    let registered = if profile.settings.redirect_uri.is_some() { redirect_uri.to_string() } else { "http://127.0.0.1/callback".to_owned() };
    let client_ok = || Finding::ok(client, format!("`{id}` is accepted"));
    let uri_ok = || Finding::ok(uri, format!("{redirect_uri} is accepted"));
    let untold = |why: String| {
        [
            Finding::warning(client, format!("could not be told: {why}"), UNTOLD),
            Finding::skipped(uri, "could not be told either"),
            Finding::skipped(scope, "could not be told either"),
        ]
    };
    match reaction {
        Ok(Reaction::Accepted) => [client_ok(), uri_ok(), Finding::ok(scope, format!("{scopes}: accepted"))],
        Ok(Reaction::Refused { error, description }) => {
            let said = in_words(&error, description.as_deref());
            match error.as_str() {
                "invalid_scope" => {
                    let advice = "choose others with `--scope`, or add them to the client at the provider";
                    [client_ok(), uri_ok(), Finding::failed(scope, format!("{scopes}: {said}"), advice)]
                }
                "temporarily_unavailable" | "server_error" => [
                    Finding::failed(client, format!("the provider is in trouble: {said}"), "try again later"),
                    uri_ok(),
                    Finding::skipped(scope, "not asked"),
                ],
                _ => {
                    let advice = "ask an administrator to switch on the client's `Standard flow`, or what the provider names";
                    [
                        Finding::failed(client, format!("`{id}` may not sign anybody in: {said}"), advice),
                        uri_ok(),
                        Finding::skipped(scope, "not asked"),
                    ]
                }
            }
        }
        Ok(Reaction::Mistaken(rejection)) => {
            let advice = "tell whoever runs the provider; a login would not take that answer";
            [
                Finding::failed(client, format!("the provider's answer is not one: {}", rejection.sentence()), advice),
                uri_ok(),
                Finding::skipped(scope, "not asked"),
            ]
        }
        Ok(Reaction::Page { status: 400..=499, words }) if words.contains("redirect_uri") => {
            let advice = format!("allow {registered} for the client `{id}` at the provider (Valid redirect URIs)");
            [
                client_ok(),
                Finding::failed(uri, format!("{redirect_uri} is not allowed: {words}"), advice),
                Finding::skipped(scope, "the redirect URI is not accepted"),
            ]
        }
        Ok(Reaction::Page { status: 400..=499, words }) if words.to_lowercase().contains("client") => {
            let advice = "look at the client ID, and ask an administrator whether the client is there and enabled";
            [
                Finding::failed(client, format!("`{id}`: {words}"), advice),
                Finding::skipped(uri, "the client is not accepted"),
                Finding::skipped(scope, "the client is not accepted"),
            ]
        }
        Ok(Reaction::Page { status: status @ 400..=499, words }) => {
            let advice = format!("look at the client ID, and whether {registered} is allowed for the client");
            [
                Finding::failed(client, format!("the client `{id}` or its redirect URI is refused ({status}): {words}"), advice),
                Finding::skipped(uri, "see the client"),
                Finding::skipped(scope, "see the client"),
            ]
        }
        Ok(Reaction::Page { status, .. }) => untold(format!("the provider shows a page ({status}) though nobody is to be asked")),
        Ok(Reaction::Elsewhere(host)) => untold(format!("the provider sends the browser on to {host}")),
        Err(error) => [
            Finding::failed_by(client, &error, "try again later"),
            Finding::skipped(uri, "there was no answer"),
            Finding::skipped(scope, "there was no answer"),
        ],
    }
}

fn secret(provider: &Provider<'_>, profile: &Profile, input: &Input, redirect_uri: &Url, parts: &Parts<'_>) -> Finding {
    const NAME: &str = "client secret";
    // A store that fails has a line of its own.
    let store = parts.store.opened.as_deref().ok();
    let is_stored_one = input.client_secret.is_none();
    if is_stored_one && store.is_none() && profile.settings.client_authentication.is_some() {
        return Finding::skipped(NAME, "it is in the token store, which can't be opened");
    }
    let client = match client_of(profile, store, input.client_secret.clone(), provider) {
        Ok(client) => client,
        Err(_) => return Finding::skipped(NAME, "the token store, where it may be, can't be read"),
    };
    let has_one = client.secret.is_some();
    let origin = if is_stored_one { "from the token store".to_owned() } else { input.origins.client_secret.to_string() };
    match provider.try_client(&client, redirect_uri) {
        Ok(Standing::Accepted) if has_one => Finding::ok(NAME, format!("accepted ({origin})")),
        Ok(Standing::Accepted) => Finding::ok(NAME, format!("none, and none is needed: `{}` is a public client", client.id)),
        Ok(Standing::Refused(said)) if has_one => {
            let advice = "look at the client's ID and secret; a new secret is given with `kclogin login --client-secret-stdin`";
            Finding::failed(NAME, format!("not accepted ({origin}): {said}"), advice)
        }
        Ok(Standing::Refused(said)) => {
            let advice =
                "if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`, or in KCLOGIN_CLIENT_SECRET";
            Finding::failed(NAME, format!("none is known here, and the provider does not do without: {said}"), advice)
        }
        Ok(Standing::Unclear(said)) => Finding::warning(NAME, format!("could not be told: the token endpoint answers {said}"), UNTOLD),
        Err(error) => Finding::failed_by(NAME, &error, "look at the token endpoint"),
    }
}
