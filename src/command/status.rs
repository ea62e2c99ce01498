//! `kclogin status`: what is stored, without the network.

use serde_json::json;

use crate::clock::{Clock, Timestamp, in_words};
use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::session::load;
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;
use crate::token_store::{StoreName, TokenStore};

/// Shows what is stored for a profile, in a store of this name and description.
///
/// # Errors
/// The store fails, or login is required: nothing is stored, or all of it has expired.
pub fn status(
    json: bool,
    profile: &Profile,
    (store_name, store_description): (&StoreName, &str),
    store: &dyn TokenStore,
    clock: &dyn Clock,
    terminal: &Terminal,
) -> Result<()> {
    let (set, now) = (load(store, profile)?, clock.now());
    if json {
        terminal.result_json(&document(profile, store_name, set.as_ref(), now))?;
    } else {
        lines(profile, store_description, set.as_ref(), now).into_iter().try_for_each(|line| terminal.result(line))?;
    }
    let hint = format!("sign in with `kclogin login --profile {}`", profile.name);
    match set {
        None => Err(Error::login_required(format!("not logged in to {}", profile.provider())).hint(hint)),
        Some(set) if is_over(&set, now) => Err(Error::login_required(format!("the session at {} has expired", set.issuer)).hint(hint)),
        Some(_) => Ok(()),
    }
}

/// Whether neither token can still be of use, by what the provider said of them.
fn is_over(set: &TokenSet, now: Timestamp) -> bool {
    !set.can_refresh(now) && set.expiry.is_some_and(|expiry| expiry <= now)
}

fn lines(profile: &Profile, store_description: &str, set: Option<&TokenSet>, now: Timestamp) -> Vec<Line> {
    let until = |expiry: Timestamp| {
        if expiry > now {
            format!("for {} (until {})", in_words(expiry, now), expiry.to_rfc3339())
        } else {
            format!("expired at {}", expiry.to_rfc3339())
        }
    };
    let mut rows = vec![("Profile", Line::new().strong(&profile.name))];
    if let Some(set) = set {
        let user = match set.identity.name.as_deref() {
            Some(name) if name != set.identity.account_name() => format!("{} ({name})", set.identity.account_name()),
            _ => set.identity.account_name().to_owned(),
        };
        rows.push(("User", Line::from(user)));
    }
    rows.push(("Issuer", Line::from(profile.provider())));
    rows.push(("Client", Line::from(&profile.settings.client_id)));
    if profile.settings.pushed_authorization_requests {
        rows.push(("Requests", Line::from("pushed before the browser opens")));
    }
    rows.push(("Store", Line::from(store_description)));
    // The session that there is keeps to what it was made with.
    match (profile.settings.dpop, set.map(|set| set.proof_key.is_some())) {
        (true, Some(true) | None) => rows.push(("Tokens", Line::from("bound to a key (DPoP)"))),
        (true, Some(false)) => rows.push(("Tokens", Line::from("bound to a key (DPoP) from the next login on"))),
        (false, Some(true)) => rows.push(("Tokens", Line::from("bound to a key (DPoP) until the next login"))),
        (false, Some(false) | None) => {}
    }
    if let Some(set) = set {
        rows.push(("Token", Line::from(set.expiry.map_or_else(|| "no expiry known".to_owned(), until))));
        let refresh = match (&set.refresh_token, set.refresh_expiry) {
            (None, _) => "ends with the token, which can't be refreshed".to_owned(),
            (Some(_), None) if set.is_offline() => "offline, no end known".to_owned(),
            (Some(_), None) => "no end known".to_owned(),
            (Some(_), Some(expiry)) => until(expiry),
        };
        rows.push(("Session", Line::from(refresh)));
    }
    rows.into_iter().map(|(term, value)| Line::row(term, value)).collect()
}

fn document(profile: &Profile, store_name: &StoreName, set: Option<&TokenSet>, now: Timestamp) -> String {
    let document = json!({
        "profile": profile.name,
        "logged_in": set.is_some_and(|set| !is_over(set, now)),
        "issuer": profile.settings.issuer,
        "client_id": profile.settings.client_id,
        "pushed_authorization_requests": profile.settings.pushed_authorization_requests,
        "dpop": profile.settings.dpop,
        "store": store_name.to_string(),
        "subject": set.map(|set| &set.identity.subject),
        "username": set.and_then(|set| set.identity.username.as_ref()),
        "name": set.and_then(|set| set.identity.name.as_ref()),
        "email": set.and_then(|set| set.identity.email.as_ref()),
        "scope": set.map(|set| set.scope.join(" ")),
        "token_is_bound": set.map(|set| set.proof_key.is_some()),
        "token_expiry": set.and_then(|set| set.expiry).map(Timestamp::to_rfc3339),
        "session_expiry": set.and_then(|set| set.refresh_expiry).map(Timestamp::to_rfc3339),
        "can_refresh": set.is_some_and(|set| set.can_refresh(now)),
    });
    format!("{document:#}")
}
