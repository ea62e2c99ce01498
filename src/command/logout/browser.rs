//! Ending the provider's session in the browser that has it (OpenID Connect RP-Initiated Logout 1.0), and waiting, for a while only, until it comes back.

use std::time::{Duration, Instant};

use url::Url;

use crate::browser::{Browser, Launch};
use crate::clock::lasting;
use crate::error::{Error, Result};
use crate::loopback::{Arrival, Loopback, Page, Start, StartSecrets};
use crate::oidc::endpoints::Endpoints;
use crate::oidc::logout::LogoutResponse;
use crate::oidc::provider::{in_words, random_secret};
use crate::session::Session;
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;

/// How a browser is used.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// What opens the page.
    pub browser: &'a dyn Browser,
    /// How long to wait for it to come back.
    pub timeout: Duration,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// The browser came back with the provider's word for it.
    Ended,
    /// It did not come back: the provider may have ended the session, or be asking the person.
    Unknown,
}

/// Has the browser end the session, and waits for it.
///
/// # Errors
/// No browser can be opened, the provider refuses, or the listener can't be had.
pub(super) fn sign_out(way: Way<'_>, session: &Session<'_>, set: &TokenSet) -> Result<Return> {
    let (provider, terminal) = (session.provider(set), session.terminal);
    let mut loopback = Loopback::bind(session.profile.settings.redirect_uri.as_ref())?;
    let redirect_uri = loopback.redirect_uri().clone();
    let request = provider.logout_request(&set.client_id, &set.id_token, &redirect_uri)?;
    let [opened, printed, opened_cookie, printed_cookie] = std::array::from_fn(|_| random_secret());
    let mut start = Start::new(StartSecrets { opened, printed, opened_cookie, printed_cookie }, &redirect_uri);
    let launch = way.browser.open(&start.opened_address())?;
    let printed = Line::new().plain("  ").link(start.printed_address().as_str());
    terminal
        .status(Line::new().plain("Opening your browser to sign out of ").strong(&set.issuer).plain(". If it does not open, go to this address:"));
    terminal.status(printed.clone());
    let mut launch = Some(launch);
    let mut tick = |_: Duration| {
        if let Some(reason) = launch.as_ref().and_then(Launch::failure) {
            terminal.prompt(format!("The browser could not be opened ({reason}). Open this address yourself:"));
            terminal.prompt(printed.clone());
            launch = None;
        }
        None
    };
    terminal.status(format!("Waiting for the sign-out in the browser, for {} at most.", lasting(way.timeout)));
    match loopback.wait(&request, Some((&mut start, None)), Instant::now() + way.timeout, &mut tick)? {
        Err(_) => Ok(Return::Unknown),
        Ok(Arrival { response, browser }) => {
            let outcome = match response {
                LogoutResponse::Ended => Ok(Return::Ended),
                LogoutResponse::Refused { error, description } => Err(Error::failed(in_words(&error, description.as_deref()))),
            };
            let page = match &outcome {
                Ok(_) => Page::SignedOut { account: set.identity.account_name(), provider: &set.issuer, client: &set.client_id },
                Err(error) => Page::Failed { title: "Not signed out", reason: error.sentence(), advice: "go back to the terminal" },
            };
            if let Some(browser) = browser {
                browser.show(&page);
            }
            outcome
        }
    }
}

/// Where a person can sign out by themselves. The ID token, by which the provider would not have to ask, is for no screen.
pub(super) fn address(endpoints: &Endpoints, client_id: &str) -> Option<Url> {
    let mut address = endpoints.end_session.clone()?;
    address.query_pairs_mut().append_pair("client_id", client_id);
    Some(address)
}

/// Says what is left to do where no browser could do it.
pub(super) fn leave_to_person(address: &Url, terminal: &Terminal) {
    terminal.prompt("To end the session there, open this address in the browser where you signed in, and confirm:");
    terminal.prompt(Line::new().plain("  ").link(address.as_str()));
}
