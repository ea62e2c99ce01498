//! What `kclogin login` takes.

use clap::{ArgAction, Args};

use super::{ProviderAndClient, Time};

/// Options of `kclogin login`.
#[derive(Args, Debug)]
pub struct Login {
    /// The provider and the client.
    #[command(flatten)]
    pub at: ProviderAndClient,

    /// Open the login page with this command; %s is its address [env: BROWSER]
    #[arg(long, value_name = "CMD", help_heading = "How to sign in", conflicts_with = "no_browser")]
    pub browser: Option<String>,
    /// Print the login page's address instead of opening it
    #[arg(long, help_heading = "How to sign in")]
    pub no_browser: bool,
    /// Open a private window, in which nobody is signed in yet
    #[arg(long, help_heading = "How to sign in", conflicts_with = "no_browser")]
    pub private: bool,
    /// Use a browser on another machine, and paste here the address where it ends
    #[arg(long, help_heading = "How to sign in", conflicts_with_all = ["browser", "no_browser", "private", "device", "client_secret_stdin"])]
    pub paste: bool,
    /// Show a code to enter in a browser on any device; remembered in the profile
    #[arg(long, help_heading = "How to sign in", conflicts_with_all = ["browser", "no_browser", "private", "paste", "redirect_uri"])]
    pub device: bool,
    /// Come back to this address on this machine; `default` is a free port of http://127.0.0.1/callback
    #[arg(long, value_name = "URI", help_heading = "How to sign in")]
    pub redirect_uri: Option<String>,
    /// How long to wait for you
    #[arg(long, value_name = "TIME", help_heading = "How to sign in", default_value = "5m")]
    pub timeout: Time,
    /// What the provider should ask: none, login, consent or select_account
    #[arg(long, value_name = "WHAT", help_heading = "How to sign in")]
    pub prompt: Option<String>,
    /// Who is going to sign in, to fill in the form
    #[arg(long, value_name = "USER", help_heading = "How to sign in")]
    pub login_hint: Option<String>,
    /// Go straight to this identity provider behind Keycloak (kc_idp_hint)
    #[arg(long, value_name = "ALIAS", help_heading = "How to sign in")]
    pub idp_hint: Option<String>,
    /// Take nothing less than one of these levels of authentication
    #[arg(long, value_name = "VALUES", help_heading = "How to sign in")]
    pub acr_values: Option<String>,
    /// Sign in anew if the last time was longer ago
    #[arg(long, value_name = "TIME", help_heading = "How to sign in")]
    pub max_age: Option<Time>,
    /// Do this at Keycloak's pages, such as UPDATE_PASSWORD or CONFIGURE_TOTP (kc_action)
    #[arg(long, value_name = "ACTION", help_heading = "How to sign in")]
    pub action: Option<String>,
    /// Send a further parameter; repeatable
    #[arg(long = "param", value_name = "KEY=VALUE", help_heading = "How to sign in", action = ArgAction::Append)]
    pub parameters: Vec<String>,
}
