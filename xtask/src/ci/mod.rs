//! `cargo xtask ci`: what must hold beside the tests. Every check runs, whichever fails; a missing tool is a failure that names it.
//! Owns the list of checks; the longer ones are in the files below.

mod advisories;
mod pages;
mod shells;
mod targets;
mod windows;

use clap::{Args, ValueEnum};

use crate::failure::Outcome;
use crate::packages::{self, Tool};
use crate::stages::Stages;
use crate::{fuzz, generate, process, workspace};

/// The options of `xtask ci`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these checks [default: all]
    #[arg(value_enum)]
    only: Vec<Check>,
}

/// A thing that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    /// cargo fmt
    Format,
    /// cargo clippy, without a warning
    Lints,
    /// cargo doc, without a warning
    Docs,
    /// cargo deny: advisories, licences, sources, bans
    Deny,
    /// The generated files are what is generated
    Generated,
    /// mandoc finds nothing wrong with the man pages
    Man,
    /// Each completion file loads in its own shell
    Completions,
    /// It compiles for Windows, macOS and musl
    Targets,
    /// The Windows program and its tests, under Wine
    Windows,
    /// Each fuzz target for a few seconds
    Fuzz,
}

impl Check {
    /// What it needs from the system's packages.
    fn needs(self) -> &'static [Tool] {
        match self {
            Self::Man => &[Tool::Mandoc],
            Self::Completions => &[Tool::Bash, Tool::Zsh, Tool::Fish],
            Self::Targets => &[Tool::Clang],
            Self::Windows => &[Tool::Wine, Tool::Mingw],
            _ => &[],
        }
    }

    fn run(self) -> Outcome {
        match self {
            Self::Format => cargo(&["fmt", "--all", "--check"]),
            // Not all targets are: those whose tests want a Keycloak are left out unless they are named.
            Self::Lints => cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--test",
                "live",
                "--test",
                "programs",
                "--test",
                "restart",
                "--test",
                "served",
                "--",
                "-D",
                "warnings",
            ]),
            Self::Docs => docs(),
            Self::Deny => advisories::check(),
            Self::Generated => generate::check(),
            Self::Man => pages::check(),
            Self::Completions => shells::check(),
            Self::Targets => targets::check(),
            Self::Windows => windows::check(),
            Self::Fuzz => fuzz::check(),
        }
    }
}

/// `cargo xtask ci`
pub(crate) fn run(options: &Options) -> Outcome {
    let checks = if options.only.is_empty() { Check::value_variants() } else { &options.only };
    let needed: Vec<Tool> = checks.iter().flat_map(|check| check.needs()).copied().collect();
    packages::ensure(&needed)?;
    let mut stages = Stages::default();
    for check in checks {
        let name = check.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        stages.check(&name, || check.run());
    }
    stages.summary()
}

fn cargo(words: &[&str]) -> Outcome {
    process::run(workspace::cargo().args(words))
}

fn docs() -> Outcome {
    let mut command = workspace::cargo();
    process::run(command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
