//! The command line: clap's types and the words of the help, nothing else. The larger commands have a file each.

mod curl;
mod docker_credential;
mod doctor;
mod git_credential;
mod global;
mod help;
mod inspect;
mod kubectl;
mod lazy;
mod login;
mod profile;
mod provider;
mod tokens;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

pub use curl::{Curl, set_curl_s_apart};
pub use docker_credential::DockerCredential;
pub use doctor::Doctor;
pub use git_credential::GitCredential;
use global::StoreNames;
pub use global::{Colour, Global};
use help::{HELP, STYLES};
pub use humantime::Duration as Time;
pub use inspect::{Decode, Introspect, Shown};
pub use kubectl::{ClusterAsked, ExecApiVersion, Kubectl, KubectlAction, KubectlSetup};
pub use lazy::Lazy;
pub use login::Login;
pub use profile::ProfileAction;
pub use provider::ProviderAndClient;
pub use tokens::{Asked, EnvShell, Exec, Token, TokenFormat};

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

impl Cli {
    /// The whole definition, with all that is otherwise put together only where it is called for.
    #[must_use]
    pub fn definition() -> clap::Command {
        let mut definition = Self::command();
        definition.build();
        definition
    }
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
  kclogin login --action UPDATE_PASSWORD      change the password at Keycloak's page
  kclogin login                          sign in again, to the default profile
  kclogin login --scope 'openid profile email offline_access'   outlive the provider's session
  kclogin login --paste                  with a browser on another machine
  kclogin login --private                as somebody else than the browser knows
  kclogin login --no-browser             print the address instead of opening it
  kclogin login --device                 over SSH: enter a code in a browser anywhere
  pass show kc | kclogin login --client-id backend --client-secret-stdin")]
    Login(Lazy<Box<Login>>),
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
  kclogin token --format json | jq .seconds_left
  eval \"$(kclogin token --format env)\"   sets KCLOGIN_TOKEN
  kclogin token --audience orders-api    exchanged for one that the orders API takes
  kclogin token --dpop GET https://api.example.com/   with the proof for this request, after `kclogin login --dpop`
  KCLOGIN_CLIENT_SECRET=... kclogin token --client-credentials   without a person, as in CI")]
    Token(Lazy<Token>),
    /// Run a command with the access token in its environment
    ///
    /// The command takes kclogin's place: its exit code, its signals and the terminal are its own. The token is in the variable KCLOGIN_TOKEN, or in
    /// those that `--env` names. It is not renewed while the command runs: ask for one that is valid for long enough.
    ///
    /// With `--file` the token is in a file that only you can read, whose path is in the variable, and which is gone when the command ends; with
    /// `--refresh` too, the file always has a token that is valid. kclogin then waits for the command, and ends as it does.
    #[command(after_help = "\
Examples:
  kclogin exec -- terraform plan
  kclogin exec --env VAULT_TOKEN --min-validity 4m -- ./deploy.sh --all
  kclogin exec --file AWS_WEB_IDENTITY_TOKEN_FILE --refresh -- ./long-job.sh
  kclogin exec --login -- make publish")]
    Exec(Lazy<Exec>),
    /// Make a request with the access token, by curl
    ///
    /// Runs curl with your arguments and hands it the header with the token through a pipe, so that it is in no list of processes. The token goes over https
    /// only, or to this machine; an address without a scheme means https. Where a site refuses a token that is still valid, it is renewed, and a request that
    /// changes nothing is made once more.
    ///
    /// kclogin's own options come first. From the first other word on all is curl's, `-v` and `-q` too; curl's `-v` is shown without the token.
    #[command(after_help = "\
Examples:
  kclogin curl https://api.example.com/orders
  kclogin curl -sSf https://api.example.com/orders | jq .
  kclogin curl --audience orders-api --json '{\"item\":1}' https://api.example.com/orders
  kclogin --profile work curl -v https://api.example.com/")]
    Curl(Lazy<Curl>),
    /// Sign git in to the sites that a profile allows
    ///
    /// Git asks this for a user name and a password, and gets the access token for the sites that `kclogin profile allow` names, over https. Git 2.46 and
    /// newer send it as a bearer token, where the site takes one; others as a password. `setup` allows a site, and prints the commands by which git asks
    /// kclogin about it and nobody else. Where nobody is signed in git stops, and kclogin's sentence says what to do.
    #[command(after_help = "\
Examples:
  kclogin git-credential setup git.example.com | sh
  kclogin git-credential setup git.example.com:8443 --username alice --profile work | sh
  kclogin git-credential setup git.example.com --login | sh      sign in when git needs it
  printf 'protocol=https\\nhost=git.example.com\\n\\n' | kclogin git-credential get")]
    GitCredential(Lazy<GitCredential>),
    /// Sign docker in to the registries that a profile allows
    ///
    /// Docker, podman, skopeo and their like ask this for a user name and a password, by the name `docker-credential-kclogin`, and get the access token
    /// for the registries that `kclogin profile allow` names. `setup` allows one, and prints what to put into docker's configuration. Where nobody is
    /// signed in docker stops, and kclogin's sentence says what to do.
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_help = "\
Examples:
  kclogin docker-credential setup registry.example.com
  kclogin docker-credential list"
    )]
    DockerCredential {
        /// What to do.
        #[command(subcommand)]
        action: Lazy<DockerCredential>,
    },
    /// Hand kubectl a token, as its credential plug-in
    ///
    /// Prints an ExecCredential for Kubernetes' clients, which start this by themselves once `kclogin kubectl setup` has made a user for it. It holds the
    /// ID token, since that is what an API server verifies. Where kubectl says that nobody is there, no browser is opened.
    #[command(after_help = "\
Examples:
  kclogin kubectl setup | sh             make a user that gets its token here
  kclogin kubectl setup --login | sh     that opens the browser when needed
  kclogin kubectl                        what kubectl sees
  kclogin kubectl setup --access-token --audience my-cluster
  kclogin kubectl setup --client-credentials   without a person, as in CI")]
    Kubectl(Lazy<Kubectl>),
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
    /// Show what is in a token, without the network
    ///
    /// Shows the header and the claims of a JWT, the times in words. Nothing of it is verified unless `--verify` asks for that: then the signature is
    /// checked with the keys of the profile's provider, and that it is valid now.
    #[command(after_help = "\
Examples:
  kclogin decode
  kclogin decode --id-token --verify
  pbpaste | kclogin decode -
  kclogin decode --json | jq .claims.realm_access.roles")]
    Decode(Lazy<Decode>),
    /// Ask the provider about a token
    ///
    /// Says whether the token is valid now, and what the provider knows of it (RFC 7662). It takes a client with a secret. Exits with 1 where the token is
    /// not valid.
    #[command(after_help = "\
Examples:
  kclogin introspect
  kclogin introspect --json - < token | jq .active")]
    Introspect(Lazy<Introspect>),
    /// End a token before its time
    ///
    /// Revokes the stored access token, and the next command gets a new one: for a token that has got where it should not be. With a token, that one is
    /// revoked (RFC 7009); with a refresh token its session ends. To end your own session there is `kclogin logout`.
    #[command(after_help = "\
Examples:
  kclogin revoke
  kclogin revoke - < token")]
    Revoke(Lazy<Shown>),
    /// End the session, at the provider too
    ///
    /// Ends the session at the provider, revokes what outlives it, and removes the tokens from this machine. If the provider can't be reached the tokens
    /// are removed all the same, and you are told that its session lives on.
    #[command(after_help = "\
Examples:
  kclogin logout
  kclogin logout --profile work
  kclogin logout --all
  kclogin logout --browser      in the browser, for a provider that needs it")]
    Logout {
        /// Sign out of every profile
        #[arg(long, conflicts_with = "profile")]
        all: bool,
        /// Touch no network: only remove the tokens from this machine
        #[arg(long)]
        local: bool,
        /// End the session in the browser that has it, for providers that end it no other way
        #[arg(long, conflicts_with = "local")]
        browser: bool,
        /// How long to wait for the browser to come back
        #[arg(long, value_name = "TIME", default_value = "1m", requires = "browser")]
        timeout: Time,
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
        action: Lazy<ProfileAction>,
    },
    /// Find out why a login fails here, line by line
    ///
    /// Looks at everything that a login needs, without signing in and without opening a browser: the configuration and where each value came from, the
    /// network, the provider, the client and its redirect URI, the listener, the browser, the token store and the terminal. Each line is ok, a warning or
    /// failed, with what to do. Nothing in it is secret. Exits with 1 where something failed.
    ///
    /// The provider is asked, so that it may write down a sign-in that failed.
    #[command(after_help = "\
Examples:
  kclogin doctor
  kclogin doctor --issuer https://keycloak.example.com/realms/work   before the first login
  kclogin doctor --profile work --redirect-uri http://127.0.0.1:8400/callback
  kclogin doctor --json | jq '.checks[] | select(.outcome == \"failed\")'")]
    Doctor(Lazy<Box<Doctor>>),
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
    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "{} has none", command.get_name());
            command.get_subcommands().for_each(check);
        }
        Cli::definition().get_subcommands().for_each(check);
    }
}
