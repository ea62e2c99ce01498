//! `cargo xtask test`: every test there is, with all that the live ones need: a Keycloak, a Secret Service, a Chromium.
//! Owns the stages, their environment and the summary; the tests themselves are in `tests/`.
//!
//! What the live tests are told: `KCLOGIN_LIVE_KEYCLOAK` (its address), `KCLOGIN_LIVE_ADMIN` (`user:password`), `KCLOGIN_LIVE_BROWSER`
//! (a program for `BROWSER`, without spaces in its path; see `browser` for what it obeys). Those that start a Keycloak of their own are told where it is to
//! listen, and the program that starts it: `KCLOGIN_LIVE_XTASK`.
//! What those of programs are told, `parts` says.

use std::process::Command;
use std::time::Instant;

use clap::Args;

use crate::failure::Outcome;
use crate::keycloak::{self, Keycloak, Origin};
use crate::keyring::Surroundings;
use crate::packages::{self, Tool};
use crate::parts;
use crate::scratch::Scratch;
use crate::stages::Stages;
use crate::undo::Undo;
use crate::workspace;

/// The options of `xtask test`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only the tests that need nothing but a compiler
    #[arg(long, conflicts_with = "live_only")]
    fast: bool,
    /// Only the tests that need a Keycloak, a Secret Service and a Chromium
    #[arg(long)]
    live_only: bool,
    /// For the test programs: a filter, `--nocapture` and so on
    #[arg(last = true)]
    arguments: Vec<String>,
}

const WORKSPACE: &[&str] = &["test", "--workspace", "--no-fail-fast"];
const LIVE: &[&str] = &["test", "--package", "kclogin", "--test", "live"];
const PROGRAMS: &[&str] = &["test", "--package", "kclogin", "--test", "programs"];
const RESTART: &[&str] = &["test", "--package", "kclogin", "--test", "restart"];
const SERVED: &[&str] = &["test", "--package", "kclogin", "--test", "served"];

/// `cargo xtask test`
pub(crate) fn run(options: &Options) -> Outcome {
    let mut stages = Stages::default();
    if options.fast {
        stages.run("tests of the workspace", cargo(WORKSPACE, &options.arguments, workspace::cargo()));
        return stages.summary();
    }
    let mut needed = keycloak::needs()?;
    needed.extend(Surroundings::needs(false));
    needed.push(Tool::Chromium);
    needed.extend([Tool::Bash, Tool::Curl, Tool::Fish, Tool::Git, Tool::Make, Tool::Node, Tool::Python, Tool::Zsh]);
    if cfg!(target_os = "linux") {
        needed.extend([Tool::Libsecret, Tool::Keyutils, Tool::Pass, Tool::Strace, Tool::Ip, Tool::Kubectl, Tool::Registry, Tool::Skopeo]);
    }
    packages::ensure(&needed)?;

    let scratch = Scratch::new()?;
    let program = workspace::copy_of_this_program(&scratch)?;
    let mut surroundings = Surroundings::throwaway(&scratch, false)?;
    let within = |surroundings: &Surroundings| workspace::as_cargo(surroundings.command(workspace::cargo_program()));
    if !options.live_only {
        stages.run("tests of the workspace", cargo(WORKSPACE, &options.arguments, within(&surroundings)));
    }

    let begun = Instant::now();
    let keycloak = Keycloak::ensure()?;
    let stop = (keycloak.origin == Origin::Started).then(|| Undo::later(|| drop(keycloak::stop())));
    if keycloak.origin == Origin::Running {
        // Whatever was played with, the tests find the realms as their files say.
        keycloak.admin.reset_realms()?;
    }
    stages.note("Keycloak", begun.elapsed());

    let live = |words: &[&str], url: &str, admin: (&str, &str)| {
        let mut command = cargo(words, &options.arguments, within(&surroundings));
        command.env("KCLOGIN_LIVE_KEYCLOAK", url).env("KCLOGIN_LIVE_ADMIN", format!("{}:{}", admin.0, admin.1));
        command.env("KCLOGIN_LIVE_BROWSER", &program);
        command
    };
    stages.run("live tests", live(LIVE, &keycloak.url, (keycloak.admin.user(), keycloak.admin.password())));
    let mut programs = live(PROGRAMS, &keycloak.url, (keycloak.admin.user(), keycloak.admin.password()));
    let skipped = parts::bring(&mut programs, &mut stages);
    if !skipped.is_empty() && options.arguments.is_empty() {
        programs.arg("--");
    }
    programs.args(skipped.iter().flat_map(|name| ["--skip", name]));
    stages.run("programs", programs);
    drop(stop);

    if keycloak::can_last()? {
        let (user, password) = keycloak::credentials();
        for (name, words, path) in [("restart of Keycloak", RESTART, ""), ("Keycloak served in other ways", SERVED, "/auth")] {
            let mut command = live(words, &format!("http://127.0.0.1:{}{path}", keycloak::free_port()?), (&user, &password));
            // Cargo tells the tests where their package is, which that program would take for its own.
            command.env("KCLOGIN_LIVE_XTASK", &program).env("XTASK_CACHE", workspace::cache());
            stages.run(name, command);
        }
    } else {
        stages.left_out("Keycloak restarted, and served in other ways", "it needs Java and Maven: a container does not keep its data");
    }
    stages.check("the keyring outlived the tests", || surroundings.still_there());
    stages.summary()
}

fn cargo(words: &[&str], arguments: &[String], mut command: Command) -> Command {
    command.args(words);
    if !arguments.is_empty() {
        command.arg("--").args(arguments);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_go_to_the_test_programs() {
        let command = cargo(LIVE, &["--nocapture".into()], Command::new("cargo"));
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(words.join(" "), "test --package kclogin --test live -- --nocapture");
    }
}
