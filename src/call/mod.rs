//! What a call says: from clap's types, the environment and stdin to what the commands are handed; and what of the host they are handed with it. The
//! commands that want a token their own way have a file each.

pub(crate) mod curl;
pub(crate) mod docker_credential;
pub(crate) mod doctor;
pub(crate) mod git_credential;
pub(crate) mod inspect;
pub(crate) mod kubectl;
pub(crate) mod tokens;

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Colour, Doctor, Global, Login, ProviderAndClient};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::oidc::endpoints::parse_url;
use crate::oidc::http::{Http, Settings as HttpSettings};
use crate::profile::choose::{Changes, Wanted, choose};
use crate::profile::config_file::Config;
use crate::profile::login_method::LoginMethod;
use crate::profile::{ExplicitEndpoints, Profile};
use crate::secret::Secret;
use crate::terminal::{ColourPolicy, Verbosity};
use crate::token_store::StoreName;

/// The largest client secret or imported file that is read, in bytes.
const INPUT_LIMIT: u64 = 64 * 1024;

pub(crate) fn colour_policy(colour: Colour) -> ColourPolicy {
    match colour {
        Colour::Auto => ColourPolicy::Auto,
        Colour::Always => ColourPolicy::Always,
        Colour::Never => ColourPolicy::Never,
    }
}

pub(crate) fn verbosity(global: &Global) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// The configuration of this machine's person.
pub(crate) fn config(host: &Host) -> Result<Config> {
    Config::read(host.environment.config_dir().as_deref())
}

/// The profile that a command other than login means.
pub(crate) fn profile(global: &Global, host: &Host) -> Result<Profile> {
    choose(&config(host)?, &wanted(global, None, &host.environment)?)
}

/// The client's secret from the environment, which goes before the stored one.
pub(crate) fn environment_secret(environment: &Environment) -> Option<Secret<String>> {
    environment.get("KCLOGIN_CLIENT_SECRET").map(Secret::from)
}

/// Gives `command` the way to a profile's provider. `limit` is the longest that its requests may take together.
pub(crate) fn with_http<T>(profile: &Profile, host: &Host, limit: Option<Duration>, command: impl FnOnce(&Http<'_>) -> Result<T>) -> Result<T> {
    let terminal = &host.terminal;
    let trace = |text| terminal.trace(text);
    let mut settings = HttpSettings::new(&host.environment, &profile.settings);
    settings.limit = limit;
    command(&Http::new(settings, &trace))
}

/// The store: option, then environment, then profile, then the keyring.
pub(crate) fn store_name(global: &Global, profile: &Profile, environment: &Environment) -> Result<StoreName> {
    let chosen = global.store.as_deref().or_else(|| environment.get("KCLOGIN_STORE")).or(profile.settings.store.as_deref());
    StoreName::of_setting(chosen)
}

/// The store that the call or the environment names, to be written down in the profile.
pub(crate) fn store_setting(global: &Global, environment: &Environment) -> Option<String> {
    global.store.clone().or_else(|| environment.get("KCLOGIN_STORE").map(str::to_owned))
}

/// What a login, or what looks into one, says about the profile.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    at: &'a ProviderAndClient,
    redirect_uri: Option<&'a str>,
    login_method: Option<LoginMethod>,
}

impl<'a> From<&'a Login> for Given<'a> {
    fn from(login: &'a Login) -> Self {
        Self { at: &login.at, redirect_uri: login.redirect_uri.as_deref(), login_method: login_method(login) }
    }
}

impl<'a> From<&'a Doctor> for Given<'a> {
    fn from(doctor: &'a Doctor) -> Self {
        Self { at: &doctor.at, redirect_uri: doctor.redirect_uri.as_deref(), login_method: None }
    }
}

/// What the call and the environment say about the profile.
pub(crate) fn wanted(global: &Global, given: Option<Given<'_>>, environment: &Environment) -> Result<Wanted> {
    let variable = |name: &str| environment.get(name).map(str::to_owned);
    let mut wanted = Wanted {
        named_by_option: global.profile.is_some(),
        name: global.profile.clone().or_else(|| variable("KCLOGIN_PROFILE")),
        environment_issuer: variable("KCLOGIN_ISSUER"),
        environment_client_id: variable("KCLOGIN_CLIENT_ID"),
        ..Wanted::default()
    };
    let Some(Given { at, redirect_uri, login_method }) = given else { return Ok(wanted) };
    wanted.issuer = match (&at.issuer, &at.server, &at.realm) {
        (None, Some(server), Some(realm)) => Some(realm_issuer(server, realm)?),
        (issuer, ..) => issuer.clone(),
    };
    wanted.client_id = at.client_id.clone();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let scope: Vec<String> = at.scope.iter().flat_map(|text| words(text)).collect();
    let scope = if scope.is_empty() { environment.get("KCLOGIN_SCOPE").map(words) } else { Some(scope) };
    let url = |what: &str, text: &Option<String>| text.as_deref().map(|text| parse_url(what, text)).transpose();
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    wanted.changes = Changes {
        scope: scope.map(with_usual_scopes),
        redirect_uri: match redirect_uri {
            Some("default") => Some(None),
            given => given.map(|text| parse_url("redirect URI", text).map(Some)).transpose()?,
        },
        login_method,
        dpop: at.dpop,
        pushed_authorization_requests: at.pushed_authorization_requests,
        ca_file: at.ca_file.as_ref().map(absolute),
        client_certificate: at.client_certificate.as_ref().map(absolute),
        client_key: at.client_key.as_ref().map(absolute),
        store: store_setting(global, environment),
        endpoints: ExplicitEndpoints {
            authorization_endpoint: url("authorization endpoint", &at.authorization_endpoint)?,
            token_endpoint: url("token endpoint", &at.token_endpoint)?,
            userinfo_endpoint: url("UserInfo endpoint", &at.userinfo_endpoint)?,
            jwks_uri: url("key set's address", &at.jwks_uri)?,
            end_session_endpoint: url("end session endpoint", &at.end_session_endpoint)?,
            revocation_endpoint: None,
            device_authorization_endpoint: url("device authorization endpoint", &at.device_authorization_endpoint)?,
            pushed_authorization_request_endpoint: url("endpoint for pushed requests", &at.pushed_authorization_request_endpoint)?,
        },
    };
    Ok(wanted)
}

/// The way to sign in that the options ask for; a profile remembers it.
fn login_method(login: &Login) -> Option<LoginMethod> {
    match login {
        Login { device: true, .. } => Some(LoginMethod::Device),
        Login { paste: true, .. } => Some(LoginMethod::Paste),
        Login { browser: Some(_), .. } | Login { no_browser: true, .. } | Login { private: true, .. } => Some(LoginMethod::Browser),
        _ => None,
    }
}

/// `openid` is what makes it a sign-in, so it is always there.
fn with_usual_scopes(mut scope: Vec<String>) -> Vec<String> {
    if !scope.iter().any(|name| name == "openid") {
        scope.insert(0, "openid".to_owned());
    }
    scope
}

/// `SERVER/realms/NAME`, the name percent-encoded as Keycloak does.
fn realm_issuer(server: &str, realm: &str) -> Result<String> {
    let mut url = parse_url("server", server)?;
    url.path_segments_mut().map_err(|()| Error::usage("the server's URL can't have a path"))?.pop_if_empty().extend(["realms", realm]);
    Ok(url.into())
}

pub(crate) fn parameters(options: &Login) -> Result<Vec<(String, String)>> {
    let named = [
        ("prompt", options.prompt.clone()),
        ("login_hint", options.login_hint.clone()),
        ("kc_idp_hint", options.idp_hint.clone()),
        ("acr_values", options.acr_values.clone()),
        ("max_age", options.max_age.map(|age| age.as_secs().to_string())),
        ("kc_action", options.action.as_deref().map(plain_word).transpose()?),
    ];
    let mut parameters: Vec<(String, String)> = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    for text in &options.parameters {
        let (name, value) = text.split_once('=').ok_or_else(|| Error::usage(format!("`{text}` is not KEY=VALUE")))?;
        if is_ours(name) {
            return Err(Error::usage(format!("the parameter `{name}` is set by kclogin itself")));
        }
        parameters.push((name.to_owned(), value.to_owned()));
    }
    Ok(parameters)
}

/// An action by its name, which may have a further word after a colon.
fn plain_word(action: &str) -> Result<String> {
    if !action.is_empty() && action.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(action.to_owned());
    }
    Err(Error::usage(format!("`{action}` is not the name of an action")).hint("write it as Keycloak does, such as UPDATE_PASSWORD"))
}

/// The parameters that a login's safety rests on.
fn is_ours(name: &str) -> bool {
    let ours = ["response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"];
    ours.contains(&name) || matches!(name, "request" | "request_uri" | "client_secret" | "dpop_jkt")
}

/// The client secret from stdin where it is announced there, else from the environment; never from the arguments, which everybody can read.
pub(crate) fn client_secret(from_stdin: bool, environment: &Environment, stdin: &mut dyn Read) -> Result<Option<Secret<String>>> {
    if !from_stdin {
        return Ok(environment_secret(environment));
    }
    let text = read_limited(stdin).map(Secret::new).map_err(|error| Error::failed(format!("the client secret can't be read from stdin: {error}")))?;
    let secret = text.expose().trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(Error::usage("there is no client secret on stdin")) } else { Ok(Some(Secret::from(secret))) }
}

pub(crate) fn read_limited(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(INPUT_LIMIT).read_to_string(&mut text)?;
    Ok(text)
}
