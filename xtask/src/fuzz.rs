//! `cargo xtask fuzz`: the targets in `fuzz/`, one after another, each for a while.
//! Owns how they are built on a stable compiler, their limits, and where what they find is put; what they check is theirs.
//!
//! `cargo fuzz` needs a nightly compiler, for the address sanitizer. There is no unsafe code here for it to look at, and what libFuzzer itself needs, a
//! compiler that counts where the program goes, is a pass of LLVM that every compiler has.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::Value;

use crate::failure::{Context, Failure, Outcome};
use crate::stages::Stages;
use crate::{process, workspace};

/// The options of `xtask fuzz`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 300)]
    seconds: u32,
    /// Try the same inputs as every run with this seed [default: others each time]
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Only these targets [default: all]
    #[arg(value_name = "TARGET")]
    only: Vec<String>,
}

/// The targets, and the longest input each is given, in bytes: some times what a true one has.
const TARGETS: &[(&str, u32)] = &[
    ("request_head", 4096),
    ("authorization_response", 1024),
    ("start_page", 2048),
    ("document", 2048),
    ("id_token", 4096),
    ("id_token_claims", 2048),
    ("user_info", 2048),
    ("key_set", 4096),
    ("certificate", 2048),
    ("stored_token_set", 2048),
    ("config_file", 2048),
    ("import", 2048),
    ("text", 1024),
];

/// What makes a program tell libFuzzer which of its edges it passed and what it compared. All of it is stable.
const FLAGS: &[&str] = &[
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// `cargo xtask fuzz`
pub(crate) fn run(options: &Options) -> Outcome {
    let targets = chosen(&options.only)?;
    let programs = build()?;
    let mut stages = Stages::default();
    for (name, longest) in targets {
        let program = programs.get(name).ok_or_else(|| Failure::new(format!("fuzz/Cargo.toml has no target {name}")))?;
        stages.check(name, || fuzz(name, program, longest, options));
    }
    stages.summary()
}

/// Every target for a few seconds: enough to see that they work, and that what was once found stays mended.
///
/// The seed is always the same, since a check says whether a change is in order, and has to say the same of the same tree. To look for what nobody found yet is
/// for the longer runs.
pub(crate) fn check() -> Outcome {
    run(&Options { seconds: 5, seed: Some(1), only: Vec::new() })
}

fn chosen(only: &[String]) -> Outcome<Vec<(&'static str, u32)>> {
    if let Some(unknown) = only.iter().find(|name| !TARGETS.iter().any(|(target, _)| target == name)) {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::new(format!("there is no target {unknown}")).hint(format!("there are {}", known.join(", "))));
    }
    Ok(TARGETS.iter().filter(|(target, _)| only.is_empty() || only.iter().any(|name| name == target)).copied().collect())
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// Builds the targets and gives their programs by name.
fn build() -> Outcome<BTreeMap<String, PathBuf>> {
    let mut command = workspace::cargo();
    // With a target named, the flags are not for build scripts and macros, which have no libFuzzer to tell.
    command.current_dir(folder()).args(["build", "--release", "--bins", "--target", &host()?]);
    command.args(["--message-format", "json-render-diagnostics"]).env("RUSTFLAGS", FLAGS.join(" "));
    let built = process::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?.wait_with_output().context("waiting for cargo")?;
    if !built.status.success() {
        return Err(Failure::new(format!("building the fuzz targets ended with {}", built.status)));
    }
    Ok(programs(&String::from_utf8_lossy(&built.stdout)))
}

/// The programs among cargo's JSON messages.
fn programs(messages: &str) -> BTreeMap<String, PathBuf> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    artifacts
        .filter_map(|artifact| Some((artifact["target"]["name"].as_str()?.to_owned(), PathBuf::from(artifact["executable"].as_str()?))))
        .collect()
}

/// What the compiler calls this system.
fn host() -> Outcome<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = process::output(Command::new(rustc).arg("-vV").current_dir(workspace::root()))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.ok_or_else(|| Failure::new("the compiler does not say what it compiles for"))
}

fn fuzz(name: &str, program: &Path, longest: u32, options: &Options) -> Outcome {
    // What is found on the way is kept for the next run, apart from what is committed.
    let (grown, found) = (folder().join("target").join("corpus").join(name), folder().join("artifacts").join(name));
    for dir in [&grown, &found] {
        fs::create_dir_all(dir).context(format_args!("making {}", dir.display()))?;
    }
    let mut command = Command::new(program);
    command.args([&grown, &folder().join("corpus").join(name)]).args([
        format!("-max_total_time={}", options.seconds),
        // To libFuzzer 0 is none.
        format!("-seed={}", options.seed.unwrap_or(0)),
        format!("-max_len={longest}"),
        format!("-artifact_prefix={}/", found.display()),
    ]);
    command.args(["-rss_limit_mb=1024", "-timeout=10", "-verbosity=0", "-print_final_stats=1"]);
    process::run(command.stdin(Stdio::null()))
        .map_err(|failure| failure.hint(format!("the input is in {}: make it a seed in fuzz/corpus/{name}, and mend what it found", found.display())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_target_is_run_and_has_seeds() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        let declared: BTreeSet<&str> = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(TARGETS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), declared);
        for name in declared {
            assert!(fs::read_dir(folder().join("corpus").join(name)).unwrap().count() > 3, "{name}");
        }
    }

    #[test]
    fn an_unknown_target_is_told() {
        assert_eq!(chosen(&["nothing".to_owned()]).unwrap_err().said(), "there is no target nothing");
        assert_eq!(chosen(&["text".to_owned()]).unwrap(), [("text", 1024)]);
        assert_eq!(chosen(&[]).unwrap().len(), TARGETS.len());
    }

    #[test]
    fn cargo_names_the_programs_in_its_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"libc\"},\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"text\"},\"executable\":\"/elsewhere/text\"}\nnot json";
        assert_eq!(programs(messages), BTreeMap::from([("text".to_owned(), PathBuf::from("/elsewhere/text"))]));
    }
}
