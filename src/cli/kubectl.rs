//! What `kclogin kubectl` takes, as the plug-in and for its set-up.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::Time;

/// Options of `kclogin kubectl`. They are global in it, so that `setup` takes what the plug-in is to be called with.
#[derive(Args, Debug)]
pub struct Kubectl {
    /// Which token.
    #[command(flatten)]
    pub asked: ClusterAsked,
    /// What to do instead of the plug-in's work.
    #[command(subcommand)]
    pub action: Option<KubectlAction>,
}

/// Which token a cluster is given.
#[derive(Args, Debug)]
pub struct ClusterAsked {
    /// Give the access token instead of the ID token
    #[arg(long, help_heading = "Which token", global = true)]
    pub access_token: bool,
    /// Exchange the access token for one for this resource server; repeatable (RFC 8693)
    #[arg(long, value_name = "CLIENT", help_heading = "Which token", global = true, action = ArgAction::Append)]
    pub audience: Vec<String>,
    /// Have no more than this scope in the access token; repeatable
    #[arg(long, value_name = "SCOPE", help_heading = "Which token", global = true, value_delimiter = ' ', action = ArgAction::Append)]
    pub scope: Vec<String>,
    /// Refresh unless it is valid for this long
    #[arg(long, value_name = "TIME", help_heading = "Which token", global = true, default_value = "30s")]
    pub min_validity: Time,
    /// Sign in through the browser where that is needed, unless kubectl says that nobody is there
    #[arg(long, help_heading = "Which token", global = true)]
    pub login: bool,
    /// Be the client's service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store
    #[arg(long, help_heading = "Which token", global = true)]
    pub client_credentials: bool,
}

/// What there is beside the plug-in's work.
#[derive(Debug, Subcommand)]
pub enum KubectlAction {
    /// Print the commands that make kubectl ask kclogin
    ///
    /// Prints a command line for a POSIX shell that makes a user of the kubeconfig, with the options given here for the plug-in. On stderr it says what
    /// the API server has to be told, by the profile's own issuer and client.
    #[command(after_help = "\
Examples:
  kclogin kubectl setup                                look at it
  kclogin kubectl setup | sh                           do it
  kclogin kubectl setup --profile work --login | sh    sign in by itself when needed
  kclogin kubectl setup --exec-api-version v1beta1     for a kubectl without --exec-interactive-mode")]
    Setup(KubectlSetup),
}

/// Options of `kclogin kubectl setup`.
#[derive(Args, Debug)]
pub struct KubectlSetup {
    /// What to call the user in the kubeconfig (default: the profile's name)
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The program that kubectl is to start, where kclogin is not on its search path
    #[arg(long, value_name = "PATH", default_value = "kclogin")]
    pub command: PathBuf,
    /// The version of the plug-in's interface: v1, or v1beta1 for an older kubectl
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = ExecApiVersion::V1, hide_possible_values = true)]
    pub exec_api_version: ExecApiVersion,
}

/// The versions of `client.authentication.k8s.io`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExecApiVersion {
    /// Since Kubernetes 1.22
    V1,
    /// Before, and still understood
    V1beta1,
}
