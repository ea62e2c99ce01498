//! Which provider and client are meant: what a login takes, and what looks into one beforehand.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// The provider and the client.
#[derive(Args, Debug)]
pub struct ProviderAndClient {
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
    /// Push the authorization request before the browser opens (PAR), as some clients must; `=false` no longer
    #[arg(long, value_name = "BOOL", help_heading = "Provider and client", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub pushed_authorization_requests: Option<bool>,
    /// Bind the tokens to a key that is kept with them (DPoP); `=false` no longer
    #[arg(long, value_name = "BOOL", help_heading = "Provider and client", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub dpop: Option<bool>,
    /// Trust the certificates in this file instead of the system's
    #[arg(long, value_name = "PEM", help_heading = "Provider and client")]
    pub ca_file: Option<PathBuf>,
    /// Show this certificate to the provider (mutual TLS)
    #[arg(long, value_name = "PEM", help_heading = "Provider and client")]
    pub client_certificate: Option<PathBuf>,
    /// The certificate's key, where it is in another file
    #[arg(long, value_name = "PEM", help_heading = "Provider and client", requires = "client_certificate")]
    pub client_key: Option<PathBuf>,
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
    /// Where the provider gives codes for --device, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub device_authorization_endpoint: Option<String>,
    /// Where the provider takes pushed authorization requests, if it has no discovery
    #[arg(long, value_name = "URL", help_heading = "Provider and client")]
    pub pushed_authorization_request_endpoint: Option<String>,
}
