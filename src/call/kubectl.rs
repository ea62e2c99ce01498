//! What `kclogin kubectl` is handed: as a plug-in by Kubernetes' client, and for its set-up by a person.

use std::path::Path;

use super::tokens::{SignIn, ask, exec_info, with_source};
use super::{config, wanted};
use crate::cli::{Asked, ClusterAsked, ExecApiVersion, Global, Kubectl, KubectlAction, KubectlSetup};
use crate::command;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::issued::Need;
use crate::profile::choose::{choose, choose_for_login};

pub(crate) fn kubectl(options: Kubectl, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<()> {
    require_sense(&options.asked)?;
    match options.action {
        None => credential(options.asked, global, host, sign_in),
        Some(KubectlAction::Setup(setup)) => self::setup(setup, &options.asked, global, host),
    }
}

/// What clap can't see, as the options may stand before and after `setup`.
fn require_sense(asked: &ClusterAsked) -> Result<()> {
    let is_id_token = !(asked.access_token || asked.client_credentials);
    let has_target = !asked.audience.is_empty() || !asked.scope.is_empty();
    if is_id_token && has_target {
        return Err(Error::usage("`--audience` and `--scope` are for access tokens, and a cluster is given the ID token")
            .hint("say `--access-token` too, if that is what the API server takes"));
    }
    if asked.client_credentials && (asked.login || !asked.audience.is_empty()) {
        return Err(Error::usage("`--client-credentials` can't be used with `--login` or `--audience`"));
    }
    Ok(())
}

fn credential(asked: ClusterAsked, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<()> {
    let info = exec_info(host)?;
    let asked = Asked {
        id_token: !(asked.access_token || asked.client_credentials),
        audience: asked.audience,
        scope: asked.scope,
        min_validity: asked.min_validity,
        // Where the client says that nobody is there, a window would open for nobody.
        login: asked.login && info.interactive != Some(false),
        client_credentials: asked.client_credentials,
    };
    let input = command::kubectl::Input { info, ask: ask(&asked) };
    with_source(&asked, global, host, sign_in, |source, host| command::kubectl::credential(&input, source, &host.terminal))
}

fn setup(options: KubectlSetup, asked: &ClusterAsked, global: &Global, host: &Host) -> Result<()> {
    let (config, wanted) = (config(host)?, wanted(global, None, &host.environment)?);
    let profile = if asked.client_credentials { choose_for_login(&config, &wanted)? } else { choose(&config, &wanted)? };
    let mut arguments = vec!["kubectl".to_owned()];
    // The client that an environment describes has no profile, and kclogin will find it there again.
    if config.profile(&profile.name).is_some() {
        arguments.extend(["--profile".to_owned(), profile.name.clone()]);
    }
    arguments.extend(global.store.iter().map(|store| format!("--store={store}")));
    arguments.extend(flags(asked));
    let audience = match &asked.audience[..] {
        [] => Some(profile.settings.client_id.clone()).filter(|_| !(asked.access_token || asked.client_credentials)),
        [first, ..] => Some(first.clone()),
    };
    let input = command::kubectl::Setup {
        user: options.user.unwrap_or_else(|| profile.name.clone()),
        version: match options.exec_api_version {
            ExecApiVersion::V1 => "v1",
            ExecApiVersion::V1beta1 => "v1beta1",
        },
        command: program(&options.command),
        arguments,
        issuer: profile.settings.issuer,
        audience,
    };
    command::kubectl::setup(&input, &host.terminal)
}

/// The options that the plug-in is to be called with, where they are not what it does anyway.
fn flags(asked: &ClusterAsked) -> Vec<String> {
    let switches = [(asked.access_token, "--access-token"), (asked.login, "--login"), (asked.client_credentials, "--client-credentials")];
    let mut flags: Vec<String> = switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name.to_owned()).collect();
    flags.extend(asked.audience.iter().map(|audience| format!("--audience={audience}")));
    flags.extend(asked.scope.iter().filter(|scope| !scope.is_empty()).map(|scope| format!("--scope={scope}")));
    flags.extend((*asked.min_validity != Need::USUAL.min_validity).then(|| format!("--min-validity={}", asked.min_validity).replace(' ', "")));
    flags
}

/// A name stays one, for the search path; a path is made whole, since kubectl would begin at its own configuration.
fn program(command: &Path) -> String {
    let is_name = command.components().count() == 1 && command.is_relative() && !command.to_string_lossy().starts_with('.');
    let whole = if is_name { command.to_owned() } else { std::path::absolute(command).unwrap_or_else(|_| command.to_owned()) };
    whole.to_string_lossy().into_owned()
}
