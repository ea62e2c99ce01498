//! What `kclogin docker-credential` takes.

use clap::Subcommand;

/// What docker and its like ask of a credential helper, and how they come to ask.
#[derive(Debug, Subcommand)]
pub enum DockerCredential {
    /// Print the token for the registry on stdin, where a profile allows it
    #[command(after_help = "Examples:\n  echo registry.example.com | kclogin docker-credential get")]
    Get,
    /// Refuse to keep a password
    #[command(after_help = "Examples:\n  kclogin docker-credential store < credentials.json")]
    Store,
    /// Leave everything as it is: kclogin logout ends the session
    #[command(after_help = "Examples:\n  echo registry.example.com | kclogin docker-credential erase")]
    Erase,
    /// List the registries that there is a token for, each with the user name
    #[command(after_help = "Examples:\n  kclogin docker-credential list")]
    List,
    /// Print the version
    #[command(after_help = "Examples:\n  kclogin docker-credential version")]
    Version,
    /// Allow a registry, and print what to put into docker's or podman's configuration
    ///
    /// The file itself is left alone: docker and podman write to it too. The entry goes to stdout and can be merged by jq.
    #[command(after_help = "\
Examples:
  kclogin docker-credential setup registry.example.com
  kclogin docker-credential setup registry.example.com:5000 --username '$oauthtoken' --profile work")]
    Setup {
        /// The registry's host, with its port where that is not 443
        site: String,
        /// The user name that its registries want beside a token, for all of the profile [default: oauth2]
        #[arg(long, value_name = "NAME")]
        username: Option<String>,
    },
}
