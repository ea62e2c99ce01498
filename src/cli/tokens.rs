//! What the commands take that use tokens.

use std::ffi::OsString;

use clap::{ArgAction, Args, ValueEnum};

use super::Time;

/// Which token is asked for.
#[derive(Args, Debug)]
pub struct Asked {
    /// Use the ID token instead of the access token
    #[arg(long, help_heading = "Which token", conflicts_with_all = ["audience", "scope", "client_credentials"])]
    pub id_token: bool,
    /// Exchange it for one for this resource server; repeatable (RFC 8693)
    #[arg(long, value_name = "CLIENT", help_heading = "Which token", action = ArgAction::Append)]
    pub audience: Vec<String>,
    /// Have no more than this scope in it; repeatable
    #[arg(long, value_name = "SCOPE", help_heading = "Which token", value_delimiter = ' ', action = ArgAction::Append)]
    pub scope: Vec<String>,
    /// Refresh unless it is valid for this long
    #[arg(long, value_name = "TIME", help_heading = "Which token", default_value = "30s")]
    pub min_validity: Time,
    /// Sign in through the browser where that is needed, once for all who ask for it
    #[arg(long, help_heading = "Which token", conflicts_with = "client_credentials")]
    pub login: bool,
    /// Be the client's service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store
    #[arg(long, help_heading = "Which token", conflicts_with = "audience")]
    pub client_credentials: bool,
}

/// Options of `kclogin token`.
#[derive(Args, Debug)]
pub struct Token {
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TokenFormat::Raw)]
    pub format: TokenFormat,
    /// The shell that `--format env` is for
    #[arg(long, value_name = "SHELL", value_enum, default_value_t = EnvShell::Sh)]
    pub shell: EnvShell,
    /// The variable that `--format env` sets
    #[arg(long = "env", value_name = "NAME", default_value = "KCLOGIN_TOKEN")]
    pub variable: String,
    /// Write it with the proof for this request (DPoP): two header lines, or with `--format json` an object
    #[arg(long, num_args = 2, value_names = ["METHOD", "URL"], conflicts_with_all = ["id_token", "shell", "variable"])]
    pub dpop: Vec<String>,
    /// The nonce that the resource server has asked for (`DPoP-Nonce`)
    #[arg(long, value_name = "NONCE", requires = "dpop")]
    pub dpop_nonce: Option<String>,
    /// Which token.
    #[command(flatten)]
    pub asked: Asked,
    /// Refresh even where it is still valid
    #[arg(long, help_heading = "Which token")]
    pub force_refresh: bool,
}

/// Options of `kclogin exec`.
#[derive(Args, Debug)]
pub struct Exec {
    /// Put the token into this variable; repeatable (default: KCLOGIN_TOKEN, unless there is a --file)
    #[arg(long = "env", value_name = "NAME", action = ArgAction::Append)]
    pub variables: Vec<String>,
    /// Put the token into a file and its path into this variable; repeatable
    #[arg(long = "file", value_name = "NAME", action = ArgAction::Append)]
    pub files: Vec<String>,
    /// Keep the file's token fresh for as long as the command runs
    #[arg(long, requires = "files")]
    pub refresh: bool,
    /// Which token.
    #[command(flatten)]
    pub asked: Asked,
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
    /// A command that sets a variable, to be evaluated by a shell
    Env,
    /// The answer of a Kubernetes credential plug-in
    ExecCredential,
}

/// The shells that evaluate what is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EnvShell {
    /// sh, bash, zsh and their like
    Sh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}
