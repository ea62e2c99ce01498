//! `cargo deny`: known vulnerabilities, licences, sources and bans, by the rules in `deny.toml`.
//! Owns the way to the advisory database where it can't be fetched: `ADVISORY_DB_BUNDLE` names a git bundle of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::progress::say;
use crate::{process, workspace};

/// What cargo-deny calls its copy of the default database: the name is made from the address it is fetched from.
const DATABASE: &str = "advisory-db-3157b0e258782691";

pub(super) fn check() -> Outcome {
    if process::find(&["cargo-deny"]).is_none() {
        return Err(Failure::new("not found on this machine: cargo-deny").hint("install it with `cargo install cargo-deny --locked`"));
    }
    let mut command = workspace::cargo();
    command.arg("deny");
    if let Some(bundle) = env::var_os("ADVISORY_DB_BUNDLE").filter(|value| !value.is_empty()) {
        unpack(Path::new(&bundle), &databases())?;
        command.arg("--offline");
    }
    process::run(command.args(["--all-features", "check"]))
}

/// As `db-path` in `deny.toml` has it.
fn databases() -> PathBuf {
    workspace::root().join("target").join("advisory-dbs")
}

/// Clones the bundle's main branch to where cargo-deny looks. Always anew: it takes no time, and the bundle may have changed.
fn unpack(bundle: &Path, databases: &Path) -> Outcome {
    let to = databases.join(DATABASE);
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(databases).context(format_args!("making {}", databases.display()))?;
    say(&format!("The advisory database comes from {}", bundle.display()));
    process::run(Command::new("git").args(["clone", "--quiet", "--branch", "main"]).arg(bundle).arg(&to))
}
