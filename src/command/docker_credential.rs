//! `kclogin docker-credential`: the protocol of docker's credential helpers (<https://github.com/docker/docker-credential-helpers>), spoken from the
//! helper's side. Whose token a registry may have, `profile::choose` decides; nothing is kept here for anybody.
//!
//! What goes wrong is said on stdout, as the protocol has it: docker, podman and skopeo repeat that, and take any exit code but 0 for a failure. Only
//! one sentence is none to them, `NOT_FOUND`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::Deserialize;
use serde_json::json;

use crate::derived::Target;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::issued::{Ask, Need, Source};
use crate::profile::Profile;
use crate::profile::choose::{Wanted, choose_for_site, named};
use crate::profile::config_file::Config;
use crate::profile::site::parse_site;
use crate::secret::Secret;
use crate::session::load;
use crate::terminal::{Line, Terminal};
use crate::token_store::TokenStore;

/// What is said where there is nothing: letter by letter what docker then goes on without.
const NOT_FOUND: &str = "credentials not found in native keychain";
/// The most that is read of stdin, in bytes.
const INPUT_LIMIT: usize = 64 * 1024;

/// What `store` is given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Offered {
    /// The registry.
    #[serde(rename = "ServerURL")]
    pub server_url: String,
    username: String,
    secret: Secret<String>,
}

/// Reads the address that is asked about.
///
/// # Errors
/// There is none, it is too long, or it holds what no address does.
pub fn read_address(stdin: &mut dyn Read) -> Result<String> {
    let text = read(stdin)?;
    let address = text.expose().trim();
    if address.is_empty() {
        return Err(Error::usage("there is no registry's address on stdin"));
    }
    if address.contains(char::is_control) {
        return Err(Error::usage("the registry's address has control characters in it"));
    }
    Ok(address.to_owned())
}

/// Reads the password that is to be kept.
///
/// # Errors
/// It is not what the protocol has, or too long. What was read is not repeated.
pub fn read_offered(stdin: &mut dyn Read) -> Result<Offered> {
    let text = read(stdin)?;
    serde_json::from_str(text.expose()).map_err(|_| Error::usage("what is to be stored is not the JSON of docker's credential helpers"))
}

fn read(stdin: &mut dyn Read) -> Result<Secret<String>> {
    // All of the room at once, so that no copy of a password stays behind where it grew.
    let mut bytes = Vec::with_capacity(INPUT_LIMIT + 1);
    let outcome = stdin.take(INPUT_LIMIT as u64 + 1).read_to_end(&mut bytes);
    let bytes = Secret::new(bytes);
    outcome.map_err(|error| Error::failed(format!("stdin can't be read: {error}")))?;
    if bytes.expose().len() > INPUT_LIMIT {
        return Err(Error::usage(format!("there are more than {INPUT_LIMIT} bytes on stdin")));
    }
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| Error::usage("what is on stdin is not text"))?;
    Ok(Secret::from(text))
}

/// Says that there is nothing for a registry.
///
/// # Errors
/// stdout can't be written to.
pub fn not_found(terminal: &Terminal) -> Result<Exit> {
    terminal.result(NOT_FOUND)?;
    Ok(Exit::Failed)
}

/// Says what went wrong where docker looks for it, in one line, since it is repeated within another.
///
/// # Errors
/// stdout can't be written to.
pub fn complain(error: &Error, terminal: &Terminal) -> Result<Exit> {
    let hint = error.hint_text().map_or_else(String::new, |hint| format!("; {hint}"));
    terminal.result(format!("kclogin: {}{hint}", error.sentence()))?;
    if let Some(detail) = error.detail_text() {
        terminal.trace(format!("detail: {detail}"));
    }
    Ok(error.kind().exit())
}

/// Prints the token as a password.
///
/// # Errors
/// As [`Source::issue`], or stdout can't be written to.
pub fn get(address: &str, username: &str, source: &dyn Source, terminal: &Terminal) -> Result<()> {
    let token = source.issue(&ask())?.for_bearer()?.token;
    terminal.result_json(&json!({ "ServerURL": address, "Username": username, "Secret": token.expose() }).to_string())
}

/// Refuses to keep a password, but for the one that [`get`] gives: `docker login` tries that one first where there is one, and then wants it kept.
///
/// # Errors
/// It is a password.
pub fn store(offered: &Offered, profile: &Profile, username: &str, source: &dyn Source) -> Result<()> {
    let is_ours = offered.username == username && source.issue(&ask()).is_ok_and(|issued| issued.token == offered.secret);
    if is_ours {
        return Ok(());
    }
    let name = &profile.name;
    Err(Error::failed(format!("passwords are not kept: this registry gets the token of the profile `{name}`"))
        .hint(format!("sign in with `kclogin login --profile {name}` in place of `docker login`")))
}

/// The refusal to keep the password of a registry that no profile allows.
#[must_use]
pub fn no_keeper(offered: &Offered) -> Error {
    Error::failed(format!("passwords are not kept, so that of {} was not stored", offered.server_url)).hint(
        "name kclogin under `credHelpers`, for its own registries only, and another helper under `credsStore`; \
         or allow the registry a profile's token with `kclogin docker-credential setup HOST`",
    )
}

/// Leaves everything as it is: the session is for more than this registry.
pub fn erase(profile: &Profile, terminal: &Terminal) {
    let name = &profile.name;
    terminal.status(format!("The session of the profile `{name}` stays; `kclogin logout --profile {name}` ends it."));
}

/// Prints the registries for which there is a token, each with the user name. What has to be unlocked first is left out, with a warning.
///
/// # Errors
/// stdout can't be written to.
pub fn list(
    config: &Config,
    wanted: &Wanted,
    username: &dyn Fn(&Profile) -> Result<String>,
    open: &dyn Fn(&Profile) -> Result<Box<dyn TokenStore>>,
    terminal: &Terminal,
) -> Result<()> {
    let sites: BTreeSet<String> = config.profiles().flat_map(|profile| profile.settings.sites).collect();
    let mut listed = BTreeMap::new();
    for site in sites {
        let found = choose_for_site(config, wanted, &site).and_then(|profile| {
            let Some(profile) = profile else { return Ok(None) };
            let is_signed_in = load(&*open(&profile)?, &profile)?.is_some();
            if is_signed_in { username(&profile).map(Some) } else { Ok(None) }
        });
        match found {
            Ok(username) => listed.extend(username.map(|username| (site, username))),
            Err(error) => terminal.warning(format!("{site} is left out: {error}")),
        }
    }
    terminal.result_json(&json!(listed).to_string())
}

/// Prints which version this is.
///
/// # Errors
/// stdout can't be written to.
pub fn version(terminal: &Terminal) -> Result<()> {
    terminal.result(concat!("docker-credential-kclogin ", env!("CARGO_PKG_VERSION")))
}

/// Lets docker send the profile's token to a registry, prints the entry for docker's configuration, and says where it goes. `is_found` says that
/// docker finds us already.
///
/// Docker's and podman's files stay as they are. Both programs write to them as well, without a lock that others could take, and an entry of ours would
/// be the smallest part of what could get lost.
///
/// # Errors
/// It is no site, the user name can't be one, or the configuration can't be written.
pub fn setup(profile: &Profile, site: &str, username: Option<&str>, is_found: bool, config: &mut Config, terminal: &Terminal) -> Result<()> {
    let site = parse_site(site)?;
    username.map_or(Ok(()), check_username)?;
    config.allow_site(&profile.name, &site, true)?;
    if let Some(username) = username {
        let mut profile = named(config, &profile.name)?;
        profile.settings.docker_username = Some(username.to_owned());
        config.put(&profile)?;
    }
    terminal.result_json(&format!("{:#}", json!({ "credHelpers": { &site: "kclogin" } })))?;
    terminal.status(Line::new().plain("Docker may now send the token of the profile ").strong(&profile.name).plain(format!(" to {site}.")));
    terminal.status("Put the above into ~/.docker/config.json, beside what is there, or for podman into ~/.config/containers/auth.json:");
    terminal.status(Line::new().plain("  ").link(format!(
        "kclogin docker-credential setup {site} -q | jq -s '.[0] * .[1]' ~/.docker/config.json - > new.json && mv new.json ~/.docker/config.json"
    )));
    if !is_found {
        terminal.status("Give kclogin the name by which docker looks for it, in a directory of your PATH:");
        let link = if cfg!(windows) {
            "Copy-Item (Get-Command kclogin).Source docker-credential-kclogin.exe"
        } else {
            "ln -s \"$(command -v kclogin)\" ~/.local/bin/docker-credential-kclogin"
        };
        terminal.status(Line::new().plain("  ").link(link));
    }
    Ok(())
}

/// Refuses what can't be a user name beside a password (RFC 7617 section 2).
///
/// # Errors
/// It is empty, or has a colon or a control character in it.
pub fn check_username(name: &str) -> Result<()> {
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(Error::usage(format!("`{name}` can't be a user name for a registry")).hint("most registries take `oauth2`"));
    }
    Ok(())
}

/// Docker sends it at once, but asks only when it begins: a large image takes a while.
fn ask() -> Ask {
    Ask { target: Target::default(), need: Need::USUAL }
}
