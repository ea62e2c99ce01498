//! Signing in through a browser that comes back to this machine (RFC 8252 section 7.3).
//!
//! The listener is bound before the browser opens, and the browser is answered only after the token set is stored, so that neither ever says more than is
//! true.

use std::thread;
use std::time::{Duration, Instant};

use url::Url;

use super::entrance::Entrance;
use super::keep::{Granted, keep};
use super::{Attempt, countdown, paste};
use crate::browser::Launch;
use crate::clock::lasting;
use crate::error::{Error, ErrorKind, Result};
use crate::loopback::judge::Onwards;
use crate::loopback::{Arrival, Loopback, NoArrival, Page, Start, StartSecrets};
use crate::oidc::authorization::{AuthorizationRequest, AuthorizationResponse};
use crate::oidc::provider::{Wishes, in_words, random_secret, unknown_scope, wants_pushing};
use crate::profile::config_file::Config;
use crate::terminal::Line;
use crate::token_set::TokenSet;
use crate::typed::Typed;

/// What is kept, with the name of its profile; and what the provider says became of an action.
type SignedIn = ((TokenSet, String), Option<String>);

/// Has the person sign in, and keeps what comes of it.
pub(super) fn sign_in(attempt: Attempt<'_>, wishes: &Wishes, config: &mut Config, mut pasting: Option<&mut dyn Typed>) -> Result<SignedIn> {
    let Attempt { input, provider, client, .. } = attempt;
    let mut loopback = Loopback::bind(input.profile.settings.redirect_uri.as_ref())?;
    let request = provider.authorization_request(&client.id, loopback.redirect_uri().clone(), wishes);
    let mut entrance = Entrance::open(attempt, &request)?;
    let arrival = thread::scope(|scope| {
        // The keys come while the person types.
        let keys = scope.spawn(|| provider.prefetch_keys());
        let arrival = match &mut pasting {
            Some(typed) => paste::wait(attempt, &mut loopback, &request, &mut entrance, &mut **typed),
            None => wait(attempt, &mut loopback, &request, &mut entrance),
        };
        // Joined here, or its failure, even a panic, would be the login's: keys that did not come are fetched when they are needed.
        let _ = keys.join();
        arrival
    });
    let Arrival { response, browser } = arrival?.map_err(|nothing| timed_out(attempt, &request, &nothing))?;
    drop(loopback);
    let outcome = redeem(attempt, &request, &response).and_then(|granted| keep(granted, attempt, config));
    let page = match &outcome {
        Ok((set, _)) => {
            Page::SignedIn { name: set.identity.display_name(), account: set.identity.account_name(), provider: &set.issuer, client: &set.client_id }
        }
        Err(error) => Page::Failed {
            title: "Not signed in",
            reason: error.sentence(),
            advice: error.hint_text().unwrap_or("go back to the terminal, and try again with `kclogin login`"),
        },
    };
    if let Some(browser) = browser {
        browser.show(&page);
    }
    let action = match response {
        AuthorizationResponse::Code { action, .. } => action,
        AuthorizationResponse::Refused { .. } => None,
    };
    outcome.map(|kept| (kept, action))
}

/// Sends the person to the login page and waits for what comes back.
fn wait(
    attempt: Attempt<'_>,
    loopback: &mut Loopback,
    request: &AuthorizationRequest,
    entrance: &mut Entrance<'_>,
) -> Result<std::result::Result<Arrival, NoArrival>> {
    let Attempt { input, parts, .. } = attempt;
    let terminal = parts.terminal;
    let (mut launch, mut start) = show_login_page(attempt, request, entrance)?;
    let mut onwards = || entrance.address().map(|(url, _)| url);
    // Said again where it is needed: a quiet login has not said it yet.
    let printed = Line::new().plain("  ").link(start.as_ref().map(|start| start.printed_address().to_string()).unwrap_or_default());
    let mut shown = None;
    let mut tick = |left: Duration| {
        if let Some(reason) = launch.as_ref().and_then(Launch::failure) {
            terminal.prompt(format!("The browser could not be opened ({reason}). Open this address yourself:"));
            terminal.prompt(printed.clone());
            launch = None;
        }
        let seconds = left.as_secs_f64().ceil() as u64;
        if shown != Some(seconds) {
            shown = Some(seconds);
            terminal.progress(Line::new().plain("Waiting for the sign-in in the browser ... ").strong(countdown(seconds)).dim(" (Ctrl-C to stop)"));
        }
        None
    };
    let start = start.as_mut().map(|start| (start, Some(&mut onwards as &mut Onwards<'_>)));
    let arrival = loopback.wait(request, start, Instant::now() + input.timeout, &mut tick);
    terminal.clear_progress();
    arrival
}

/// Opens the browser at a start page, which knows it again when it comes back. Where no browser can be opened, the address of the login page itself is
/// printed: it is in no list of processes then, and may have to be opened where this machine's start page can't be reached. One that is good for a minute
/// is not for printing, so there the start page's is, which pushes the request when somebody comes.
fn show_login_page(attempt: Attempt<'_>, request: &AuthorizationRequest, entrance: &mut Entrance<'_>) -> Result<(Option<Launch>, Option<Start>)> {
    let Attempt { input, parts, .. } = attempt;
    let terminal = parts.terminal;
    let to = input.profile.provider();
    let [opened, printed, opened_cookie, printed_cookie] = std::array::from_fn(|_| random_secret());
    let start = Start::new(StartSecrets { opened, printed, opened_cookie, printed_cookie }, &request.redirect_uri);
    let (launch, why_not) = match parts.browser.map(|browser| browser.open(&start.opened_address())) {
        Some(Ok(launch)) => (Some(launch), None),
        Some(Err(error)) => (None, Some(error.sentence().to_owned())),
        None => (None, None),
    };
    let address = |url: &Url| Line::new().plain("  ").link(url.as_str());
    if launch.is_some() {
        terminal.status(Line::new().plain("Opening your browser to sign in to ").strong(to).plain(". If it does not open, go to this address:"));
        terminal.status(address(&start.printed_address()));
    } else {
        let shown = if entrance.is_pushed() { start.printed_address() } else { entrance.address()?.0 };
        let because = why_not.map_or_else(String::new, |why| format!(" ({why})"));
        terminal.prompt(Line::new().plain("To sign in to ").strong(to).plain(format!(", open this address in a browser on this machine{because}:")));
        terminal.prompt(address(&shown));
    }
    if !terminal.shows_progress() {
        terminal.status(format!("Waiting for the sign-in in the browser, for {} at most.", lasting(input.timeout)));
    }
    let has_start = launch.is_some() || entrance.is_pushed();
    Ok((launch, has_start.then_some(start)))
}

fn timed_out(attempt: Attempt<'_>, request: &AuthorizationRequest, nothing: &NoArrival) -> Error {
    let input = attempt.input;
    let error = Error::failed(format!("nobody signed in within {}", lasting(input.timeout)));
    if let Some(rejected) = &nothing.rejected {
        return error.hint(format!("something came to the redirect URI that was not the provider's answer: {}", rejected.sentence()));
    }
    if attempt.provider.pushes {
        // Client and redirect URI were accepted when the request was pushed.
        return error.hint("if the browser shows `Invalid Request`, the address was opened too late or twice: try again with `kclogin login`");
    }
    let (client, registered) = (&input.profile.settings.client_id, input.registered(&request.redirect_uri));
    error.hint(format!(
        "if the browser shows `Invalid parameter: redirect_uri`, allow {registered} for the client `{client}` at the provider; if it shows `Client not \
         found`, look at the client ID"
    ))
}

/// Redeems the provider's answer for tokens.
fn redeem(attempt: Attempt<'_>, request: &AuthorizationRequest, response: &AuthorizationResponse) -> Result<Granted> {
    let Attempt { input, provider, client, parts } = attempt;
    let code = match response {
        AuthorizationResponse::Code { code, .. } => code,
        AuthorizationResponse::Refused { error, description } => return Err(refused(error, description.as_deref(), &input.profile.scope())),
    };
    let obtained = parts.clock.now();
    let tokens = provider.exchange(client, request, code, obtained)?;
    Ok(Granted { tokens, nonce: Some(request.nonce.clone()), obtained })
}

/// What the provider's refusal means to the person (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
fn refused(error: &str, description: Option<&str>, scope: &[String]) -> Error {
    let said = in_words(error, description);
    match error {
        _ if wants_pushing(error, description) => {
            Error::failed(format!("the provider takes pushed authorization requests only from this client: {said}"))
                .hint("sign in with `kclogin login --pushed-authorization-requests`, which the profile remembers")
        }
        "access_denied" => Error::failed("the sign-in was denied at the provider"),
        "invalid_scope" => unknown_scope(&scope.join(" "), &said),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            Error::failed(format!("the provider needs the person, and was asked not to: {said}")).hint("leave out `--prompt none`")
        }
        "temporarily_unavailable" | "server_error" => {
            Error::new(ErrorKind::ProviderUnreachable, format!("the provider is in trouble: {said}")).hint("try again later")
        }
        _ => Error::failed(format!("the provider refused the sign-in: {said}")),
    }
}
