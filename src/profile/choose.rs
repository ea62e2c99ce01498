//! Which profile a call means: option before environment before configuration. What a chosen profile is used for is left to the commands.

use url::Url;

use super::config_file::Config;
use super::login_method::LoginMethod;
use super::{DEFAULT_CLIENT_ID, ExplicitEndpoints, Profile, Settings, check_name, suggest_name};
use crate::error::{Error, Result};
use crate::oidc::endpoints::{parse_url, require_secure};

/// What a call says about the provider and the client. Environment variables are kept apart from options, because a profile that is named by an option
/// means that profile's issuer, whatever the environment says.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The profile's name, from `--profile` or `KCLOGIN_PROFILE`.
    pub name: Option<String>,
    /// Whether the name was given as an option.
    pub named_by_option: bool,
    /// `--issuer`, or `--server` and `--realm`.
    pub issuer: Option<String>,
    /// `--client-id`
    pub client_id: Option<String>,
    /// `KCLOGIN_ISSUER`
    pub environment_issuer: Option<String>,
    /// `KCLOGIN_CLIENT_ID`
    pub environment_client_id: Option<String>,
    /// The settings that a login may change, where they are given: scopes, redirect URI, the way to sign in, CA file, store and endpoints.
    pub changes: Changes,
}

/// Settings that a login may change in its profile.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// `--scope` or `KCLOGIN_SCOPE`
    pub scope: Option<Vec<String>>,
    /// `--redirect-uri`; nothing in it for a free port again
    pub redirect_uri: Option<Option<Url>>,
    /// `--device`, or another option that only one way to sign in has
    pub login_method: Option<LoginMethod>,
    /// `--pushed-authorization-requests`
    pub pushed_authorization_requests: Option<bool>,
    /// `--dpop`
    pub dpop: Option<bool>,
    /// `--ca-file`, made absolute
    pub ca_file: Option<std::path::PathBuf>,
    /// `--client-certificate`, made absolute
    pub client_certificate: Option<std::path::PathBuf>,
    /// `--client-key`, made absolute
    pub client_key: Option<std::path::PathBuf>,
    /// `--store` or `KCLOGIN_STORE`
    pub store: Option<String>,
    /// The endpoint options.
    pub endpoints: ExplicitEndpoints,
}

impl Wanted {
    fn issuer(&self, profile_exists: bool) -> Option<&str> {
        let environment = self.environment_issuer.as_deref().filter(|_| !(self.named_by_option && profile_exists));
        self.issuer.as_deref().or(environment)
    }

    fn client_id(&self, profile_exists: bool) -> Option<&str> {
        let environment = self.environment_client_id.as_deref().filter(|_| !(self.named_by_option && profile_exists));
        self.client_id.as_deref().or(environment)
    }

    /// Whether a profile is what the issuer and client that were given describe.
    fn fits(&self, profile: &Profile) -> bool {
        let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none_or(|wanted| has == Some(wanted));
        is(self.issuer(true), profile.settings.issuer.as_deref()) && is(self.client_id(true), Some(&profile.settings.client_id))
    }

    fn require_fit(&self, profile: Profile) -> Result<Profile> {
        if self.fits(&profile) {
            return Ok(profile);
        }
        let (name, client) = (&profile.name, &profile.settings.client_id);
        // A session belongs to one issuer and client. Bending a profile to another would leave it behind, or worse, send it there.
        Err(Error::usage(format!("the profile `{name}` is for {} and the client `{client}`, not for what was given", profile.provider()))
            .hint(format!("use another name (`--profile NAME`), or remove this profile first (`kclogin profile remove {name}`)")))
    }
}

/// The profile that a command other than login means.
///
/// # Errors
/// There is none, or it is not clear which.
pub fn choose(config: &Config, wanted: &Wanted) -> Result<Profile> {
    if let Some(name) = &wanted.name {
        return wanted.require_fit(named(config, name)?);
    }
    if let Some(issuer) = wanted.issuer(false).or(wanted.client_id(false)) {
        let fitting: Vec<Profile> = config.profiles().filter(|profile| wanted.fits(profile)).collect();
        let default = fitting.iter().position(|profile| config.default_name() == Some(&profile.name)).unwrap_or(0);
        if fitting.len() > 1 && config.default_name() != Some(&fitting[default].name) {
            return Err(several(&fitting));
        }
        return fitting.into_iter().nth(default).ok_or_else(|| {
            Error::login_required(format!("not logged in: no profile is for {issuer}"))
                .hint(format!("sign in with `kclogin login --issuer {issuer}`"))
        });
    }
    if let Some(profile) = config.default_name().and_then(|name| config.profile(name)) {
        return Ok(profile);
    }
    let all: Vec<Profile> = config.profiles().collect();
    if all.is_empty() {
        return Err(
            Error::login_required("not logged in: no profile is set up yet").hint("sign in with `kclogin login --issuer https://HOST/realms/NAME`")
        );
    }
    Err(several(&all))
}

/// The profile a login is for: one that exists, with the changes that were given, or a new one. Nothing is written: that is for after the login.
///
/// # Errors
/// It is not clear where to sign in, or what was given contradicts the profile.
pub fn choose_for_login(config: &Config, wanted: &Wanted) -> Result<Profile> {
    let existing = match &wanted.name {
        Some(name) => config.profile(name).map(|profile| wanted.require_fit(profile)).transpose()?,
        None if wanted.issuer(false).is_some() || wanted.client_id(false).is_some() => {
            let fitting: Vec<Profile> = config.profiles().filter(|profile| wanted.fits(profile)).collect();
            match config.default_name().and_then(|default| fitting.iter().find(|profile| profile.name == default)) {
                Some(default) => Some(default.clone()),
                None if fitting.len() > 1 => return Err(several(&fitting)),
                None => fitting.into_iter().next(),
            }
        }
        // Endpoints alone describe a new provider.
        None if wanted.changes.endpoints.complete().is_some() => None,
        None => match choose(config, wanted) {
            Ok(profile) => Some(profile),
            Err(_) if config.profiles().next().is_none() => None,
            Err(error) => return Err(error),
        },
    };
    let mut profile = match existing {
        Some(profile) => profile,
        None => new_profile(config, wanted)?,
    };
    apply(&wanted.changes, &mut profile.settings);
    check(&profile.settings)?;
    Ok(profile)
}

/// The profile whose token may be sent to a site, as [`parse_site`](super::site::parse_site) writes it; `None` where no profile's may. One that was
/// named has to allow it too.
///
/// # Errors
/// Several profiles allow it, and none was named.
pub fn choose_for_site(config: &Config, wanted: &Wanted, site: &str) -> Result<Option<Profile>> {
    let allows = |profile: &Profile| profile.settings.sites.iter().any(|allowed| allowed == site);
    if let Some(name) = &wanted.name {
        return Ok(Some(named(config, name)?).filter(allows));
    }
    let mut allowing: Vec<Profile> = config.profiles().filter(allows).collect();
    match allowing.len() {
        0 | 1 => Ok(allowing.pop()),
        _ => Err(several(&allowing)),
    }
}

/// The profile of a name.
///
/// # Errors
/// There is none; the hint names the nearest.
pub fn named(config: &Config, name: &str) -> Result<Profile> {
    check_name(name)?;
    config.profile(name).ok_or_else(|| {
        let error = Error::usage(format!("there is no profile called `{name}`"));
        let nearest = config.profiles().map(|profile| (strsim::damerau_levenshtein(&profile.name, name), profile.name)).min();
        match nearest {
            Some((distance, nearest)) if distance <= 1 + name.len() / 3 => error.hint(format!("did you mean `{nearest}`?")),
            Some(_) => error.hint("`kclogin profile list` shows those there are"),
            None => error.hint(format!("make it by signing in: `kclogin login --profile {name} --issuer https://HOST/realms/NAME`")),
        }
    })
}

fn several(profiles: &[Profile]) -> Error {
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    Error::usage(format!("it is not clear which profile is meant: {}", names.join(", ")))
        .hint("name one with `--profile NAME`, or choose a default with `kclogin profile use NAME`")
}

fn new_profile(config: &Config, wanted: &Wanted) -> Result<Profile> {
    let issuer = wanted.issuer(false).map(str::to_owned);
    let endpoint = wanted.changes.endpoints.authorization_endpoint.as_ref().map(Url::as_str);
    let Some(provider) = issuer.as_deref().or(endpoint) else {
        if let Some(name) = &wanted.name {
            return named(config, name);
        }
        return Err(Error::usage("it is not known where to sign in").hint("name the provider: `kclogin login --issuer https://HOST/realms/NAME`"));
    };
    let name = wanted.name.clone().unwrap_or_else(|| suggest_name(provider, |name| config.profile(name).is_some()));
    check_name(&name)?;
    let client_id = wanted.client_id(false).unwrap_or(DEFAULT_CLIENT_ID).to_owned();
    Ok(Profile { name, settings: Settings { issuer, client_id, ..Settings::default() } })
}

fn apply(changes: &Changes, settings: &mut Settings) {
    fn replace<T: Clone>(slot: &mut Option<T>, given: &Option<T>) {
        if given.is_some() {
            slot.clone_from(given);
        }
    }
    replace(&mut settings.scope, &changes.scope);
    if let Some(given) = &changes.redirect_uri {
        settings.redirect_uri.clone_from(given);
    }
    replace(&mut settings.login_method, &changes.login_method);
    settings.pushed_authorization_requests = changes.pushed_authorization_requests.unwrap_or(settings.pushed_authorization_requests);
    settings.dpop = changes.dpop.unwrap_or(settings.dpop);
    replace(&mut settings.ca_file, &changes.ca_file);
    if changes.client_certificate.is_some() {
        // A new certificate's key is beside it, or in it: never that of the one before.
        settings.client_certificate.clone_from(&changes.client_certificate);
        settings.client_key.clone_from(&changes.client_key);
    }
    replace(&mut settings.store, &changes.store);
    replace(&mut settings.endpoints.authorization_endpoint, &changes.endpoints.authorization_endpoint);
    replace(&mut settings.endpoints.token_endpoint, &changes.endpoints.token_endpoint);
    replace(&mut settings.endpoints.userinfo_endpoint, &changes.endpoints.userinfo_endpoint);
    replace(&mut settings.endpoints.jwks_uri, &changes.endpoints.jwks_uri);
    replace(&mut settings.endpoints.end_session_endpoint, &changes.endpoints.end_session_endpoint);
    replace(&mut settings.endpoints.revocation_endpoint, &changes.endpoints.revocation_endpoint);
    replace(&mut settings.endpoints.device_authorization_endpoint, &changes.endpoints.device_authorization_endpoint);
    replace(&mut settings.endpoints.pushed_authorization_request_endpoint, &changes.endpoints.pushed_authorization_request_endpoint);
}

fn check(settings: &Settings) -> Result<()> {
    if let Some(issuer) = &settings.issuer {
        let url = parse_url("issuer", issuer)?;
        require_secure("issuer", &url)?;
        // OpenID Connect Discovery 1.0 section 3: an issuer has no query or fragment.
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::usage(format!("the issuer `{issuer}` has a query or a fragment")));
        }
    }
    settings.endpoints.complete().map_or(Ok(()), |endpoints| endpoints.require_secure())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(profiles: &[(&str, &str, &str)], default: Option<&str>) -> (tempfile::TempDir, Config) {
        let dir = tempfile::tempdir().expect("a directory");
        let mut text = default.map(|name| format!("default-profile = \"{name}\"\n")).unwrap_or_default();
        for (name, issuer, client) in profiles {
            text.push_str(&format!("[profile.{name}]\nissuer = \"{issuer}\"\nclient-id = \"{client}\"\n"));
        }
        std::fs::write(dir.path().join("config.toml"), text).expect("written");
        let config = Config::read(Some(dir.path())).expect("a configuration");
        (dir, config)
    }

    fn wanted(name: Option<&str>, issuer: Option<&str>) -> Wanted {
        Wanted { name: name.map(str::to_owned), named_by_option: true, issuer: issuer.map(str::to_owned), ..Wanted::default() }
    }

    const TWO: [(&str, &str, &str); 2] = [("work", "https://a.example", "kclogin"), ("home", "https://b.example", "kclogin")];

    #[test]
    fn a_name_wins_then_an_issuer_then_the_default() {
        let (_dir, config) = config(&TWO, Some("work"));
        let chosen = |wanted: &Wanted| choose(&config, wanted).map(|profile| profile.name);
        assert_eq!(chosen(&wanted(None, None)), Ok("work".to_owned()));
        assert_eq!(chosen(&wanted(Some("home"), None)), Ok("home".to_owned()));
        assert_eq!(chosen(&wanted(None, Some("https://b.example"))), Ok("home".to_owned()));
        assert_eq!(chosen(&wanted(Some("home"), Some("https://a.example"))).expect_err("they contradict").kind(), crate::error::ErrorKind::Usage);
        let environment = Wanted { environment_issuer: Some("https://b.example".to_owned()), ..wanted(Some("work"), None) };
        assert_eq!(chosen(&environment), Ok("work".to_owned()), "an option beats the environment");
    }

    #[test]
    fn a_missing_profile_names_the_nearest() {
        let (_dir, config) = config(&TWO, None);
        let error = named(&config, "wrok").expect_err("missing");
        assert_eq!(error.hint_text(), Some("did you mean `work`?"));
        assert_eq!(choose(&config, &wanted(None, None)).expect_err("unclear").sentence(), "it is not clear which profile is meant: home, work");
    }

    #[test]
    fn a_login_reuses_the_profile_of_its_issuer_or_makes_one() {
        let (_dir, config) = config(&TWO, Some("work"));
        let chosen = |wanted: &Wanted| choose_for_login(&config, wanted);
        assert_eq!(chosen(&wanted(None, Some("https://b.example"))).expect("a profile").name, "home");
        let new = chosen(&wanted(None, Some("https://c.example/realms/lab"))).expect("a profile");
        assert_eq!((new.name.as_str(), new.settings.client_id.as_str()), ("lab", "kclogin"));
        assert!(chosen(&wanted(Some("work"), Some("https://c.example"))).is_err(), "a session never crosses to another issuer");
        let changes = Changes { scope: Some(vec!["openid".to_owned()]), ..Changes::default() };
        let changed = chosen(&Wanted { changes, ..Wanted::default() }).expect("a profile");
        assert_eq!((changed.name.as_str(), changed.settings.scope), ("work", Some(vec!["openid".to_owned()])));
    }

    #[test]
    fn without_any_profile_a_login_needs_a_provider_and_others_need_a_login() {
        let (_dir, config) = config(&[], None);
        assert_eq!(choose_for_login(&config, &Wanted::default()).expect_err("nowhere").kind(), crate::error::ErrorKind::Usage);
        assert_eq!(choose(&config, &Wanted::default()).expect_err("nothing").kind(), crate::error::ErrorKind::LoginRequired);
        assert!(
            choose_for_login(&config, &wanted(None, Some("http://kc.example/realms/a"))).expect_err("plain http").sentence().contains("plain http")
        );
    }
}
