//! `kclogin doctor`: from clap's types to what is looked at, with where each setting came from. What can't be had is no end of it but one of its lines.

use super::{client_secret, config, store_name, wanted};
use crate::browser::BrowserCommand;
use crate::cli::{Doctor, Global};
use crate::command;
use crate::command::doctor::{Input, Origin, Origins, Parts, Store};
use crate::environment::Environment;
use crate::error::Result;
use crate::exit::Exit;
use crate::host::Host;
use crate::oidc::http::{Http, Settings as HttpSettings};
use crate::profile::choose::{Wanted, choose_for_login};
use crate::profile::config_file::Config;
use crate::profile::{Profile, Settings};
use crate::token_store::StoreName;

pub(crate) fn doctor(options: &Doctor, global: &Global, host: &mut Host) -> Result<Exit> {
    let client_secret = client_secret(options.at.client_secret_stdin, &host.environment, &mut host.stdin)?;
    let (config, wanted) = (config(host), wanted(global, Some(options.into()), &host.environment));
    // With a file that can't be read the rest is still worth a look, if the call names a provider.
    let none = Config::default();
    let known = config.as_ref().unwrap_or(&none);
    let profile = wanted.as_ref().map_err(Clone::clone).and_then(|wanted| choose_for_login(known, wanted));
    let origins =
        profile.as_ref().ok().zip(wanted.as_ref().ok()).map(|(profile, wanted)| origins(options, global, known, wanted, profile, &host.environment));
    let endpoints = wanted.map(|wanted| wanted.changes.endpoints).unwrap_or_default();
    let store = store(profile.as_ref().ok(), global, host);
    let settings = profile.as_ref().map(|profile| profile.settings.clone()).unwrap_or_default();
    let input = Input {
        json: options.json,
        config_path: host.environment.config_dir().map(|dir| dir.join("config.toml")),
        config,
        profile,
        origins: origins.unwrap_or_else(|| Origins { browser: browser(options, &host.environment), ..Origins::default() }),
        endpoints,
        client_secret,
        browser: options.browser.as_deref().map(BrowserCommand::parse),
        private: options.private,
    };
    let terminal = &host.terminal;
    let trace = |text| terminal.trace(text);
    let http_settings = HttpSettings::new(&host.environment, &settings);
    let http = Http::new(http_settings.clone(), &trace);
    let surroundings = host.surroundings();
    let parts = Parts {
        http: &http,
        http_settings: &http_settings,
        store: &store,
        clock: &*host.clock,
        environment: &host.environment,
        surroundings: &surroundings,
        terminal: &host.terminal,
    };
    host.interrupt.watch();
    Ok(if command::doctor::doctor(&input, &parts)? { Exit::Done } else { Exit::Failed })
}

/// The store that a login would use, opened so that nobody is asked to unlock it.
fn store(profile: Option<&Profile>, global: &Global, host: &Host) -> Store {
    let nowhere = Profile { name: String::new(), settings: Settings::default() };
    let name = store_name(global, profile.unwrap_or(&nowhere), &host.environment);
    let opened = name.as_ref().map_err(Clone::clone).and_then(|name| host.stores.open_without_asking(name));
    let description = name.as_ref().map_or_else(|error| error.sentence().to_owned(), |name: &StoreName| host.stores.describe(name));
    Store { name, description, opened }
}

fn origins(options: &Doctor, global: &Global, config: &Config, wanted: &Wanted, profile: &Profile, environment: &Environment) -> Origins {
    let at = &options.at;
    let kept = config.profile(&profile.name).map(|profile| profile.settings);
    // As in `Wanted`: a profile that an option names means that profile's issuer and client, whatever the environment says.
    let by_name = wanted.named_by_option && kept.is_some();
    let origin = |option: Option<&'static str>, variable: Option<&'static str>, is_kept: fn(&Settings) -> bool| {
        let variable = variable.filter(|name| environment.get(name).is_some());
        let kept = kept.as_ref().is_some_and(is_kept).then_some(Origin::Profile);
        option.map(Origin::Option).or_else(|| variable.map(Origin::Variable)).or(kept).unwrap_or_default()
    };
    let given = |is_given: bool, name: &'static str| is_given.then_some(name);
    let issuer = given(at.issuer.is_some(), "--issuer").or(given(at.server.is_some(), "--server and --realm"));
    Origins {
        profile: origin(given(global.profile.is_some(), "--profile"), Some("KCLOGIN_PROFILE"), |_| false),
        issuer: origin(
            issuer.or(given(at.authorization_endpoint.is_some(), "--authorization-endpoint")),
            Some("KCLOGIN_ISSUER").filter(|_| !by_name),
            |_| true,
        ),
        client_id: origin(given(at.client_id.is_some(), "--client-id"), Some("KCLOGIN_CLIENT_ID").filter(|_| !by_name), |_| true),
        scope: origin(given(!at.scope.is_empty(), "--scope"), Some("KCLOGIN_SCOPE"), |settings| settings.scope.is_some()),
        redirect_uri: origin(given(options.redirect_uri.is_some(), "--redirect-uri"), None, |settings| settings.redirect_uri.is_some()),
        pushed: origin(given(at.pushed_authorization_requests.is_some(), "--pushed-authorization-requests"), None, |settings| {
            settings.pushed_authorization_requests
        }),
        dpop: origin(given(at.dpop.is_some(), "--dpop"), None, |settings| settings.dpop),
        ca_file: origin(given(at.ca_file.is_some(), "--ca-file"), None, |settings| settings.ca_file.is_some()),
        client_certificate: origin(given(at.client_certificate.is_some(), "--client-certificate"), None, |settings| {
            settings.client_certificate.is_some()
        }),
        client_key: origin(given(at.client_key.is_some(), "--client-key"), None, |settings| settings.client_key.is_some()),
        store: origin(given(global.store.is_some(), "--store"), Some("KCLOGIN_STORE"), |settings| settings.store.is_some()),
        browser: browser(options, environment),
        client_secret: origin(given(at.client_secret_stdin, "--client-secret-stdin"), Some("KCLOGIN_CLIENT_SECRET"), |_| false),
    }
}

fn browser(options: &Doctor, environment: &Environment) -> Origin {
    match &options.browser {
        Some(_) => Origin::Option("--browser"),
        None if environment.get("BROWSER").is_some() => Origin::Variable("BROWSER"),
        None => Origin::Default,
    }
}
