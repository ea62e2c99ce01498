//! What `kclogin doctor` takes.

use clap::Args;

use super::ProviderAndClient;

/// Options of `kclogin doctor`: those of a login that decide whether it can work.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Print an object instead of text
    #[arg(long)]
    pub json: bool,
    /// The provider and the client.
    #[command(flatten)]
    pub at: ProviderAndClient,
    /// The command that would open the login page [env: BROWSER]
    #[arg(long, value_name = "CMD", help_heading = "How to sign in")]
    pub browser: Option<String>,
    /// Whether a private window could be opened
    #[arg(long, help_heading = "How to sign in")]
    pub private: bool,
    /// Where the login would come back to; `default` is a free port of http://127.0.0.1/callback
    #[arg(long, value_name = "URI", help_heading = "How to sign in")]
    pub redirect_uri: Option<String>,
}
