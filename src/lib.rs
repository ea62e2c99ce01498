//! # kclogin, from the inside
//!
//! A login is made of these rooms, and a file may use only what stands before it:
//!
//! 1. [`secret`], [`clock`], [`exit`], [`environment`], [`text`], [`encoding`], [`private_file`], [`file_lock`], [`surroundings`]: values, and the one
//!    place each that reads the time and the environment, writes or locks a file.
//! 2. [`error`]: what went wrong, sorted by who must act.
//! 3. [`oidc::endpoints`], [`oidc::certificate`], [`oidc::document`], [`oidc::claims`], [`oidc::demands`], [`oidc::authorization`], [`oidc::logout`], [`oidc::proof`], [`derived`], [`token_set`], [`profile`], [`login_way`]: pure knowledge of the protocol, of what is kept, and of how a person can sign in.
//! 4. [`terminal`], [`crash`], [`interrupt`], [`typed`], [`browser`], [`program`], [`loopback`], [`token_store`], [`token_file`], [`refresh_lock`], [`login_lock`], [`oidc::http`], [`oidc::provider`]: the outside.
//! 5. [`issued`], [`session`]: a stored token set that can still yield a fresh one, and the token that comes of it; [`leftover`]: what is to be removed from stores that a profile has left.
//! 6. [`command`]: one function for each command.
//! 7. [`host`], [`cli`], [`manual`], `call` (from clap's types to a command's input), and this file, which alone knows them all: [`run`].
//!
//! **login** finds the provider, probes the store, binds the listener, opens the browser at a start page, waits, checks the answer, redeems the code, verifies the ID
//! token, stores the token set, and only then answers the browser. **token** reads the stored set and, where it is not fresh, refreshes it under a
//! lock: one request, stored before it is printed. **whoami** asks the UserInfo endpoint with it. **logout** ends the provider's session as far as it
//! can be reached, and removes the set always.
//!
//! Everything is blocking. A [`secret::Secret`] is redacted wherever it is formatted. stdout carries only what was asked for.

pub mod browser;
mod call;
pub mod cli;
pub mod clock;
pub mod command;
pub mod crash;
pub mod derived;
pub mod encoding;
pub mod environment;
pub mod error;
pub mod exit;
pub mod file_lock;
pub mod host;
pub mod interrupt;
pub mod issued;
pub mod leftover;
pub mod login_lock;
pub mod login_way;
pub mod loopback;
pub mod manual;
pub mod oidc;
pub mod private_file;
pub mod profile;
pub mod program;
pub mod refresh_lock;
pub mod secret;
pub mod session;
pub mod surroundings;
pub mod terminal;
pub mod text;
pub mod token_file;
pub mod token_set;
pub mod token_store;
pub mod typed;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind as ClapErrorKind;

use browser::{Browser, BrowserCommand, private_window};
use call::docker_credential::{self, docker_credential};
use call::git_credential;
use call::inspect;
use call::tokens::{self, SignIn, session_of, with_session};
use call::{client_secret, colour_policy, parameters, read_limited, store_name, store_setting, verbosity, wanted};
use cli::{Cli, Command, Global, Lazy, Login, ProfileAction};
use error::{Error, Result};
use exit::Exit;
use host::Host;
use leftover::Leftovers;
use oidc::demands::Demands;
use oidc::http::{Http, Settings as HttpSettings};
use profile::Profile;
use profile::choose::{choose, choose_for_login};
use terminal::{ColourPolicy, Verbosity};
use token_store::StoreName;

/// The longest that telling the provider of a logout may take.
const LOGOUT_LIMIT: Duration = Duration::from_secs(10);

/// Runs kclogin with these arguments, the program's name first, and says how it ended. Everything printed goes through the host's terminal.
pub fn run(arguments: impl IntoIterator<Item = OsString>, host: &mut Host) -> Exit {
    let cli = match Cli::try_parse_from(cli::set_curl_s_apart(docker_credential::in_full(arguments))) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, host),
    };
    host.terminal.configure(colour_policy(cli.global.color), verbosity(&cli.global), &host.environment);
    match dispatch(cli, host) {
        Ok(exit) => exit,
        Err(error) => {
            host.terminal.error(&error);
            error.kind().exit()
        }
    }
}

/// Help and version were asked for and go to stdout; all else is a wrong call.
fn usage(error: &clap::Error, host: &mut Host) -> Exit {
    host.terminal.configure(ColourPolicy::Auto, Verbosity::Normal, &host.environment);
    let text = error.render();
    if matches!(error.kind(), ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion) {
        let coloured = host.terminal.has_coloured_output();
        let text = if coloured { text.ansi().to_string() } else { text.to_string() };
        return host.terminal.result_verbatim(&text).map_or(Exit::Failed, |()| Exit::Done);
    }
    host.terminal.message(&text.to_string());
    Exit::Usage
}

fn dispatch(cli: Cli, host: &mut Host) -> Result<Exit> {
    let Cli { command, global } = cli;
    let done = match command {
        Command::Curl(Lazy(options)) => return call::curl::curl(options, &global, host, SIGN_IN),
        Command::DockerCredential { action: Lazy(action) } => return docker_credential(action, &global, host),
        Command::Exec(Lazy(options)) => return tokens::exec(options, &global, host, SIGN_IN),
        Command::Kubectl(Lazy(options)) => call::kubectl::kubectl(options, &global, host, SIGN_IN),
        Command::Login(Lazy(options)) => login(*options, &global, host),
        Command::Whoami { json } => with_session(&global, host, None, |session| command::whoami::whoami(json, session, &*host.clock, &host.terminal)),
        Command::GitCredential(Lazy(options)) => git_credential::git_credential(options, &global, host, SIGN_IN),
        Command::Token(Lazy(options)) => tokens::token(options, &global, host, SIGN_IN),
        Command::Status { json } => {
            let profile = call::profile(&global, host)?;
            let name = store_name(&global, &profile, &host.environment)?;
            let store = host.stores.open(&name)?;
            command::status::status(json, &profile, (&name, &host.stores.describe(&name)), &*store, &*host.clock, &host.terminal)
        }
        Command::Decode(Lazy(options)) => inspect::decode(options, &global, host),
        Command::Introspect(Lazy(options)) => inspect::introspect(options, &global, host),
        Command::Revoke(Lazy(options)) => inspect::revoke(&options, &global, host),
        Command::Logout { all, local, browser, timeout } => logout((all, local), browser.then_some(*timeout), &global, host),
        Command::Profile { action: Lazy(action) } => profile(action, &global, host),
        Command::Doctor(Lazy(options)) => return call::doctor::doctor(&options, &global, host),
        Command::Completions { shell } => host.terminal.result_verbatim(&manual::completions(shell)),
        Command::Man { command, dir } => man(&command, dir.as_deref(), host),
    };
    done.map(|()| Exit::Done)
}

fn login(options: Login, global: &Global, host: &mut Host) -> Result<()> {
    let wanted = wanted(global, Some((&options).into()), &host.environment)?;
    let mut config = call::config(host)?;
    let profile = choose_for_login(&config, &wanted)?;
    let parameters = parameters(&options)?;
    let input = command::login::Input {
        demands: Demands::of(&parameters, host.clock.now()),
        client_secret: client_secret(options.at.client_secret_stdin, &host.environment, &mut host.stdin)?,
        parameters,
        way_is_asked_for: wanted.changes.login_method.is_some(),
        timeout: *options.timeout,
        introduce: wanted.name.is_none() && config.profile(&profile.name).is_none(),
        profile,
    };
    let store_name = store_name(global, &input.profile, &host.environment)?;
    let store = host.stores.open(&store_name)?;
    // A store that this version doesn't know can't be tidied up.
    let former_name = config.profile(&input.profile.name).and_then(|former| StoreName::of_setting(former.settings.store.as_deref()).ok());
    let former = former_name.as_ref().filter(|former| **former != store_name);
    let former = former.map(|name| command::login::Former { name: name.clone(), store: host.stores.open(name) });
    let given = options
        .browser
        .as_deref()
        .map(|text| BrowserCommand::parse(text).ok_or_else(|| Error::usage(format!("`{text}` is not a command")).hint("look at its quotes")));
    let given = given.transpose()?;
    let given = if options.private { Some(private_window(given, &host.environment)?) } else { given };
    let browser: Option<&dyn Browser> = match &given {
        _ if options.no_browser => None,
        Some(command) => Some(command),
        None => Some(&*host.browser),
    };
    let terminal = &host.terminal;
    let trace = |text| terminal.trace(text);
    let http = Http::new(HttpSettings::new(&host.environment, &input.profile.settings), &trace);
    let state_dir = host.environment.state_dir();
    let surroundings = host.surroundings();
    let mut typed = host.typed.borrow_mut();
    let parts = command::login::Parts {
        http: &http,
        store: &*store,
        surroundings: &surroundings,
        caution: store_name.caution().filter(|_| former_name.as_ref() != Some(&store_name)),
        former,
        browser,
        state_dir: state_dir.as_deref(),
        clock: &*host.clock,
        terminal: &host.terminal,
    };
    host.interrupt.watch();
    let _turn = login_lock::without_waiting(state_dir.as_deref(), &input.profile.name);
    let (name, leftovers) = (input.profile.name.clone(), leftovers(host, parts.former.is_some()));
    let outcome = command::login::login(input, &mut config, &parts, &mut **typed);
    leftovers.clear_or_warn(&name, &mut config);
    outcome
}

/// `kclogin login`, for the commands that may sign in by themselves.
const SIGN_IN: SignIn = SignIn { options: plain_login, run: login };

fn plain_login() -> Login {
    let Ok(Cli { command: Command::Login(Lazy(options)), .. }) = Cli::try_parse_from(["kclogin", "login"]) else {
        unreachable!("a login needs no option");
    };
    *options
}

fn logout((all, local): (bool, bool), in_browser: Option<Duration>, global: &Global, host: &Host) -> Result<()> {
    let mut config = call::config(host)?;
    let profiles: Vec<Profile> = match choose(&config, &wanted(global, None, &host.environment)?) {
        _ if all => config.profiles().collect(),
        Ok(profile) => vec![profile],
        // Not logged in is success, but a name that doesn't exist is still a wrong call.
        Err(error) if error.kind() == error::ErrorKind::LoginRequired => Vec::new(),
        Err(error) => return Err(error),
    };
    let in_browser = in_browser.map(|timeout| command::logout::Way { browser: &*host.browser, timeout });
    let input = command::logout::Input { local, of_several: all, in_browser };
    let (mut ended, mut failure) = (0, None);
    for profile in &profiles {
        match session_of(profile, global, host, Some(LOGOUT_LIMIT), |session| command::logout::logout(input, session, &host.terminal)) {
            Ok(was_logged_in) => ended += usize::from(was_logged_in),
            // With several, the others still get their turn; the last failure is the one that is returned and said.
            Err(error) => failure.replace(error).iter().for_each(|error| host.terminal.error(error)),
        }
        leftovers(host, false).clear_or_warn(&profile.name, &mut config);
    }
    if ended == 0 && failure.is_none() && (all || profiles.is_empty()) {
        host.terminal.status("Not logged in.");
    }
    failure.map_or(Ok(()), Err)
}

fn profile(action: ProfileAction, global: &Global, host: &Host) -> Result<()> {
    let mut config = call::config(host)?;
    let open = |profile: &Profile| host.stores.open(&store_name(global, profile, &host.environment)?);
    match action {
        // Whoever only looks at the profiles is not asked to unlock anything.
        ProfileAction::List { names: true } => command::profile::names(&config, &host.terminal),
        ProfileAction::List { names: false } => {
            let open = |profile: &Profile| host.stores.open_without_asking(&store_name(global, profile, &host.environment)?);
            command::profile::list(&config, &open, &host.terminal)
        }
        ProfileAction::Show { name } => {
            let mut wanted = wanted(global, None, &host.environment)?;
            wanted.name = name.or(wanted.name);
            let profile = choose(&config, &wanted)?;
            let setting = profile.settings.store.as_deref();
            let store = StoreName::of_setting(setting).map_or_else(|_| setting.unwrap_or_default().to_owned(), |name| host.stores.describe(&name));
            command::profile::show(&profile, &store, &config, &host.terminal)
        }
        ProfileAction::Use { name } => command::profile::choose_default(&name, &mut config, &host.terminal),
        ProfileAction::Allow { site, remove } => {
            let profile = choose(&config, &wanted(global, None, &host.environment)?)?;
            command::profile::allow(&profile, &site, !remove, &mut config, &host.terminal)
        }
        ProfileAction::Remove { name, all, force } => {
            let names: Vec<String> = if all { config.profiles().map(|profile| profile.name).collect() } else { name.into_iter().collect() };
            names.iter().try_for_each(|name| command::profile::remove(name, force, &mut config, &open, &leftovers(host, false), &host.terminal))
        }
        ProfileAction::MoveStore { name, to } => {
            let mut wanted = wanted(global, None, &host.environment)?;
            wanted.name = name.or(wanted.name);
            let profile = choose(&config, &wanted)?;
            let named = host.environment.get("KCLOGIN_STORE");
            let input = command::move_store::Input { profile, from: global.store.as_deref(), to: &to, environment: named };
            let state_dir = host.environment.state_dir();
            command::move_store::move_store(input, &*host.stores, state_dir.as_deref(), &mut config, &host.terminal)
        }
        ProfileAction::Import { file } => {
            let shown = file.display();
            let text = fs::File::open(&file).and_then(read_limited).map_err(|error| Error::failed(format!("{shown} can't be read: {error}")))?;
            let name = wanted(global, None, &host.environment)?.name;
            let store = store_setting(global, &host.environment);
            command::profile::import_file(&text, name.as_deref(), store, &mut config, &open, &host.terminal)
        }
    }
}

fn man(command: &[String], dir: Option<&Path>, host: &Host) -> Result<()> {
    let Some(dir) = dir else {
        // `man login`, `man kclogin-login` and `man kclogin login` are all meant.
        let words = command.join("-");
        let name = if words.is_empty() { "kclogin.1".to_owned() } else { format!("kclogin-{}.1", words.trim_start_matches("kclogin-")) };
        let page = manual::page(&name).ok_or_else(|| {
            Error::usage(format!("there is no command called `{}`", command.join(" "))).hint("`kclogin --help` shows those there are")
        })?;
        return host.terminal.result_verbatim(&page);
    };
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        manual::pages().try_for_each(|(name, page)| fs::write(dir.join(name), page))
    };
    write().map_err(|error| Error::failed(format!("the man pages can't be written to {}: {error}", dir.display())))?;
    host.terminal.status(format!("Wrote {} man pages to {}.", manual::pages().len(), dir.display()));
    Ok(())
}

fn leftovers(host: &Host, asks: bool) -> Leftovers<'_> {
    Leftovers { stores: &*host.stores, state_dir: host.environment.state_dir(), terminal: &host.terminal, asks }
}
