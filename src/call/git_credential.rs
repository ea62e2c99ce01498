//! What a call of git means: which operation, about which site, and so which profile.

use std::time::Duration;

use super::tokens::{SignIn, ask, with_service_account, with_session, with_source};
use super::{config, wanted};
use crate::cli::{Asked, GitCredential, Global};
use crate::command;
use crate::command::git_credential::Input;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::issued::{GitRequest, Need, require_username};
use crate::profile::choose::{choose, choose_for_site};
use crate::profile::site::parse_site;

/// The longest that the renewal of a refused token may take: git waits for it.
const ERASE_LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn git_credential(options: GitCredential, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<()> {
    if let Some(site) = options.site.as_deref().filter(|_| options.operation != "setup") {
        return Err(Error::usage(format!("`{site}` is one word too many")).hint("a site is named for `setup` only"));
    }
    match options.operation.as_str() {
        "get" => get(&options, global, host, sign_in),
        "erase" => erase(&options, global, host),
        "capability" => command::git_credential::capability(&host.terminal),
        "setup" => setup(&options, global, host),
        // There is nothing to store. What git may learn one day is to be ignored (gitcredentials(7)).
        _ => Ok(()),
    }
}

fn get(options: &GitCredential, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<()> {
    let request = GitRequest::read(&mut host.stdin)?;
    let Some(global) = for_site(&request, global, host)? else { return Ok(()) };
    let input = Input { ask: ask(&options.asked), username: options.username.clone() };
    let outcome =
        with_source(&options.asked, &global, host, sign_in, |source, host| command::git_credential::get(&input, &request, source, &host.terminal));
    outcome.map_err(|error| command::git_credential::quit(error, &host.terminal))
}

fn erase(options: &GitCredential, global: &Global, host: &mut Host) -> Result<()> {
    let request = GitRequest::read(&mut host.stdin)?;
    let Some(global) = for_site(&request, global, host)? else { return Ok(()) };
    let ask = ask(&options.asked);
    if options.asked.client_credentials {
        return with_service_account(&global, host, |source| command::git_credential::erase(&ask, &request, source, &host.terminal));
    }
    with_session(&global, host, Some(ERASE_LIMIT), |session| command::git_credential::erase(&ask, &request, session, &host.terminal))
}

/// The options of a call that names the profile whose token may be sent to the site; nothing where no profile's may. Then git asks its next helper.
fn for_site(request: &GitRequest, global: &Global, host: &Host) -> Result<Option<Global>> {
    let Some(site) = request.site()? else {
        host.terminal.trace("git gets no token: it is sent over https only, or over http on this machine");
        return Ok(None);
    };
    let config = config(host)?;
    let Some(profile) = choose_for_site(&config, &wanted(global, None, &host.environment)?, &site)? else {
        host.terminal.trace(format!("git gets no token: it is not allowed for {site} (`kclogin profile allow {site}`)"));
        return Ok(None);
    };
    Ok(Some(Global { profile: Some(profile.name), ..global.clone() }))
}

fn setup(options: &GitCredential, global: &Global, host: &Host) -> Result<()> {
    let site = parse_site(options.site.as_deref().unwrap_or_default())?;
    let mut config = config(host)?;
    let profile = choose(&config, &wanted(global, None, &host.environment)?)?;
    options.username.as_deref().map_or(Ok(()), require_username)?;
    command::profile::allow(&profile, &site, true, &mut config, &host.terminal)?;
    command::git_credential::setup(&site, &profile.name, options.username.as_deref(), &words(&options.asked), &host.terminal)
}

/// The options that say which token, for git to give back with each call.
fn words(asked: &Asked) -> Vec<String> {
    let valued = |name: &str, values: &[String]| values.iter().map(|value| format!("{name}={value}")).collect::<Vec<_>>();
    let validity = Some(asked.min_validity).filter(|validity| **validity != Need::USUAL.min_validity);
    let flags = [("--id-token", asked.id_token), ("--login", asked.login), ("--client-credentials", asked.client_credentials)];
    let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name.to_owned());
    let mut words = [valued("--audience", &asked.audience), valued("--scope", &asked.scope)].concat();
    words.extend(validity.map(|validity| format!("--min-validity={validity}")).into_iter().chain(flags));
    words
}
