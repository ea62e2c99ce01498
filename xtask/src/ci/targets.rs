//! `cargo check` for the systems that this machine is not.
//! Owns the list of targets and how the C parts of dependencies are got past where there is no compiler for the target.

use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::{process, workspace};

const TARGETS: &[&str] = &["x86_64-pc-windows-gnu", "aarch64-apple-darwin", "x86_64-unknown-linux-musl"];

pub(super) fn check() -> Outcome {
    let rustup = process::find(&["rustup"])
        .ok_or_else(|| Failure::new("not found on this machine: rustup").hint("install rustup: it brings the other targets' standard libraries"))?;
    process::run(Command::new(rustup).args(["target", "add"]).args(TARGETS).current_dir(workspace::root()))?;
    let clang = packages::program(Tool::Clang)?;
    let failed: Vec<&str> = TARGETS.iter().copied().filter(|target| !compiles_for(target, &clang)).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("does not compile for {}", failed.join(", ")))) }
}

fn compiles_for(target: &str, clang: &Path) -> bool {
    say(target);
    let mut command = workspace::cargo();
    command.args(["check", "--workspace", "--all-targets", "--keep-going", "--target", target]);
    // A warning that only another system sees would be found nowhere else.
    command.env("RUSTFLAGS", "-D warnings");
    // Checking compiles the C parts and links nothing: objects for this machine do as well, and need no other system's headers.
    // clang it is because a dependency passes an option for macOS that gcc does not know.
    command.env(compiler_variable(target), clang).env("CRATE_CC_NO_DEFAULTS", "1");
    process::run(&mut command).is_ok()
}

/// Where the C compiler for a target is looked for by the dependencies' build scripts.
fn compiler_variable(target: &str) -> String {
    format!("CC_{}", target.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_is_named_for_one_target_only() {
        assert_eq!(compiler_variable("aarch64-apple-darwin"), "CC_aarch64_apple_darwin");
    }
}
