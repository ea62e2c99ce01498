//! What a contributor to kclogin runs: `cargo xtask demo`, `test`, `soak`, `bench`, `keycloak`, `browser`, `generate`, `fuzz`, `ci`.
//! Owns the command line and the exit code; each task is a module, and what they share (processes, progress, packages) is beside them.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may end on what must not happen"))]

mod bench;
mod browser;
mod ci;
mod debian;
mod demo;
mod failure;
mod fuzz;
mod generate;
mod git;
mod go;
mod http;
mod keycloak;
mod keyring;
mod node_provider;
mod other_provider;
mod packages;
mod parts;
mod postgres;
mod process;
mod progress;
mod python;
mod quiet;
mod scratch;
mod soak;
mod stages;
mod test;
mod undo;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Outcome;

/// What a contributor to kclogin runs
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Sign in to a real Keycloak with the real kclogin, from nothing to a token
    Demo(demo::Options),
    /// Run every test, with all that the live ones need
    Test(test::Options),
    /// Start, stop or look at a Keycloak with the demo realms
    #[command(subcommand)]
    Keycloak(Keycloak),
    /// Drive a headless Chromium through Keycloak's pages
    Browser(browser::Options),
    /// Use a session for a long time, through a restart of Keycloak, and look for what it costs
    Soak(soak::Options),
    /// Measure kclogin against its peers and against nothing, in one run
    Bench(bench::Options),
    /// Make the completions and the man pages anew
    Generate(generate::Options),
    /// Feed what is read from outside with what nobody would send
    Fuzz(fuzz::Options),
    /// Check what the tests don't: format, lints, docs, licences, generated files, other targets, fuzzing
    Ci(ci::Options),
}

#[derive(Debug, Subcommand)]
enum Keycloak {
    /// Start one on a free loopback port, or find the one that runs
    Start,
    /// Run one in the foreground that keeps its data in a folder, for a restart with every session
    Run {
        /// The folder, made if it isn't there
        #[arg(long)]
        folder: PathBuf,
        /// Where it listens [default: a free port]
        #[arg(long)]
        port: Option<u16>,
        #[command(flatten)]
        served: keycloak::Served,
    },
    /// Stop the one that was started
    Stop,
    /// Say where it is
    Status,
    /// Make the demo realms anew
    Realm,
}

fn main() -> ExitCode {
    let cli = Cli::parse_from(as_browser(std::env::args_os().collect()));
    match undo::on_interrupt().and_then(|()| run(cli.task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            progress::say(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Outcome {
    match task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Keycloak(Keycloak::Start) => keycloak::start(),
        Task::Keycloak(Keycloak::Run { folder, port, served }) => keycloak::run(&folder, port, &served),
        Task::Keycloak(Keycloak::Stop) => keycloak::stop(),
        Task::Keycloak(Keycloak::Status) => keycloak::status(),
        Task::Keycloak(Keycloak::Realm) => keycloak::realm(),
        Task::Browser(options) => browser::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Generate(options) => generate::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Ci(options) => ci::run(&options),
    }
}

/// Called with a lone http address, as a program named by `BROWSER` is, this is `xtask browser ADDRESS`.
fn as_browser(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_address = |argument: &OsString| argument.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"));
    if arguments.len() == 2 && is_address(&arguments[1]) {
        arguments.insert(1, "browser".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_lone_address_is_for_the_browser() {
        let given = |words: &[&str]| as_browser(words.iter().map(OsString::from).collect());
        assert_eq!(given(&["xtask", "http://127.0.0.1:1/x"]), ["xtask", "browser", "http://127.0.0.1:1/x"]);
        assert_eq!(given(&["xtask", "keycloak"]), ["xtask", "keycloak"]);
        assert_eq!(given(&["xtask", "browser", "http://h/"]), ["xtask", "browser", "http://h/"]);
    }
}
