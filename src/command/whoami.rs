//! `kclogin whoami`: who is signed in, by the UserInfo endpoint; as a card for a person or the endpoint's own document for a script.

use crate::clock::{Clock, in_words};
use crate::error::{Error, Result};
use crate::issued::{Need, Refresh};
use crate::oidc::claims::{ClaimSet, Identity, groups, realm_roles, unverified_payload};
use crate::oidc::provider::{UserInfo, UserInfoAnswer};
use crate::session::Session;
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;

/// Shows who is signed in.
///
/// # Errors
/// As [`Session::fresh`]; the UserInfo endpoint fails, or speaks of somebody else than who signed in.
pub fn whoami(json: bool, session: &Session<'_>, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    let (set, user_info) = ask(session)?;
    if json {
        let user_info = user_info.ok_or_else(|| {
            Error::failed("the provider does not let this access token ask who it belongs to (a lightweight access token)")
                .hint("`kclogin whoami` without `--json` shows what the ID token says")
        })?;
        return terminal.result_json(&user_info.document);
    }
    let claims = match user_info {
        Some(user_info) => user_info.claims,
        None => {
            terminal.status("The provider does not let this access token ask who it belongs to; this is what the ID token says.");
            unverified_payload(set.id_token.expose()).unwrap_or_default()
        }
    };
    let identity = Identity::from_claims(&claims).unwrap_or_else(|| set.identity.clone());
    card(&identity, &claims, &set, clock).into_iter().try_for_each(|line| terminal.result(line))
}

/// Asks the UserInfo endpoint. An access token that is refused although it has not expired is refreshed once: it may have been revoked while the
/// session lives. `None` where the endpoint is closed to this kind of token.
fn ask(session: &Session<'_>) -> Result<(TokenSet, Option<UserInfo>)> {
    let mut need = Need::USUAL;
    loop {
        let set = session.fresh(need)?;
        match session.provider(&set).user_info(&set.client_id, &set.access_token, &set.identity.subject, session.clock.now())? {
            UserInfoAnswer::Claims(user_info) => return Ok((set, Some(user_info))),
            UserInfoAnswer::NotForThisToken => return Ok((set, None)),
            UserInfoAnswer::TokenRefused if need.refresh == Refresh::WhereNeeded => need.refresh = Refresh::Required,
            UserInfoAnswer::TokenRefused => {
                return Err(Error::login_required("the provider no longer accepts the access token")
                    .hint(format!("sign in again with `kclogin login --profile {}`", session.profile.name)));
            }
        }
    }
}

fn card(identity: &Identity, claims: &ClaimSet, set: &TokenSet, clock: &dyn Clock) -> Vec<Line> {
    let now = clock.now();
    let mut title = Line::new().strong(identity.display_name());
    if identity.account_name() != identity.display_name() {
        title = title.plain(format!(" ({})", identity.account_name()));
    }
    // Keycloak puts roles and groups into the access token, and into the others only where a mapper says so. This is for the eye only: an access token
    // is opaque to its client, so nothing is decided by it, and it is looked into only if it says that it is this issuer's.
    let is_this_issuers = |claims: &ClaimSet| claims.get("iss").and_then(|iss| iss.as_str()) == Some(&set.issuer);
    let access_token = unverified_payload(set.access_token.expose()).filter(is_this_issuers).unwrap_or_default();
    let first_of =
        |find: fn(&ClaimSet) -> Vec<String>| [claims, &access_token].into_iter().map(find).find(|found| !found.is_empty()).unwrap_or_default();
    let (roles, groups) = (first_of(realm_roles), first_of(groups));
    let session_end = match (&set.refresh_token, set.refresh_expiry) {
        (None, _) => "ends with the access token".to_owned(),
        (Some(_), None) if set.is_offline() => "offline, no end known".to_owned(),
        (Some(_), None) => "no end known".to_owned(),
        (Some(_), Some(expiry)) => format!("ends in {} unless it is used", in_words(expiry, now)),
    };
    let mut rows = Vec::new();
    if let Some(email) = &identity.email {
        let state = match identity.email_verified {
            Some(true) => Line::new().plain(email).good(" (verified)"),
            Some(false) => Line::new().plain(email).caution(" (not verified)"),
            None => Line::new().plain(email),
        };
        rows.push(("E-mail", state));
    }
    rows.push(("Subject", Line::from(&identity.subject)));
    rows.push(("Issuer", Line::from(&set.issuer)));
    rows.push(("Client", Line::from(&set.client_id)));
    if !roles.is_empty() {
        rows.push(("Roles", Line::from(roles.join(", "))));
    }
    if !groups.is_empty() {
        rows.push(("Groups", Line::from(groups.join(", "))));
    }
    rows.push(("Session", Line::from(session_end)));
    if let Some(expiry) = set.expiry {
        rows.push(("Token", Line::from(format!("valid for {}", in_words(expiry, now)))));
    }
    std::iter::once(title).chain(rows.into_iter().map(|(term, value)| Line::row(term, value))).collect()
}
