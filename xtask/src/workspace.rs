//! Where things are: the workspace, its cargo, the cache for Keycloak, this program itself.
//! Owns the reading of those environment variables; making folders there is left to others.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::{Context, Failure, Outcome};
use crate::process;
use crate::scratch::Scratch;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    // Cargo says where at run time; the compiled-in place is for when the program is started by hand or as a browser.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Where Keycloak is kept, with its log and the note of the one that runs.
pub(crate) fn cache() -> PathBuf {
    let named = env::var_os("XTASK_CACHE").filter(|value| !value.is_empty());
    // Absolute: programs that are told about it run elsewhere.
    named.and_then(|path| absolute(path).ok()).unwrap_or_else(|| root().join("target").join("keycloak"))
}

/// The cargo that runs us.
pub(crate) fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A cargo command in the workspace.
pub(crate) fn cargo() -> Command {
    as_cargo(Command::new(cargo_program()))
}

/// Makes a command that ends in a cargo one in the workspace.
pub(crate) fn as_cargo(mut command: Command) -> Command {
    command.current_dir(root());
    // Set for us by `cargo run`; a cargo inside would take them for its own package's.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// Builds the product and gives the program that came out of it.
pub(crate) fn build_kclogin(release: bool) -> Outcome<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--package", "kclogin", "--bin", "kclogin", "--message-format", "json-render-diagnostics"]);
    if release {
        command.arg("--release");
    }
    let built = process::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?.wait_with_output().context("waiting for cargo")?;
    if !built.status.success() {
        return Err(Failure::new(format!("building kclogin ended with {}", built.status)));
    }
    executable(&String::from_utf8_lossy(&built.stdout)).ok_or_else(|| Failure::new("cargo built kclogin but named no program"))
}

/// The program among cargo's JSON messages: the target folder may be anywhere, so cargo is asked, not guessed.
fn executable(messages: &str) -> Option<PathBuf> {
    let programs = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    programs.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back()
}

/// This program.
pub(crate) fn this_program() -> Outcome<PathBuf> {
    env::current_exe().context("finding out where this program is")
}

/// A copy of this program that stays while cargo may be building it anew, under a path fit for `BROWSER`, which is split on spaces.
pub(crate) fn copy_of_this_program(scratch: &Scratch) -> Outcome<PathBuf> {
    let copy = scratch.path().join(format!("xtask{}", env::consts::EXE_SUFFIX));
    if copy.to_string_lossy().contains(char::is_whitespace) {
        return Err(Failure::new(format!("there is a space in {}", copy.display())).hint("set TMPDIR to a folder without one"));
    }
    fs::copy(this_program()?, &copy).context(format_args!("copying this program to {}", copy.display()))?;
    Ok(copy)
}

/// Whether there is a screen on which a browser could open.
pub(crate) fn has_display() -> bool {
    let named = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_where_its_lock_file_is() {
        assert!(root().join("Cargo.lock").is_file());
        assert!(root().join("xtask").is_dir());
    }

    #[test]
    fn cargo_names_the_program_in_its_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\nnot json\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/elsewhere/debug/kclogin\"}\n{\"reason\":\"build-finished\",\"success\":true}";
        assert_eq!(executable(messages), Some(PathBuf::from("/elsewhere/debug/kclogin")));
        assert_eq!(executable("{\"reason\":\"build-finished\"}"), None);
    }
}
