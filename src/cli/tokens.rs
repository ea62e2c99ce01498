//! What the commands take that use tokens.

use std::ffi::OsString;

use clap::{ArgAction, Args, ValueEnum};

use super::Time;

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
    pub min_validity: Time,
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
    pub min_validity: Time,
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
