//! What `kclogin curl` takes, and where what is curl's begins.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use super::{Asked, Cli};

/// Options of `kclogin curl`.
#[derive(Args, Debug)]
pub struct Curl {
    /// Which token.
    #[command(flatten)]
    pub asked: Asked,
    /// curl's own options and the address
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CURL-ARGUMENT", value_hint = ValueHint::Url)]
    pub arguments: Vec<OsString>,
}

/// The global options with a value, as they may stand before the command.
const VALUED: [&str; 4] = ["-p", "--profile", "--color", "--store"];

/// The arguments, with `--` before those that are curl's: the first that is none of kclogin's long options, and all after it. So `-v` and `-q` are curl's
/// after `curl`, as whoever types that expects, and kclogin's before it.
pub fn set_curl_s_apart(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let word = |at: usize| arguments.get(at).and_then(|word| word.to_str());
    let mut at = 1;
    while let Some(option) = word(at).filter(|word| word.starts_with('-')) {
        at += if VALUED.contains(&option) { 2 } else { 1 };
    }
    if word(at) != Some("curl") {
        return arguments;
    }
    let cli = Cli::definition();
    let Some(command) = cli.find_subcommand("curl") else { return arguments };
    at += 1;
    while let Some(word) = word(at) {
        if matches!(word, "--" | "--help" | "-h") {
            return arguments;
        }
        let (name, has_value) = word.split_once('=').map_or((word, false), |(name, _)| (name, true));
        let is_meant = |option: &&clap::Arg| option.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long) && long != "verbose");
        let Some(option) = command.get_arguments().find(is_meant) else { break };
        at += if has_value || !option.get_action().takes_values() { 1 } else { 2 };
    }
    if at < arguments.len() {
        arguments.insert(at, "--".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Command, Lazy};

    fn read(words: &str) -> (Cli, Vec<String>) {
        let words = ["kclogin"].into_iter().chain(words.split_whitespace()).map(Into::into).collect();
        let cli = Cli::try_parse_from(set_curl_s_apart(words)).expect("a call");
        let Command::Curl(Lazy(options)) = &cli.command else { panic!("curl") };
        let arguments = options.arguments.iter().map(|word| word.to_str().expect("text").to_owned()).collect();
        (cli, arguments)
    }

    #[test]
    fn what_is_not_kclogin_s_is_curl_s() {
        for (call, arguments) in [
            ("curl https://a", "https://a"),
            ("curl -v -q -p x https://a", "-v -q -p x https://a"),
            ("curl --verbose https://a --store x", "--verbose https://a --store x"),
            ("-v --profile work -pwork --color=never curl -sSf https://a", "-sSf https://a"),
            ("curl --audience api --login --scope=a --profile work -H a:b https://a --login", "-H a:b https://a --login"),
            ("curl --audience api -- --scope x", "--scope x"),
            ("curl -- -v https://a", "-v https://a"),
            ("curl https://a -- b", "https://a -- b"),
        ] {
            assert_eq!(read(call).1.join(" "), arguments, "{call}");
        }
        let (cli, _) = read("-v --profile work curl --audience api --audience b --store file -v https://a");
        assert!(cli.global.verbose && cli.global.profile.as_deref() == Some("work") && cli.global.store.as_deref() == Some("file"));
        assert!(matches!(cli.command, Command::Curl(Lazy(Curl { asked, .. })) if asked.audience == ["api", "b"]));
    }

    #[test]
    fn other_calls_stay_as_they_are() {
        for call in ["exec curl -v x", "token", "curl", "curl --help", "curl --login", "-p curl token", "--color", "curl --audience x -h"] {
            let words: Vec<OsString> = ["kclogin"].into_iter().chain(call.split_whitespace()).map(Into::into).collect();
            assert_eq!(set_curl_s_apart(words.clone()), words, "{call}");
        }
    }

    #[test]
    fn the_options_with_a_value_are_those_of_every_command() {
        let cli = Cli::definition();
        let valued = cli.get_arguments().filter(|option| option.get_action().takes_values());
        let names: Vec<String> = valued
            .flat_map(|option| [option.get_short().map(|short| format!("-{short}")), option.get_long().map(|long| format!("--{long}"))])
            .flatten()
            .collect();
        let (mut names, mut known) = (names, VALUED.map(str::to_owned).to_vec());
        names.sort();
        known.sort();
        assert_eq!(names, known);
    }
}
