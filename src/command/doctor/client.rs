//! What the provider thinks of the client, its redirect URI, its scopes and its secret, asked without signing in.

use url::Url;

use super::finding::{Finding, is_fine};
use super::{Input, Parts};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::provider::{Client, Objection, Provider, PushRefusal, Reaction, SCOPE_HINT, Standing, in_words, wants_pushing};
use crate::profile::Profile;
use crate::session::client_of;

pub(super) const CHECKS: [&str; 4] = ["client", "redirect URI", "scope", "client secret"];
const UNTOLD: &str = "kclogin login shows what the provider says";

/// The client with its secret, where it has one; else why that can't be known. A store that fails has a line of its own.
pub(super) fn known(provider: &Provider<'_>, profile: &Profile, input: &Input, parts: &Parts<'_>) -> std::result::Result<Client, &'static str> {
    let store = parts.store.opened.as_deref().ok();
    if input.client_secret.is_none() && store.is_none() && profile.settings.client_authentication.is_some() {
        return Err("it is in the token store, which can't be opened");
    }
    client_of(profile, store, input.client_secret.clone(), provider).map_err(|_| "the token store, where it may be, can't be read")
}

pub(super) fn look(
    provider: &Provider<'_>,
    profile: &Profile,
    client: std::result::Result<Client, &'static str>,
    input: &Input,
    redirect_uri: Option<&Url>,
    now: Timestamp,
) -> Vec<Finding> {
    let Some(redirect_uri) = redirect_uri else {
        return CHECKS.iter().map(|name| Finding::skipped(name, "there is no redirect URI to ask with; see the listener")).collect();
    };
    // Who it is takes no secret, unless the request is pushed.
    let nameless = || Client { id: profile.settings.client_id.clone(), secret: None, authentication: ClientAuthentication::None };
    let asks_as = match &client {
        Err(why) if provider.pushes => Err(Error::failed(format!("the request can't be pushed without the client's secret: {why}"))),
        client => Ok(client.as_ref().map_or_else(|_| nameless(), Client::clone)),
    };
    let reaction = asks_as.and_then(|client| provider.try_authorization(&client, redirect_uri, &profile.scope()));
    let mut findings = Vec::from(judged(reaction, profile, redirect_uri));
    findings.push(if is_fine(&findings[..1]) {
        client.map_or_else(|why| Finding::skipped("client secret", why), |client| secret(provider, &client, input, redirect_uri, now))
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
    let allow = format!("allow {registered} for the client `{id}` at the provider (Valid redirect URIs)");
    let untold = |why: String| {
        [
            Finding::warning(client, format!("could not be told: {why}"), UNTOLD),
            Finding::skipped(uri, "could not be told either"),
            Finding::skipped(scope, "could not be told either"),
        ]
    };
    match reaction {
        Ok(Reaction::Accepted) => [client_ok(), uri_ok(), Finding::ok(scope, format!("{scopes}: accepted"))],
        Ok(Reaction::NotPushed(PushRefusal { objection, words })) => match objection {
            Objection::RedirectUri => [
                client_ok(),
                Finding::failed(uri, format!("{redirect_uri} is not allowed: {words}"), allow),
                Finding::skipped(scope, "the redirect URI is not accepted"),
            ],
            Objection::Scope => [client_ok(), uri_ok(), Finding::failed(scope, format!("{scopes}: {words}"), SCOPE_HINT)],
            Objection::Client | Objection::Other => [
                Finding::failed(
                    client,
                    format!("`{id}` may not push a request: {words}"),
                    "look at the client's ID and secret, and ask an administrator whether the client is there and enabled",
                ),
                Finding::skipped(uri, "see the client"),
                Finding::skipped(scope, "see the client"),
            ],
        },
        Ok(Reaction::Refused { error, description }) => {
            let said = in_words(&error, description.as_deref());
            match error.as_str() {
                _ if wants_pushing(&error, description.as_deref()) => {
                    let advice = "sign in with `kclogin login --pushed-authorization-requests`, which the profile remembers";
                    [
                        Finding::failed(client, format!("`{id}` has to push its requests: {said}"), advice),
                        uri_ok(),
                        Finding::skipped(scope, "not asked"),
                    ]
                }
                "invalid_scope" => [client_ok(), uri_ok(), Finding::failed(scope, format!("{scopes}: {said}"), SCOPE_HINT)],
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
        Ok(Reaction::Page { status: 400..=499, words }) if words.contains("redirect_uri") => [
            client_ok(),
            Finding::failed(uri, format!("{redirect_uri} is not allowed: {words}"), allow),
            Finding::skipped(scope, "the redirect URI is not accepted"),
        ],
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

fn secret(provider: &Provider<'_>, client: &Client, input: &Input, redirect_uri: &Url, now: Timestamp) -> Finding {
    const NAME: &str = "client secret";
    let has_one = client.secret.is_some();
    let shows_certificate = input.profile.as_ref().is_ok_and(|profile| profile.settings.client_certificate.is_some());
    let origin = if input.client_secret.is_none() { "from the token store".to_owned() } else { input.origins.client_secret.to_string() };
    match provider.try_client(client, redirect_uri, now) {
        Ok(Standing::Accepted) if has_one => Finding::ok(NAME, format!("accepted ({origin})")),
        Ok(Standing::Accepted) if shows_certificate => Finding::ok(NAME, "none, and none is needed beside the certificate"),
        Ok(Standing::Accepted) => Finding::ok(NAME, format!("none, and none is needed: `{}` is a public client", client.id)),
        Ok(Standing::Refused(said)) if has_one => {
            let advice = "look at the client's ID and secret; a new secret is given with `kclogin login --client-secret-stdin`";
            Finding::failed(NAME, format!("not accepted ({origin}): {said}"), advice)
        }
        Ok(Standing::Refused(said)) => {
            let advice = "if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`, or in KCLOGIN_CLIENT_SECRET; if it has a \
                          certificate, with `--client-certificate`";
            Finding::failed(NAME, format!("none is known here, and the provider does not do without: {said}"), advice)
        }
        Ok(Standing::WantsProof(said)) => {
            let advice = "sign in with `kclogin login --dpop`, which the profile remembers";
            Finding::failed(NAME, format!("`{}` gets only tokens that are bound to a key: {said}", client.id), advice)
        }
        Ok(Standing::Unclear(said)) => Finding::warning(NAME, format!("could not be told: the token endpoint answers {said}"), UNTOLD),
        Err(error) => Finding::failed_by(NAME, &error, "look at the token endpoint"),
    }
}
