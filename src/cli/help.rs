//! How the main help looks: its groups and its colours.

use clap::builder::styling::{AnsiColor, Styles};

/// The colours of the help.
pub(super) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// The main help, in groups: what a newcomer needs comes first.
pub(super) const HELP: &str = "\
{about}

{usage-heading} {usage}

Sign in:
  login              Sign in through the browser and keep the tokens
  whoami             Show who is signed in
  logout             End the session, at the provider too

Use tokens:
  token              Print an access token that is valid now
  exec               Run a command with the access token in its environment
  curl               Make a request with the access token, by curl
  git-credential     Sign git in to the sites that a profile allows
  docker-credential  Sign docker in to the registries that a profile allows
  kubectl            Hand kubectl a token, as its credential plug-in

Inspect:
  status             Show what is stored, without the network
  decode             Show what is in a token, without the network
  introspect         Ask the provider about a token
  revoke             End a token before its time

Set up:
  profile            List, choose, remove and import profiles
  doctor             Find out why a login fails here, line by line
  completions        Print completions for a shell
  man                Print or write the man pages

Options:
{options}

Start with:
  kclogin login --issuer https://HOST/realms/NAME
Every command has examples: kclogin COMMAND --help
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_grouped_help_names_every_command_with_its_own_words() {
        for command in Cli::definition().get_subcommands() {
            let line = format!("  {:<17}  {}\n", command.get_name(), command.get_about().expect("words"));
            assert!(HELP.contains(&line), "{line:?} is not in the help");
        }
    }
}
