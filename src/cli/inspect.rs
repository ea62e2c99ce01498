//! What the commands take that look at a token.

use clap::Args;

/// Which token is looked at.
#[derive(Args, Debug)]
pub struct Shown {
    /// The token, or `-` to read it from stdin (default: the stored access token)
    pub token: Option<String>,
}

/// Options of `kclogin decode`.
#[derive(Args, Debug)]
pub struct Decode {
    /// Which token.
    #[command(flatten)]
    pub shown: Shown,
    /// Take the stored ID token instead of the access token
    #[arg(long, conflicts_with = "token")]
    pub id_token: bool,
    /// Check that the profile's provider has signed it and that it is valid now
    #[arg(long)]
    pub verify: bool,
    /// Print an object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Options of `kclogin introspect`.
#[derive(Args, Debug)]
pub struct Introspect {
    /// Which token.
    #[command(flatten)]
    pub shown: Shown,
    /// Print the provider's answer, unchanged
    #[arg(long)]
    pub json: bool,
}
