//! The command line: clap's types and the words of the help, nothing else.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, Args, Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const HELP: &str = "\
{about}

{usage-heading} {usage}

Sign in:
  login        Sign in through the browser and keep the tokens
  whoami       Show who is signed in
  logout       End the session, at the provider too

Use tokens:
  token        Print an access token that is valid now
  exec         Run a command with the access token in its environment

Inspect:
  status       Show what is stored, without the network

Set up:
  profile      List, choose, remove and import profiles
  completions  Print completions for a shell
  man          Print or write the man pages

Options:
{options}

Start with:
  kclogin login --issuer https://HOST/realms/NAME
Every command has examples: kclogin COMMAND --help
";

/// Sign in to Keycloak from the terminal
///
/// kclogin signs you in to Keycloak (or another OpenID Connect provider) through your browser, keeps the tokens in the operating system's keyring, and
/// hands a valid access token to scripts, refreshing it silently.
#[derive(Debug, Parser)]
#[command(
    name = "kclogin",
    version,
    about,
    long_about,
    styles = STYLES,
    help_template = HELP,
    arg_required_else_help = true,
    subcommand_required = true,
    args_override_self = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Args, Debug)]
pub struct Global {
    /// Use this profile instead of the default one [env: KCLOGIN_PROFILE]
    #[arg(short, long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// Say only what has to be said
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say what is sent where, never a secret
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto, global = true, hide_possible_values = true)]
    pub color: Colour,
    /// Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]
    #[arg(long, value_name = "NAME", global = true, value_parser = StoreNames, hide_possible_values = true)]
    pub store: Option<String>,
}

/// Takes any name of a store, and lets the shells complete those that are known by name.
#[derive(Clone)]
struct StoreNames;

impl TypedValueParser for StoreNames {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = [
            ("keyring", "The operating system's keyring"),
            ("file", "Files that only you can read, not encrypted"),
            ("kernel", "The Linux kernel's keyring, in memory only"),
            ("helper:pass", "The program docker-credential-pass, or another of that kind"),
        ];
        Some(Box::new(names.into_iter().map(|(name, help)| PossibleValue::new(name).help(help))))
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in through the browser and keep the tokens
    ///
    /// Opens the provider's login page in your browser, waits for you to sign in, verifies what comes back, and keeps the tokens in the keyring. The
    /// provider and the client are remembered as a profile, so that the next time `kclogin login` is enough.
    #[command(after_help = "\
Examples:
  kclogin login --issuer https://keycloak.example.com/realms/work
  kclogin login --server https://keycloak.example.com --realm work --client-id my-cli
  kclogin login                          sign in again, to the default profile
  kclogin login --scope 'openid profile email offline_access'   outlive the provider's session
  kclogin login --no-browser             print the address instead of opening it
  pass show kc | kclogin login --client-id backend --client-secret-stdin")]
    Login(Box<Login>),
    /// Show who is signed in
    ///
    /// Asks the provider's UserInfo endpoint who the access token belongs to.
    #[command(after_help = "\
Examples:
  kclogin whoami
  kclogin whoami --json | jq -r .email")]
    Whoami {
        /// Print the UserInfo response, unchanged
        #[arg(long)]
        json: bool,
    },
    /// Print an access token that is valid now
    ///
    /// Prints the stored access token, refreshed first where it is about to expire. Where only a person can sign in it exits with 3, and opens no
    /// browser unless `--login` asks for that; then one window is opened however many ask at once, and the others wait for what comes of it.
    #[command(after_help = "\
Examples:
  TOKEN=$(kclogin token)
  curl -H @<(kclogin token --format header) https://api.example.com/
  kclogin token --min-validity 10m       for a job that takes a while
  kclogin token --login                  for a script with a person in front of it
  kclogin token --format json | jq .seconds_left")]
    Token(Token),
    /// Run a command with the access token in its environment
    ///
    /// The command takes kclogin's place: its exit code, its signals and the terminal are its own. The token is in the variable KCLOGIN_TOKEN, or in
    /// those that `--env` names. It is not renewed while the command runs: ask for one that is valid for long enough.
    #[command(after_help = "\
Examples:
  kclogin exec -- terraform plan
  kclogin exec --env VAULT_TOKEN --min-validity 4m -- ./deploy.sh --all
  kclogin exec --login -- make publish")]
    Exec(Exec),
    /// Show what is stored, without the network
    ///
    /// Exits with 3 where nothing is stored or all of it has expired.
    #[command(after_help = "\
Examples:
  kclogin status
  kclogin status --json | jq -r .session_expiry
  kclogin status -q >/dev/null || kclogin login")]
    Status {
        /// Print an object instead of text
        #[arg(long)]
        json: bool,
    },
    /// End the session, at the provider too
    ///
    /// Ends the session at the provider, revokes what outlives it, and removes the tokens from this machine. If the provider can't be reached the tokens
    /// are removed all the same, and you are told that its session lives on.
    #[command(after_help = "\
Examples:
  kclogin logout
  kclogin logout --profile work
  kclogin logout --all")]
    Logout {
        /// Sign out of every profile
        #[arg(long, conflicts_with = "profile")]
        all: bool,
        /// Touch no network: only remove the tokens from this machine
        #[arg(long)]
        local: bool,
    },
    /// List, choose, remove and import profiles
    ///
    /// A profile is a provider, a client and how to sign in, under a name. The first login makes one.
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_help = "\
Examples:
  kclogin profile list
  kclogin profile use work
  kclogin profile import keycloak.json --profile work"
    )]
    Profile {
        /// What to do with profiles.
        #[command(subcommand)]
        action: ProfileAction,
    },
    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  kclogin completions bash > ~/.local/share/bash-completion/completions/kclogin
  kclogin completions zsh > ~/.zfunc/_kclogin
  kclogin completions fish > ~/.config/fish/completions/kclogin.fish
  kclogin completions powershell >> $PROFILE")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print or write the man pages
    #[command(after_help = "\
Examples:
  kclogin man | man -l -
  kclogin man profile import | man -l -
  kclogin man --dir ~/.local/share/man/man1")]
    Man {
        /// The command whose page to print (default: the main page)
        #[arg(conflicts_with = "dir")]
        command: Vec<String>,
        /// Write a page for every command into this directory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Options of `kclogin login`.
#[derive(Args, Debug)]
pub struct Login {
    /// The provider's issuer, such as https://HOST/realms/NAME [env: KCLOGIN_ISSUER]
    #[arg(long, value_name = "URL", help_heading = "Provider and client", conflicts_with_all = ["server", "realm"])]
    pub issuer: Option<String>,
    /// Keycloak's address, to be used with --realm
    #[arg(long, value_name = "URL", help_heading = "Provider and client", requires = "realm")]
    pub server: Option<String>,
    /// Keycloak's realm, to be used with --server
    #[arg(long, value_name = "NAME", help_heading = "Provider and client", requires = "server")]
    pub realm: Option<String>,
    /// The client, as it is registered at the provider (default: kclogin) [env: KCLOGIN_CLIENT_ID]
    #[arg(long, value_name = "ID", help_heading = "Provider and client")]
    pub client_id: Option<String>,
    /// Read the client's secret from stdin and keep it in the token store [env: KCLOGIN_CLIENT_SECRET]
    #[arg(long, help_heading = "Provider and client")]
    pub client_secret_stdin: bool,
    /// Ask for this scope; repeatable (default: openid profile email) [env: KCLOGIN_SCOPE]
    #[arg(long, value_name = "SCOPE", help_heading = "Provider and client", value_delimiter = ' ', action = ArgAction::Append)]
    pub scope: Vec<String>,
    /// Trust the certificates in this file instead of the system's
    #[arg(long, value_name = "PEM", help_heading = "Provider and client")]
    pub ca_file: Option<PathBuf>,
    /// Where the provider shows its login page, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client", requires = "token_endpoint")]
    pub authorization_endpoint: Option<String>,
    /// Where the provider gives tokens, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub token_endpoint: Option<String>,
    /// Where the provider says who a token belongs to, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub userinfo_endpoint: Option<String>,
    /// Where the provider publishes its keys, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub jwks_uri: Option<String>,
    /// Where the provider ends sessions, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub end_session_endpoint: Option<String>,

    /// Open the login page with this command; %s is its address [env: BROWSER]
    #[arg(long, value_name = "CMD", help_heading = "How to sign in", conflicts_with = "no_browser")]
    pub browser: Option<String>,
    /// Print the login page's address instead of opening it
    #[arg(long, help_heading = "How to sign in")]
    pub no_browser: bool,
    /// Come back to this address on this machine; `default` is a free port of http://127.0.0.1/callback
    #[arg(long, value_name = "URI", help_heading = "How to sign in")]
    pub redirect_uri: Option<String>,
    /// How long to wait for you
    #[arg(long, value_name = "TIME", help_heading = "How to sign in", default_value = "5m")]
    pub timeout: humantime::Duration,
    /// What the provider should ask: none, login, consent or select_account
    #[arg(long, value_name = "WHAT", help_heading = "How to sign in")]
    pub prompt: Option<String>,
    /// Who is going to sign in, to fill in the form
    #[arg(long, value_name = "USER", help_heading = "How to sign in")]
    pub login_hint: Option<String>,
    /// Go straight to this identity provider behind Keycloak (kc_idp_hint)
    #[arg(long, value_name = "ALIAS", help_heading = "How to sign in")]
    pub idp_hint: Option<String>,
    /// Ask for these levels of authentication
    #[arg(long, value_name = "VALUES", help_heading = "How to sign in")]
    pub acr_values: Option<String>,
    /// Sign in anew if the last time was longer ago
    #[arg(long, value_name = "TIME", help_heading = "How to sign in")]
    pub max_age: Option<humantime::Duration>,
    /// Send a further parameter; repeatable
    #[arg(long = "param", value_name = "KEY=VALUE", help_heading = "How to sign in", action = ArgAction::Append)]
    pub parameters: Vec<String>,
}

/// Options of `kclogin token`.
#[derive(Args, Debug)]
pub struct Token {
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TokenFormat::Raw)]
    pub format: TokenFormat,
    /// Print the ID token instead of the access token
    #[arg(long)]
    pub id_token: bool,
    /// Refresh unless it is valid for this long
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub min_validity: humantime::Duration,
    /// Refresh even where it is still valid
    #[arg(long)]
    pub force_refresh: bool,
    /// Sign in through the browser where that is needed, once for all who ask for it
    #[arg(long)]
    pub login: bool,
}

/// Options of `kclogin exec`.
#[derive(Args, Debug)]
pub struct Exec {
    /// Put the token into this variable; repeatable
    #[arg(long = "env", value_name = "NAME", default_value = "KCLOGIN_TOKEN", action = ArgAction::Append)]
    pub variables: Vec<String>,
    /// Refresh unless it is valid for this long
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub min_validity: humantime::Duration,
    /// Sign in through the browser where that is needed, once for all who ask for it
    #[arg(long)]
    pub login: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TokenFormat {
    /// The token and a newline
    Raw,
    /// An object with the token, its expiry, scope, issuer and subject
    Json,
    /// A line `Authorization: Bearer ...`
    Header,
}

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileAction {
    /// List the profiles and who is signed in
    #[command(after_help = "Examples:\n  kclogin profile list")]
    List,
    /// Show a profile
    #[command(after_help = "Examples:\n  kclogin profile show work")]
    Show {
        /// The profile (default: the default one)
        name: Option<String>,
    },
    /// Make a profile the default
    #[command(after_help = "Examples:\n  kclogin profile use work")]
    Use {
        /// The profile
        name: String,
    },
    /// Remove a profile, and its client's secret
    #[command(after_help = "Examples:\n  kclogin profile remove work\n  kclogin logout --all && kclogin profile remove --all")]
    Remove {
        /// The profile
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// Remove every profile
        #[arg(long, conflicts_with = "name")]
        all: bool,
        /// Remove it even if it is signed in, and forget the session
        #[arg(long)]
        force: bool,
    },
    /// Move a profile's tokens and client secret to another token store
    ///
    /// Copies them, reads them back, writes the new store down in the profile, and only then removes them from the store before.
    #[command(after_help = "\
Examples:
  kclogin profile move-store --to file
  kclogin profile move-store work --to helper:pass")]
    MoveStore {
        /// The profile (default: the default one)
        name: Option<String>,
        /// The store to move to: keyring, file, kernel or helper:NAME
        #[arg(long, value_name = "STORE", value_parser = StoreNames, hide_possible_values = true)]
        to: String,
    },
    /// Make a profile out of a keycloak.json or client_secrets.json
    #[command(after_help = "\
Examples:
  kclogin profile import keycloak.json
  kclogin profile import client_secrets.json --profile flask")]
    Import {
        /// The file
        file: PathBuf,
    },
}

/// The shells there are completions for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_grouped_help_names_every_command_with_its_own_words() {
        for command in Cli::command().get_subcommands() {
            let line = format!("  {:<11}  {}\n", command.get_name(), command.get_about().expect("words"));
            assert!(HELP.contains(&line), "{line:?} is not in the help");
        }
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "{} has none", command.get_name());
            command.get_subcommands().for_each(check);
        }
        Cli::command().get_subcommands().for_each(check);
    }
}
