//! The commands that look at a token: which token, and the provider and client that are asked about it.

use super::tokens::with_session;
use super::{environment_secret, profile, read_limited, store_name, with_http};
use crate::cli::{Decode, Global, Introspect, Shown};
use crate::command;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::issued::TokenKind;
use crate::oidc::provider::{Client, Provider};
use crate::profile::Profile;
use crate::secret::Secret;
use crate::session::client_of;

pub(crate) fn decode(options: Decode, global: &Global, host: &mut Host) -> Result<()> {
    let given = given(&options.shown, host)?;
    let kind = if options.id_token { TokenKind::Id } else { TokenKind::Access };
    let token = match given {
        Some(token) => token,
        None => stored(kind, global, host)?,
    };
    let show = |provider: Option<&Provider<'_>>| command::decode::decode(&token, options.json, provider, &*host.clock, &host.terminal);
    if !options.verify {
        return show(None);
    }
    with_provider(global, host, |provider, _| show(Some(provider)))
}

pub(crate) fn introspect(options: Introspect, global: &Global, host: &mut Host) -> Result<()> {
    let token = match given(&options.shown, host)? {
        Some(token) => token,
        None => stored(TokenKind::Access, global, host)?,
    };
    with_provider(global, host, |provider, profile| {
        command::introspect::introspect(&token, options.json, provider, &client(profile, provider, global, host)?, &host.terminal)
    })
}

pub(crate) fn revoke(options: &Shown, global: &Global, host: &mut Host) -> Result<()> {
    match given(options, host)? {
        None => with_session(global, host, None, |session| command::revoke::revoke_stored(session, &*host.clock, &host.terminal)),
        Some(token) => with_provider(global, host, |provider, profile| {
            command::revoke::revoke(&token, provider, &client(profile, provider, global, host)?, &host.terminal)
        }),
    }
}

/// The token that the call gives, in its arguments or on stdin.
fn given(options: &Shown, host: &mut Host) -> Result<Option<Secret<String>>> {
    let text = match options.token.as_deref() {
        None => return Ok(None),
        Some("-") => read_limited(&mut *host.stdin).map_err(|error| Error::failed(format!("stdin can't be read: {error}")))?,
        Some(argument) => {
            host.terminal.warning("every user of this machine can see a token in an argument; `-` reads it from stdin");
            argument.to_owned()
        }
    };
    let token = Secret::new(text);
    // As it may have been copied, with the words of its header before it.
    let bare = token.expose().trim().trim_start_matches("Authorization:").trim().trim_start_matches("Bearer ").trim();
    if bare.is_empty() {
        return Err(Error::usage("there is no token on stdin"));
    }
    if bare.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(Some(Secret::from(bare))) } else { Err(Error::usage("what was given is not a token")) }
}

/// The stored token as it is, which may have expired.
fn stored(kind: TokenKind, global: &Global, host: &Host) -> Result<Secret<String>> {
    with_session(global, host, None, |session| {
        let set = session.stored()?;
        Ok(if kind == TokenKind::Id { set.id_token } else { set.access_token })
    })
}

/// Gives `command` the provider of the profile that the call means.
fn with_provider<T>(global: &Global, host: &Host, command: impl FnOnce(&Provider<'_>, &Profile) -> Result<T>) -> Result<T> {
    let profile = profile(global, host)?;
    with_http(&profile, host, None, |http| command(&Provider::of_settings(http, &profile.settings)?, &profile))
}

fn client(profile: &Profile, provider: &Provider<'_>, global: &Global, host: &Host) -> Result<Client> {
    let store = host.stores.open(&store_name(global, profile, &host.environment)?)?;
    client_of(profile, Some(&*store), environment_secret(&host.environment), provider)
}
