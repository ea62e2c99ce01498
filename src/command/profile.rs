//! `kclogin profile`: the profiles there are, which one is the default, removing one, and making one out of another program's file.

use crate::error::{Error, Result};
use crate::leftover::Leftovers;
use crate::profile::choose::named;
use crate::profile::config_file::Config;
use crate::profile::site::parse_site;
use crate::profile::{Profile, check_name, import, suggest_name};
use crate::secret::Secret;
use crate::session::{account, load};
use crate::terminal::{Line, Terminal};
use crate::token_store::{StoreName, TokenStore};

/// Opens the store a profile uses. A keyring that is locked must not keep people from looking at their profiles.
pub type OpenStore<'a> = &'a dyn Fn(&Profile) -> Result<Box<dyn TokenStore>>;

/// Lists the names of the profiles, for completions.
///
/// # Errors
/// stdout can't be written to.
pub fn names(config: &Config, terminal: &Terminal) -> Result<()> {
    config.profiles().try_for_each(|profile| terminal.result(profile.name))
}

/// Lists the profiles with who is signed in, the default one marked.
///
/// # Errors
/// stdout can't be written to.
pub fn list(config: &Config, open: OpenStore<'_>, terminal: &Terminal) -> Result<()> {
    let profiles: Vec<(Profile, String)> =
        config.profiles().map(|profile| (signed_in(&profile, open), profile)).map(|(who, profile)| (profile, who)).collect();
    if profiles.is_empty() {
        terminal.status("There are no profiles yet; the first `kclogin login --issuer URL` makes one.");
    }
    let width = |text: fn(&(Profile, String)) -> &str| profiles.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (names, users) = (width(|(profile, _)| &profile.name), width(|(_, who)| who));
    for (profile, who) in &profiles {
        let is_default = config.default_name() == Some(&profile.name);
        let name = format!("{:<names$}", profile.name);
        let line = if is_default { Line::new().good("* ").strong(name) } else { Line::new().plain("  ").plain(name) };
        let client = format!("  (client {})", profile.settings.client_id);
        terminal.result(line.plain(format!("  {who:<users$}  ")).plain(profile.provider()).dim(client))?;
    }
    Ok(())
}

fn signed_in(profile: &Profile, open: OpenStore<'_>) -> String {
    match open(profile).and_then(|store| load(store.as_ref(), profile)) {
        Ok(Some(set)) => set.identity.account_name().to_owned(),
        Ok(None) => "-".to_owned(),
        Err(_) => "?".to_owned(),
    }
}

/// Shows one profile as it is written down; `store` describes its token store.
///
/// # Errors
/// stdout can't be written to.
pub fn show(profile: &Profile, store: &str, config: &Config, terminal: &Terminal) -> Result<()> {
    let (settings, endpoints) = (&profile.settings, &profile.settings.endpoints);
    let mut title = Line::new().strong(&profile.name);
    if config.default_name() == Some(&profile.name) {
        title = title.dim(" (default)");
    }
    terminal.result(title)?;
    let authentication = settings.client_authentication.map(|method| method.to_string());
    let rows = [
        ("Issuer", settings.issuer.clone()),
        ("Client", Some(settings.client_id.clone())),
        ("Secret", authentication.map(|method| format!("in the token store, sent by {method}"))),
        ("Scope", Some(profile.scope().join(" "))),
        ("Login", settings.login_method.map(|method| method.in_words().to_owned())),
        ("Requests", settings.pushed_authorization_requests.then(|| "pushed before the browser opens".to_owned())),
        ("Tokens", settings.dpop.then(|| "bound to a key (DPoP)".to_owned())),
        ("Redirect", settings.redirect_uri.as_ref().map(ToString::to_string)),
        ("CA file", settings.ca_file.as_ref().map(|path| path.display().to_string())),
        ("Shows", settings.client_certificate.as_ref().map(|path| format!("the certificate {}", path.display()))),
        ("Key file", settings.client_key.as_ref().map(|path| path.display().to_string())),
        ("Store", Some(store.to_owned())),
        ("Sites", Some(settings.sites.join(", ")).filter(|sites| !sites.is_empty())),
        ("Docker", settings.docker_username.as_ref().map(|name| format!("as the user {name}"))),
        (
            "Left in",
            Some(settings.uncleared_stores.join(", ")).filter(|stores| !stores.is_empty()).map(|stores| stores + ", until it can be cleared"),
        ),
        ("Sign-in", endpoints.authorization_endpoint.as_ref().map(ToString::to_string)),
        ("Token", endpoints.token_endpoint.as_ref().map(ToString::to_string)),
        ("UserInfo", endpoints.userinfo_endpoint.as_ref().map(ToString::to_string)),
        ("Keys", endpoints.jwks_uri.as_ref().map(ToString::to_string)),
        ("Logout", endpoints.end_session_endpoint.as_ref().map(ToString::to_string)),
        ("Revoke", endpoints.revocation_endpoint.as_ref().map(ToString::to_string)),
        ("Device", endpoints.device_authorization_endpoint.as_ref().map(ToString::to_string)),
        ("Push", endpoints.pushed_authorization_request_endpoint.as_ref().map(ToString::to_string)),
    ];
    rows.into_iter().filter_map(|(term, value)| Some((term, value?))).try_for_each(|(term, value)| terminal.result(Line::row(term, value.into())))
}

/// Lets programs that ask by a site's name send the profile's token there, or no longer.
///
/// # Errors
/// It is no site, or the configuration can't be written.
pub fn allow(profile: &Profile, site: &str, is_allowed: bool, config: &mut Config, terminal: &Terminal) -> Result<()> {
    let site = parse_site(site)?;
    config.allow_site(&profile.name, &site, is_allowed)?;
    let may = if is_allowed { "may now" } else { "may not" };
    terminal.status(
        Line::new().plain("Programs ").plain(may).plain(" send the token of the profile ").strong(&profile.name).plain(format!(" to {site}.")),
    );
    Ok(())
}

/// Makes a profile the default.
///
/// # Errors
/// There is none of that name, or the configuration can't be written.
pub fn choose_default(name: &str, config: &mut Config, terminal: &Terminal) -> Result<()> {
    let profile = named(config, name)?;
    config.set_default(name)?;
    terminal.status(Line::new().plain("The default profile is now ").strong(name).plain(format!(" ({}).", profile.provider())));
    Ok(())
}

/// Removes a profile with its client secret. One that is signed in is only removed when forced, its session with it.
///
/// # Errors
/// There is none of that name, it is signed in, its store or one that it has left fails, or the configuration can't be written.
pub fn remove(name: &str, force: bool, config: &mut Config, open: OpenStore<'_>, leftovers: &Leftovers<'_>, terminal: &Terminal) -> Result<()> {
    let profile = named(config, name)?;
    let store = open(&profile)?;
    let account = account(&profile);
    let kept = match store.load(&account) {
        // Forcing means what can't be read as well, such as parts of which some are lost.
        Err(error) if !force => return Err(error),
        kept => kept,
    };
    if !matches!(kept, Ok(None)) {
        let who = load(store.as_ref(), &profile).ok().flatten().map_or_else(|| "somebody".to_owned(), |set| set.identity.account_name().to_owned());
        if !force {
            return Err(Error::failed(format!("the profile `{name}` is signed in as {who}, so it was not removed"))
                .hint(format!("sign out first with `kclogin logout --profile {name}`, or forget the session with `--force`")));
        }
        store.delete(&account)?;
        terminal.warning(format!("the session of {who} was removed here; at the provider it lives on until it expires"));
    }
    match leftovers.clear(name, config) {
        Err(error) if force => terminal.warning(error.sentence()),
        // With the profile would go the only word of where that is.
        Err(error) => {
            let hint = error.hint_text().map_or_else(String::new, |hint| format!("{hint}; "));
            return Err(error.hint(format!("{hint}`--force` removes the profile all the same")));
        }
        Ok(()) => {}
    }
    store.delete(&account.client_secret())?;
    store.delete(&account.service_account())?;
    config.remove(name)?;
    terminal.status(format!("Removed the profile `{name}`."));
    Ok(())
}

/// Makes a profile out of a `keycloak.json` or a `client_secrets.json`, its secret going to the token store.
///
/// # Errors
/// The file is neither, the name is taken, or the store or the configuration can't be written to.
pub fn import_file(
    text: &str,
    name: Option<&str>,
    store: Option<String>,
    config: &mut Config,
    open: OpenStore<'_>,
    terminal: &Terminal,
) -> Result<()> {
    let mut imported = import::import(text)?;
    let caution = StoreName::of_setting(store.as_deref())?.caution();
    imported.settings.store = store;
    let mut profile = Profile { name: String::new(), settings: imported.settings };
    profile.name = name.map_or_else(|| suggest_name(profile.provider(), |name| config.profile(name).is_some()), str::to_owned);
    check_name(&profile.name)?;
    if config.profile(&profile.name).is_some() {
        return Err(Error::usage(format!("there is already a profile called `{}`", profile.name)).hint("choose another name with `--profile NAME`"));
    }
    let same = |other: &Profile| other.provider() == profile.provider() && other.settings.client_id == profile.settings.client_id;
    if let (None, Some(twin)) = (name, config.profiles().find(same)) {
        return Err(Error::usage(format!("this client is already the profile `{}`", twin.name))
            .hint("for another account with the same client, name a second profile with `--profile NAME`"));
    }
    if let Some(secret) = imported.client_secret {
        open(&profile)?.save(&account(&profile).client_secret(), &Secret::new(secret.expose().clone().into_bytes()))?;
    }
    config.put(&profile)?;
    terminal.status(
        Line::new().plain("Imported the client ").strong(&profile.settings.client_id).plain(" as the profile ").strong(&profile.name).plain("."),
    );
    if let Some(caution) = caution {
        terminal.warning(caution);
    }
    for remark in imported.remarks {
        terminal.status(format!("Note: {remark}."));
    }
    terminal.status(format!("Sign in with `kclogin login --profile {}`.", profile.name));
    Ok(())
}
