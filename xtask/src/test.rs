//! `cargo xtask test`: every test there is, with all that the live ones need: a Keycloak, a Secret Service, a Chromium.
//! Owns the stages, their environment and the summary; the tests themselves are in `tests/`.
//!
//! What the live tests are told: `KCLOGIN_LIVE_KEYCLOAK` (its address), `KCLOGIN_LIVE_ADMIN` (`user:password`), `KCLOGIN_LIVE_BROWSER`
//! (a program for `BROWSER`, without spaces in its path; see `browser` for what it obeys). Those that start a Keycloak of their own are told where it is to
//! listen, and the program that starts it: `KCLOGIN_LIVE_XTASK`; those of kubectl where today's is: `KCLOGIN_LIVE_KUBECTL`; those of Terraform where an OpenTofu
//! is: `KCLOGIN_LIVE_TOFU`; those of git where one is that is newer than the system's may be: `KCLOGIN_LIVE_GIT`; those of recipes for Python and its programs in
//! which folder these are: `KCLOGIN_LIVE_PYTHON`; those of psql where a PostgreSQL is that knows OAuth: `KCLOGIN_LIVE_POSTGRES`;
//! those of providers that are not Keycloak in which folders these are: `KCLOGIN_LIVE_OTHER_PROVIDER` and `KCLOGIN_LIVE_NODE_PROVIDER`.

use std::process::Command;
use std::time::Instant;

use clap::Args;

use crate::failure::Outcome;
use crate::git;
use crate::go;
use crate::keycloak::{self, Keycloak, Origin};
use crate::keyring::Surroundings;
use crate::node_provider;
use crate::other_provider;
use crate::packages::{self, Tool};
use crate::postgres;
use crate::process;
use crate::python;
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
    let mut skipped = Vec::new();
    if packages::can_bring(&[Tool::Go]) {
        stages.check("today's kubectl", || {
            programs.env("KCLOGIN_LIVE_KUBECTL", go::build("kubectl", ".", &[])?);
            Ok(())
        });
        stages.check("OpenTofu", || {
            programs.env("KCLOGIN_LIVE_TOFU", go::build("tofu", "github.com/opentofu/opentofu/cmd/tofu", go::NOT_OPTIMIZED)?);
            Ok(())
        });
    } else {
        skipped.extend(["todays_kubectl", "terraform::"]);
        stages.left_out("today's kubectl and OpenTofu", "they are built by Go 1.21 or newer, which is not here");
    }
    stages.check("a newer git", || {
        programs.env("KCLOGIN_LIVE_GIT", git::newer()?);
        Ok(())
    });
    stages.check("programs from PyPI", || {
        programs.env("KCLOGIN_LIVE_PYTHON", python::programs()?);
        Ok(())
    });
    if packages::can_bring(&[Tool::Java, Tool::Maven]) {
        stages.check("another provider", || {
            programs.env("KCLOGIN_LIVE_OTHER_PROVIDER", other_provider::folder()?);
            Ok(())
        });
    } else {
        skipped.push("other_provider::");
        stages.left_out("another provider", "it needs Java and Maven");
    }
    if packages::can_bring(&[Tool::Npm]) {
        stages.check("a certified provider", || {
            programs.env("KCLOGIN_LIVE_NODE_PROVIDER", node_provider::folder()?);
            Ok(())
        });
    } else {
        skipped.push("node_provider::");
        stages.left_out("a certified provider", "it needs Node.js 20 or newer, and npm");
    }
    if cfg!(target_os = "linux") {
        if packages::can_bring(&[Tool::PostgresParts]) {
            stages.check("PostgreSQL 18", || {
                programs.env("KCLOGIN_LIVE_POSTGRES", postgres::folder()?);
                Ok(())
            });
        } else {
            skipped.push("postgres::");
            stages.left_out("PostgreSQL 18", "it is built from Debian's source, and what that takes is not here");
        }
        if may_make_machines() && packages::can_bring(&[Tool::Systemd]) {
            stages.check("systemd", || packages::ensure(&[Tool::Systemd]));
        } else {
            skipped.push("systemd::");
            stages.left_out("systemd", "it is process 1 of namespaces of its own, which nobody but root may make, and not everywhere");
        }
    }
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

/// Whether a systemd may be started beside the system's own.
fn may_make_machines() -> bool {
    let mount = ["--mount", "--pid", "--fork", "--cgroup", "mount", "-t", "cgroup2", "none", "/mnt"];
    process::output(Command::new("unshare").args(mount)).is_ok_and(|out| out.status.success())
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
