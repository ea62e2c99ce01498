//! What `kclogin docker-credential` begins with: its other name, and whose token the registry on stdin may have.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::tokens::session_of;
use super::{config, store_name, wanted};
use crate::cli::{DockerCredential, Global};
use crate::command::docker_credential as command;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::host::Host;
use crate::profile::Profile;
use crate::profile::choose::{choose, choose_for_site};
use crate::profile::site::parse_address;

/// The name by which docker looks for us, where its configuration says `kclogin`.
const HELPER: &str = "docker-credential-kclogin";

/// The user name beside a token. Registries that take a token for a password look at the password only, or want one that says so, as this one does.
///
/// Not `<token>`, by which docker would take the password for a refresh token (its "identity token") and send it on as such: an access token is none, and
/// a refresh token is the whole session, which is no registry's business.
const USERNAME: &str = "oauth2";

/// The arguments, with the command in them where only the program's name says it.
pub(crate) fn in_full(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let name = arguments.first().and_then(|program| Path::new(program).file_name()).and_then(OsStr::to_str).unwrap_or_default();
    let is_helper =
        [HELPER, "docker-credential-kclogin.exe"].iter().any(|helper| name == *helper || (cfg!(windows) && name.eq_ignore_ascii_case(helper)));
    if is_helper {
        arguments.splice(..1, ["kclogin".into(), "docker-credential".into()]);
    }
    arguments
}

pub(crate) fn docker_credential(action: DockerCredential, global: &Global, host: &mut Host) -> Result<Exit> {
    if let DockerCredential::Setup { site, username } = action {
        let mut config = config(host)?;
        let profile = choose(&config, &wanted(global, None, &host.environment)?)?;
        let is_found = host.environment.find_program(HELPER).is_some();
        return command::setup(&profile, &site, username.as_deref(), is_found, &mut config, &host.terminal).map(|()| Exit::Done);
    }
    answer(&action, global, host).or_else(|error| command::complain(&error, &host.terminal))
}

fn answer(action: &DockerCredential, global: &Global, host: &mut Host) -> Result<Exit> {
    let done = match action {
        DockerCredential::Get => {
            let address = command::read_address(&mut host.stdin)?;
            let Some(profile) = profile_for(&address, global, host)? else { return command::not_found(&host.terminal) };
            let username = username(&profile, host)?;
            session_of(&profile, global, host, None, |session| command::get(&address, &username, session, &host.terminal))
        }
        DockerCredential::Store => {
            let offered = command::read_offered(&mut host.stdin)?;
            let Some(profile) = profile_for(&offered.server_url, global, host)? else { return Err(command::no_keeper(&offered)) };
            let username = username(&profile, host)?;
            session_of(&profile, global, host, None, |session| command::store(&offered, &profile, &username, session))
        }
        DockerCredential::Erase => {
            let address = command::read_address(&mut host.stdin)?;
            if let Some(profile) = profile_for(&address, global, host)? {
                command::erase(&profile, &host.terminal);
            }
            Ok(())
        }
        DockerCredential::List => {
            let config = config(host)?;
            let open = |profile: &Profile| host.stores.open_without_asking(&store_name(global, profile, &host.environment)?);
            let wanted = wanted(global, None, &host.environment)?;
            command::list(&config, &wanted, &|profile| username(profile, host), &open, &host.terminal)
        }
        DockerCredential::Version => command::version(&host.terminal),
        DockerCredential::Setup { .. } => Ok(()),
    };
    done.map(|()| Exit::Done)
}

/// The profile whose token the registry at this address may have.
fn profile_for(address: &str, global: &Global, host: &Host) -> Result<Option<Profile>> {
    let address = parse_address(address)?;
    let config = config(host)?;
    let profile = choose_for_site(&config, &wanted(global, None, &host.environment)?, &address.site)?;
    match profile {
        Some(profile) if address.is_in_the_clear => {
            Err(Error::usage(format!("the token of the profile `{}` is not sent over plain http to {}", profile.name, address.site))
                .hint("use https; plain http is accepted on a loopback address only"))
        }
        profile => Ok(profile),
    }
}

fn username(profile: &Profile, host: &Host) -> Result<String> {
    let chosen = host.environment.get("KCLOGIN_DOCKER_USERNAME").or(profile.settings.docker_username.as_deref()).unwrap_or(USERNAME);
    command::check_username(chosen)?;
    Ok(chosen.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_s_other_name_stands_for_the_command() {
        let full = |words: &[&str]| -> Vec<OsString> { in_full(words.iter().map(OsString::from)) };
        for name in [HELPER, "/usr/local/bin/docker-credential-kclogin", "./docker-credential-kclogin.exe"] {
            assert_eq!(full(&[name, "get"]), ["kclogin", "docker-credential", "get"], "{name}");
            assert_eq!(full(&[name]), ["kclogin", "docker-credential"], "{name}");
        }
        for name in ["kclogin", "docker-credential-kclogin.d", "/docker-credential-kclogin/kclogin", "docker-credential-other", ""] {
            assert_eq!(full(&[name, "get"]), [name, "get"], "{name}");
        }
        assert!(full(&[]).is_empty());
    }
}
