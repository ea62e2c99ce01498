//! Other people's programs that kclogin is compared with: kubelogin, and ctron's `oidc`.
//! Owns their building and their versions; `secret-tool` and curl come from the system.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::packages::{self, Tool};
use crate::stages::Stages;
use crate::{go, process, workspace};

/// ctron's, from crates.io.
const OIDC_CLI: &str = "0.8.0";

/// Those that could be had.
#[derive(Debug, Default)]
pub(super) struct Peers {
    pub(super) kubelogin: Option<PathBuf>,
    pub(super) oidc: Option<PathBuf>,
}

impl Peers {
    /// Builds what can be built here, and says what can't.
    pub(super) fn build(stages: &mut Stages) -> Self {
        let mut peers = Self::default();
        if packages::can_bring(&[Tool::Go]) {
            stages.check("kubelogin", || {
                peers.kubelogin = Some(go::build_in("xtask/peers", "kubelogin", "github.com/int128/kubelogin", &[])?);
                Ok(())
            });
        } else {
            stages.left_out("kubelogin", "it is built by Go 1.21 or newer, which is not here");
        }
        stages.check("oidc-cli", || {
            peers.oidc = Some(oidc_cli()?);
            Ok(())
        });
        peers
    }

    /// Their names with their versions.
    pub(super) fn names(&self) -> String {
        let module = std::fs::read_to_string(workspace::root().join("xtask/peers/kubelogin/go.mod")).unwrap_or_default();
        let kubelogin = self.kubelogin.as_ref().map(|_| format!("kubelogin {}", required(&module).unwrap_or("of an unknown version")));
        let oidc = self.oidc.as_ref().map(|_| format!("oidc-cli {OIDC_CLI}"));
        let names: Vec<String> = kubelogin.into_iter().chain(oidc).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

/// Which version the module asks for.
fn required(module: &str) -> Option<&str> {
    module.lines().find_map(|line| line.trim().strip_prefix("github.com/int128/kubelogin ")).and_then(|rest| rest.split(' ').next())
}

/// Built once, in some minutes. With rustls and without its server for language models: it is smaller so, and needs no OpenSSL to be built.
fn oidc_cli() -> Outcome<PathBuf> {
    let folder = workspace::cache().join("peers");
    let program = folder.join("bin").join("oidc");
    if is_built(&folder) && process::is_program(&program) {
        return Ok(program);
    }
    let mut command = workspace::cargo();
    command.args(["install", "oidc-cli", "--locked", "--version", OIDC_CLI, "--no-default-features", "--features", "rustls", "--force", "--root"]);
    process::run(command.arg(&folder))?;
    if process::is_program(&program) { Ok(program) } else { Err(Failure::new("cargo installed oidc-cli, and there is no program `oidc`")) }
}

/// Whether the folder has this version, by cargo's own note.
fn is_built(folder: &Path) -> bool {
    let mut command = Command::new(workspace::cargo_program());
    let listed = process::output(command.args(["install", "--list", "--root"]).arg(folder));
    listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line.starts_with(&format!("oidc-cli v{OIDC_CLI}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_compared_with_is_the_modules() {
        assert_eq!(required("require (\n\tgithub.com/int128/kubelogin v1.36.3 // indirect\n\tgithub.com/int128/listener v1.3.0\n)"), Some("v1.36.3"));
        let module = std::fs::read_to_string(workspace::root().join("xtask/peers/kubelogin/go.mod")).unwrap();
        assert!(required(&module).is_some());
    }
}
