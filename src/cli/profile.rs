//! What `kclogin profile` takes.

use std::path::PathBuf;

use clap::Subcommand;

use super::StoreNames;

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileAction {
    /// List the profiles and who is signed in
    #[command(after_help = "Examples:\n  kclogin profile list")]
    List {
        /// Print only the names, and ask no token store who is signed in
        #[arg(long)]
        names: bool,
    },
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
    /// Let git, docker and their like send a profile's token to a site
    ///
    /// Those programs ask for a password by the name of the site they talk to. They get the token for the sites that are allowed here, and for no other.
    #[command(after_help = "\
Examples:
  kclogin profile allow git.example.com
  kclogin profile allow registry.example.com:5000 --profile work
  kclogin profile allow git.example.com --remove")]
    Allow {
        /// The site's host, with its port where that is not 443
        site: String,
        /// Allow it no longer
        #[arg(long)]
        remove: bool,
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
