//! `kclogin login`: signing in through the browser, from finding the provider to keeping the token set.
//!
//! The order is the promise: the store is probed before the browser opens, the listener is bound before it too, and the browser is answered only after
//! the token set is stored, so that neither ever says more than is true.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use url::Url;

use crate::browser::{Browser, Launch};
use crate::clock::{Clock, lasting};
use crate::error::{Error, ErrorKind, Result};
use crate::leftover::{announce, leave};
use crate::loopback::{Arrival, Loopback, NoArrival, Page, Start, StartSecrets};
use crate::oidc::authorization::{AuthorizationRequest, AuthorizationResponse};
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::Http;
use crate::oidc::provider::{Client, IdTokenChecks, Provider, Wishes, in_words, random_secret};
use crate::profile::Profile;
use crate::profile::config_file::Config;
use crate::refresh_lock;
use crate::secret::Secret;
use crate::session::{self, account, stored_client_secret};
use crate::terminal::{Line, Terminal};
use crate::token_set::TokenSet;
use crate::token_store::{StoreName, TokenStore, probe};

/// What is asked for.
#[derive(Debug)]
pub struct Input {
    /// Where to sign in; written down if the login succeeds.
    pub profile: Profile,
    /// The client's secret, where one is given; kept in the token store if the login succeeds.
    pub client_secret: Option<Secret<String>>,
    /// Further parameters of the authorization request.
    pub parameters: Vec<(String, String)>,
    /// How long to wait for the person.
    pub timeout: Duration,
    /// Whether to say what the profile is called: it is new, and the person did not name it.
    pub introduce: bool,
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

/// Signs in.
///
/// # Errors
/// The provider, the store, the listener or the person says no, or none of them says anything in time. Nothing that was stored before is lost.
pub fn login(mut input: Input, config: &mut Config, parts: &Parts<'_>) -> Result<()> {
    let provider = Provider::of_settings(parts.http, &input.profile.settings)?;
    if provider.endpoints.jwks.is_none() {
        parts.terminal.warning("no keys of the provider are known, so only the connection to its token endpoint vouches for the ID token");
    }
    probe(parts.store, &account(&input.profile))?;
    config.probe(&input.profile)?;
    if let Some(caution) = parts.caution {
        parts.terminal.warning(caution);
    }
    let client = the_client(&mut input, &provider, parts)?;
    let mut loopback = Loopback::bind(input.profile.settings.redirect_uri.as_ref())?;
    let wishes = Wishes { scope: input.profile.scope(), parameters: std::mem::take(&mut input.parameters) };
    let request = provider.authorization_request(&client.id, loopback.redirect_uri().clone(), &wishes);
    let arrival = thread::scope(|scope| {
        // The keys come while the person types.
        let keys = scope.spawn(|| provider.prefetch_keys());
        let arrival = wait(&input, &mut loopback, &request, parts);
        // Joined here, or its failure, even a panic, would be the login's: keys that did not come are fetched when they are needed.
        let _ = keys.join();
        arrival
    });
    let Arrival { response, browser } = arrival?;
    drop(loopback);
    let outcome = finish(&input, config, &request, &response, &provider, &client, parts);
    match &outcome {
        Ok((set, _)) => browser.show(&Page::SignedIn {
            name: set.identity.display_name(),
            account: set.identity.account_name(),
            provider: &set.issuer,
            client: &set.client_id,
        }),
        Err(error) => browser.show(&Page::Failed {
            reason: error.sentence(),
            advice: error.hint_text().unwrap_or("go back to the terminal, and try again with `kclogin login`"),
        }),
    }
    let (set, name) = outcome?;
    say_who(&set, input.introduce.then_some(&name), config, parts.terminal);
    Ok(())
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

/// Sends the person to the login page and waits for what comes back.
fn wait(input: &Input, loopback: &mut Loopback, request: &AuthorizationRequest, parts: &Parts<'_>) -> Result<Arrival> {
    let terminal = parts.terminal;
    let (mut launch, mut start) = show_login_page(input, request, parts).unzip();
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
            let left = format!("{}:{:02} left", seconds / 60, seconds % 60);
            terminal.progress(Line::new().plain("Waiting for the sign-in in the browser ... ").strong(left).dim(" (Ctrl-C to stop)"));
        }
    };
    let arrival = loopback.wait(request, start.as_mut(), Instant::now() + input.timeout, &mut tick);
    terminal.clear_progress();
    arrival?.map_err(|nothing| timed_out(input, request, &nothing))
}

/// Opens the browser at a start page, which knows it again when it comes back. Where no browser can be opened, the address of the login page itself is
/// printed: it is in no list of processes then, and may have to be opened where this machine's start page can't be reached.
fn show_login_page(input: &Input, request: &AuthorizationRequest, parts: &Parts<'_>) -> Option<(Launch, Start)> {
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
        let because = why_not.map_or_else(String::new, |why| format!(" ({why})"));
        terminal.prompt(Line::new().plain("To sign in to ").strong(to).plain(format!(", open this address in a browser on this machine{because}:")));
        terminal.prompt(address(&request.url));
    }
    if !terminal.shows_progress() {
        terminal.status(format!("Waiting for the sign-in in the browser, for {} at most.", lasting(input.timeout)));
    }
    launch.map(|launch| (launch, start))
}

fn timed_out(input: &Input, request: &AuthorizationRequest, nothing: &NoArrival) -> Error {
    let error = Error::failed(format!("nobody signed in within {}", lasting(input.timeout)));
    if let Some(rejected) = &nothing.rejected {
        return error.hint(format!("something came to the redirect URI that was not the provider's answer: {}", rejected.sentence()));
    }
    let (client, uri) = (&input.profile.settings.client_id, &request.redirect_uri);
    let registered = if input.profile.settings.redirect_uri.is_some() { uri.to_string() } else { "http://127.0.0.1/callback".to_owned() };
    error.hint(format!(
        "if the browser shows `Invalid parameter: redirect_uri`, allow {registered} for the client `{client}` at the provider; if it shows `Client not \
         found`, look at the client ID"
    ))
}

/// From the provider's answer to the stored token set.
fn finish(
    input: &Input,
    config: &mut Config,
    request: &AuthorizationRequest,
    response: &AuthorizationResponse,
    provider: &Provider<'_>,
    client: &Client,
    parts: &Parts<'_>,
) -> Result<(TokenSet, String)> {
    let code = match response {
        AuthorizationResponse::Code(code) => code,
        AuthorizationResponse::Refused { error, description } => return Err(refused(error, description.as_deref(), &input.profile.scope())),
    };
    let now = parts.clock.now();
    let tokens = provider.exchange(client, request, code, now)?;
    let id_token = tokens.id_token.ok_or_else(|| Error::failed("the provider gave no ID token, so it is not known who signed in"))?;
    let checks = IdTokenChecks {
        client_id: &client.id,
        nonce: Some(&request.nonce),
        access_token: &tokens.access_token,
        now: parts.clock.now(),
        signature: true,
    };
    let verified = provider.verify_id_token(&id_token, &checks)?;
    let set = TokenSet {
        issuer: verified.issuer,
        client_id: client.id.clone(),
        identity: verified.identity,
        access_token: tokens.access_token,
        expiry: tokens.expiry,
        refresh_token: tokens.refresh_token,
        refresh_expiry: tokens.refresh_expiry,
        id_token,
        scope: tokens.scope.unwrap_or_else(|| input.profile.scope()),
        endpoints: provider.endpoints.clone(),
        client_authentication: client.authentication,
        obtained: now,
        derived: Vec::new(),
    };
    let mut profile = input.profile.clone();
    // Where an imported file named no issuer, this is the one from now on.
    profile.settings.issuer.get_or_insert_with(|| set.issuer.clone());
    let account = account(&profile);
    // A secret that came with an import is kept under what stood for the issuer until it was known.
    let has_moved = account != session::account(&input.profile);
    let is_elsewhere = has_moved || parts.former.is_some();
    // Under the lock, or a refresh that is under way for the session before this one would store its result over this one. If it can't be had, having
    // signed in matters more.
    let lock = refresh_lock::take(parts.state_dir, &profile.name);
    if parts.former.is_some() {
        announce(&profile, config)?;
    }
    if let Some(secret) = input.client_secret.as_ref().or(client.secret.as_ref().filter(|_| is_elsewhere)) {
        parts.store.save(&account.client_secret(), &Secret::new(secret.expose().clone().into_bytes()))?;
    }
    parts.store.save(&account, &set.to_stored())?;
    let written = config.profile(&profile.name);
    let is_new = written.is_none();
    profile.settings.uncleared_stores = written.map(|written| written.settings.uncleared_stores).unwrap_or_default();
    if let Some(former) = &parts.former {
        leave(&mut profile.settings, &former.name);
    }
    config.put(&profile).inspect_err(|_| {
        if is_new {
            // Where no profile says where it is, nobody would find the session again.
            let _ = parts.store.delete(&account);
            let _ = parts.store.delete(&account.client_secret());
        }
    })?;
    if has_moved {
        parts.store.delete(&session::account(&input.profile).client_secret())?;
    }
    drop(lock);
    Ok((set, profile.name))
}

/// What the provider's refusal means to the person (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
fn refused(error: &str, description: Option<&str>, scope: &[String]) -> Error {
    let said = in_words(error, description);
    match error {
        "access_denied" => Error::failed("the sign-in was denied at the provider"),
        "invalid_scope" => Error::failed(format!("the provider does not know one of the scopes `{}`: {said}", scope.join(" ")))
            .hint("choose others with `--scope`, or add them to the client at the provider"),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            Error::failed(format!("the provider needs the person, and was asked not to: {said}")).hint("leave out `--prompt none`")
        }
        "temporarily_unavailable" | "server_error" => {
            Error::new(ErrorKind::ProviderUnreachable, format!("the provider is in trouble: {said}")).hint("try again later")
        }
        _ => Error::failed(format!("the provider refused the sign-in: {said}")),
    }
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
