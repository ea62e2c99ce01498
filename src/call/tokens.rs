//! What every use of a token begins with: whose token, a person's or a service account's, and the sign-in where that is wished.

use std::time::Duration;

use super::{config, environment_secret, profile, store_name, store_setting, wanted, with_http};
use crate::cli::{Asked, EnvShell, Exec, Global, Login, Token, TokenFormat};
use crate::command;
use crate::command::token::{For, Format};
use crate::derived::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::host::Host;
use crate::issued::{Ask, ExecInfo, Need, Refresh, Shell, Source, TokenKind};
use crate::login_lock::{self, Turn};
use crate::oidc::endpoints::parse_url;
use crate::oidc::proof::is_nonce;
use crate::profile::Profile;
use crate::profile::choose::choose_for_login;
use crate::profile::login_method::LoginMethod;
use crate::session::{ServiceAccount, Session};
use crate::terminal::Terminal;
use crate::token_store::TokenStore;

/// How much longer than a sign-in may take another process's is waited for: finding the provider and redeeming the code take time too.
const LOGIN_MARGIN: Duration = Duration::from_secs(60);

/// The login that `--login` begins.
#[derive(Clone, Copy)]
pub(crate) struct SignIn {
    /// What a login without any option takes.
    pub(crate) options: fn() -> Login,
    /// Signs in.
    pub(crate) run: fn(Login, &Global, &mut Host) -> Result<()>,
}

pub(crate) fn token(options: Token, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<()> {
    let proof_for = proof_for(&options)?;
    let mut ask = ask(&options.asked);
    if options.force_refresh {
        ask.need.refresh = Refresh::Wished;
    }
    let format = match options.format {
        TokenFormat::Raw => Format::Raw,
        TokenFormat::Json => Format::Json,
        TokenFormat::Header => Format::Header,
        TokenFormat::Env => Format::Env(shell(options.shell), options.variable),
        TokenFormat::ExecCredential => Format::ExecCredential(exec_info(host)?),
    };
    if proof_for.is_some() && matches!(format, Format::Env(..) | Format::ExecCredential(_)) {
        return Err(Error::usage("a proof is written as header lines or in an object only").hint("leave `--format` out, or choose `--format json`"));
    }
    let input = command::token::Input { format, proof_for, ask };
    with_source(&options.asked, global, host, sign_in, |source, host| command::token::token(&input, source, &*host.clock, &host.terminal))
}

/// The request that a proof is wanted for.
fn proof_for(options: &Token) -> Result<Option<For>> {
    let [method, url] = &options.dpop[..] else { return Ok(None) };
    // RFC 9110 section 5.6.2: a method is a token.
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
        return Err(Error::usage("what comes after `--dpop` first is the request's method, such as GET"));
    }
    if let Some(nonce) = &options.dpop_nonce
        && !is_nonce(nonce)
    {
        return Err(Error::usage("that is no nonce: it has characters that no proof can carry"));
    }
    Ok(Some(For { method: method.clone(), url: parse_url("request's address", url)?, nonce: options.dpop_nonce.clone() }))
}

pub(crate) fn exec(options: Exec, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<Exit> {
    let Exec { asked, command, mut variables, files, refresh } = options;
    if variables.is_empty() && files.is_empty() {
        variables.push(command::exec::VARIABLE.to_owned());
    }
    let input = command::exec::Input { command, variables, files, refresh, ask: ask(&asked) };
    let runtime_dir = host.environment.runtime_dir();
    with_source(&asked, global, host, sign_in, |source, host| {
        let parts =
            command::exec::Parts { programs: &*host.programs, runtime_dir: runtime_dir.as_deref(), clock: &*host.clock, terminal: &host.terminal };
        command::exec::exec(&input, source, &parts)
    })
}

fn shell(shell: EnvShell) -> Shell {
    match shell {
        EnvShell::Sh => Shell::Sh,
        EnvShell::Fish => Shell::Fish,
        EnvShell::Powershell => Shell::PowerShell,
    }
}

/// What Kubernetes' client says to its plug-in, where it has started us.
pub(crate) fn exec_info(host: &Host) -> Result<ExecInfo> {
    host.environment.get("KUBERNETES_EXEC_INFO").map_or_else(|| Ok(ExecInfo::default()), ExecInfo::read)
}

pub(super) fn ask(asked: &Asked) -> Ask {
    let kind = if asked.id_token { TokenKind::Id } else { TokenKind::Access };
    let scope = asked.scope.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    Ask { target: Target::new(asked.audience.clone(), scope), need: Need { kind, min_validity: *asked.min_validity, refresh: Refresh::WhereNeeded } }
}

/// Gives `command` what hands out the tokens that are asked for.
pub(super) fn with_source<T>(
    asked: &Asked,
    global: &Global,
    host: &mut Host,
    sign_in: SignIn,
    command: impl Fn(&dyn Source, &Host) -> Result<T>,
) -> Result<T> {
    if asked.client_credentials {
        return with_service_account(global, host, |source| command(source, host));
    }
    let run = |host: &Host| with_session(global, host, None, |session| command(session, host));
    if asked.login { or_sign_in(global, host, sign_in, run) } else { run(host) }
}

/// Gives `command` the service account of the profile that the call means, or of the client that the environment names.
pub(super) fn with_service_account<T>(global: &Global, host: &Host, command: impl FnOnce(&dyn Source) -> Result<T>) -> Result<T> {
    let config = config(host)?;
    let wanted = wanted(global, None, &host.environment)?;
    if wanted.environment_issuer.is_none() && config.profiles().next().is_none() {
        return Err(Error::usage("it is not known which client's service account is meant")
            .hint("name it in KCLOGIN_ISSUER, KCLOGIN_CLIENT_ID and KCLOGIN_CLIENT_SECRET"));
    }
    let profile = choose_for_login(&config, &wanted)?;
    let client_secret = environment_secret(&host.environment);
    // A machine without a profile, such as one of CI, has no keyring either: there a token is kept only where a store is named.
    let is_wished = config.profile(&profile.name).is_some() || store_setting(global, &host.environment).is_some();
    let store = if is_wished { Some(host.stores.open(&store_name(global, &profile, &host.environment)?)) } else { None };
    let store = match store.transpose() {
        Err(error) if client_secret.is_some() && error.kind() == ErrorKind::StoreUnavailable => {
            host.terminal.trace(format!("no token is kept: {}", error.sentence()));
            None
        }
        store => store?,
    };
    with_http(&profile, host, None, |http| {
        command(&ServiceAccount {
            profile: &profile,
            store: store.as_deref(),
            http,
            clock: &*host.clock,
            state_dir: host.environment.state_dir().as_deref(),
            client_secret,
            terminal: &host.terminal,
        })
    })
}

/// Gives `command` the session of the profile that the call means.
pub(crate) fn with_session<T>(global: &Global, host: &Host, limit: Option<Duration>, command: impl FnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    session_of(&profile(global, host)?, global, host, limit, command)
}

/// Gives `command` the session of a profile. `limit` is the longest that its requests may take together.
pub(crate) fn session_of<T>(
    profile: &Profile,
    global: &Global,
    host: &Host,
    limit: Option<Duration>,
    command: impl FnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let store: Box<dyn TokenStore> = host.stores.open(&store_name(global, profile, &host.environment)?)?;
    with_http(profile, host, limit, |http| {
        command(&Session {
            profile,
            store: &*store,
            http,
            clock: &*host.clock,
            state_dir: host.environment.state_dir().as_deref(),
            client_secret: environment_secret(&host.environment),
            terminal: &host.terminal,
        })
    })
}

/// Refuses to begin a sign-in that nobody can complete: a code that nobody reads would be waited for in vain. Whoever types `kclogin login` is there.
fn require_somebody(profile: &Profile, terminal: &Terminal) -> Result<()> {
    if terminal.has_reader() || !profile.settings.login_method.is_some_and(LoginMethod::needs_a_reader) {
        return Ok(());
    }
    let name = &profile.name;
    Err(Error::login_required(format!("the profile `{name}` signs in with a code, and there is no terminal to show it on"))
        .hint(format!("sign in with `kclogin login --profile {name}` in a terminal")))
}

/// Does what wants a session, and once more after a sign-in where only that helps: one for all processes that come to this at once.
fn or_sign_in<T>(global: &Global, host: &mut Host, sign_in: SignIn, command: impl Fn(&Host) -> Result<T>) -> Result<T> {
    let is_required = |outcome: &Result<T>| outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::LoginRequired);
    let began = host.clock.now();
    let outcome = command(host);
    if !is_required(&outcome) {
        return outcome;
    }
    let options = (sign_in.options)();
    let profile = choose_for_login(&config(host)?, &wanted(global, Some((&options).into()), &host.environment)?)?;
    require_somebody(&profile, &host.terminal)?;
    let state_dir = host.environment.state_dir();
    let wait = || host.terminal.status("Another kclogin is waiting for you to sign in; this one waits for what comes of it.");
    let turn = login_lock::turn(state_dir.as_deref(), &profile.name, began, *options.timeout + LOGIN_MARGIN, wait)?;
    // Somebody may have signed in since the look at the store.
    let outcome = command(host);
    if !is_required(&outcome) {
        return outcome;
    }
    let Turn::Ours(mut lock) = turn else {
        return Err(Error::login_required("nobody completed the sign-in that another kclogin had begun")
            .hint(format!("sign in with `kclogin login --profile {}`", profile.name)));
    };
    (sign_in.run)(options, global, host).inspect_err(|_| lock.note_failure(host.clock.now()))?;
    command(host)
}
