//! `kclogin login`: signing in, from finding the provider to saying who it was.
//!
//! The order is the promise: the store is probed before a person is asked for anything. How the person signs in is left to `browser` and `device`, and what
//! becomes of the tokens to `keep`.

mod action;
mod browser;
mod device;
mod entrance;
mod keep;
mod paste;

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::browser::Browser;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::login_way::{Situation, Way, choose, require_somebody};
use crate::oidc::demands::Demands;
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::Http;
use crate::oidc::provider::{Client, Provider, Wishes, new_proof_key};
use crate::profile::Profile;
use crate::profile::config_file::Config;
use crate::profile::login_method::LoginMethod;
use crate::secret::Secret;
use crate::session::{account, stored_client_secret};
use crate::surroundings::Surroundings;
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;
use crate::token_store::{StoreName, TokenStore, probe};
use crate::typed::Typed;

/// What is asked for.
#[derive(Debug)]
pub struct Input {
    /// Where to sign in; written down if the login succeeds.
    pub profile: Profile,
    /// The client's secret, where one is given; kept in the token store if the login succeeds.
    pub client_secret: Option<Secret<String>>,
    /// Further parameters of the authorization request.
    pub parameters: Vec<(String, String)>,
    /// Whether the way to sign in that the profile has was asked for by this call.
    pub way_is_asked_for: bool,
    /// What they ask of how the person is authenticated.
    pub demands: Demands,
    /// How long to wait for the person.
    pub timeout: Duration,
    /// Whether to say what the profile is called: it is new, and the person did not name it.
    pub introduce: bool,
}

impl Input {
    /// A redirect URI as it is registered: without the port, where that is a free one (RFC 8252 section 7.3).
    fn registered(&self, redirect_uri: &Url) -> Url {
        let mut registered = redirect_uri.clone();
        if self.profile.settings.redirect_uri.is_none() {
            let _ = registered.set_port(None);
        }
        registered
    }
}

/// What a login uses.
pub struct Parts<'a> {
    /// How the provider is reached.
    pub http: &'a Http<'a>,
    /// Where the token set is to be kept.
    pub store: &'a dyn TokenStore,
    /// What the person has to know of that store, where it is new to the profile.
    pub caution: Option<&'a str>,
    /// Where the profile's session before this one is kept, if that is another store.
    pub former: Option<Former>,
    /// What shows the login page; none to only print its address.
    pub browser: Option<&'a dyn Browser>,
    /// Where we are.
    pub surroundings: &'a Surroundings,
    /// Where locks are kept.
    pub state_dir: Option<&'a Path>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Both streams.
    pub terminal: &'a Terminal,
}

/// The store that a profile leaves with this login. What it had there is written down to be cleared afterwards; see `leftover`.
pub struct Former {
    /// Its name.
    pub name: StoreName,
    /// The store, if it can be opened.
    pub store: Result<Box<dyn TokenStore>>,
}

impl Former {
    fn client_secret(&self, profile: &Profile) -> Result<Option<Secret<String>>> {
        self.store.as_ref().map_err(Clone::clone).and_then(|store| stored_client_secret(&**store, profile))
    }
}

/// A login under way.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    input: &'a Input,
    provider: &'a Provider<'a>,
    client: &'a Client,
    parts: &'a Parts<'a>,
}

/// The time that is left, as a clock that runs backwards shows it.
fn countdown(seconds: u64) -> String {
    format!("{}:{:02} left", seconds / 60, seconds % 60)
}

/// Signs in; `typed` is where an address is pasted that a browser on another machine shows.
///
/// # Errors
/// The provider, the store, the listener or the person says no, or none of them says anything in time. Nothing that was stored before is lost.
pub fn login(mut input: Input, config: &mut Config, parts: &Parts<'_>, typed: &mut dyn Typed) -> Result<()> {
    let situation = Situation {
        method: input.profile.settings.login_method,
        is_asked_for: input.way_is_asked_for,
        no_browser: parts.browser.and_then(Browser::why_not),
        surroundings: parts.surroundings,
    };
    require_somebody(&situation)?;
    let action = action::among(&input.parameters).map(str::to_owned);
    require_page(action.as_deref(), &input.profile)?;
    let key = input.profile.settings.dpop.then(new_proof_key);
    let provider = Provider::of_settings(parts.http, &input.profile.settings)?.bound_to(key);
    if provider.endpoints.jwks.is_none() {
        parts.terminal.warning("no keys of the provider are known, so only the connection to its token endpoint vouches for the ID token");
    }
    probe(parts.store, &account(&input.profile))?;
    config.probe(&input.profile)?;
    if let Some(caution) = parts.caution {
        parts.terminal.warning(caution);
    }
    let client = the_client(&mut input, &provider, parts)?;
    let (way, line) = choose(&situation, action.is_none() && provider.endpoints.device_authorization.is_some());
    if let Some(line) = line {
        parts.terminal.status(line);
    }
    let wishes = Wishes { scope: input.profile.scope(), parameters: std::mem::take(&mut input.parameters) };
    let code = match way {
        Way::Device => Some(provider.authorize_device(&client, &wishes)?),
        Way::DeviceOrPaste => match provider.authorize_device(&client, &wishes) {
            Err(error) if error.kind() == ErrorKind::Failed => {
                parts.terminal.status(format!("That can't be: {}. So you sign in with a browser on another machine.", error.sentence()));
                None
            }
            code => Some(code?),
        },
        Way::Browser | Way::Paste => None,
    };
    let attempt = Attempt { input: &input, provider: &provider, client: &client, parts };
    let ((set, name), action_status) = match code {
        Some(code) => (device::sign_in(attempt, &code, config)?, None),
        None => browser::sign_in(attempt, &wishes, config, (way != Way::Browser).then_some(typed))?,
    };
    say_who(&set, input.introduce.then_some(&name), config, parts.terminal);
    let Some(action) = action else { return Ok(()) };
    action::require_done(&action, action_status.as_deref())?;
    parts.terminal.status(format!("The action `{action}` is done."));
    Ok(())
}

/// Refuses an action of the provider's pages where the person never comes to them from here.
fn require_page(action: Option<&str>, profile: &Profile) -> Result<()> {
    if action.is_none() || profile.settings.login_method != Some(LoginMethod::Device) {
        return Ok(());
    }
    Err(Error::usage("a sign-in with a code can't ask for an action: the device request has no room for one")
        .hint("use a browser: `--action` with `--browser CMD`, `--no-browser` or `--paste`"))
}

/// The client with its secret, if it has one: the given one, else the stored one. How it is sent is decided once and remembered.
fn the_client(input: &mut Input, provider: &Provider<'_>, parts: &Parts<'_>) -> Result<Client> {
    let secret = match (&input.client_secret, input.profile.settings.client_authentication) {
        (Some(given), _) => Some(given.clone()),
        (None, Some(_)) => match (stored_client_secret(parts.store, &input.profile)?, &parts.former) {
            (None, Some(former)) => former.client_secret(&input.profile)?,
            (stored, _) => stored,
        },
        (None, None) => None,
    };
    let settings = &mut input.profile.settings;
    if secret.is_some() && settings.client_authentication.is_none() {
        settings.client_authentication = Some(provider.preferred_authentication());
    }
    let authentication = settings.client_authentication.unwrap_or(ClientAuthentication::None);
    let client = Client { id: settings.client_id.clone(), secret, authentication };
    // Said now, and not after somebody has signed in.
    client.known_secret()?;
    Ok(client)
}

fn say_who(set: &TokenSet, new: Option<&String>, config: &Config, terminal: &Terminal) {
    let mut line = Line::new().good("Logged in as ").strong(set.identity.display_name());
    if set.identity.account_name() != set.identity.display_name() {
        line = line.plain(format!(" ({})", set.identity.account_name()));
    }
    terminal.status(line.plain(" at ").plain(&set.issuer).plain("."));
    let default = config.default_name();
    if let Some(name) = new.filter(|name| default != Some(name)) {
        let instead = default.map_or_else(String::new, |default| format!(" (the default is still `{default}`)"));
        terminal.status(format!(
            "This is the new profile `{name}`{instead}: use it with `--profile {name}`, or make it the default with `kclogin profile use {name}`."
        ));
    }
}
