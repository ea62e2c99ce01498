//! A provider that is not Keycloak: NAV's mock-oauth2-server, which speaks OpenID Connect by a library of its own.
//! Owns its place in the cache; which version it is, is in `tests/programs/other_provider/`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Outcome};
use crate::packages::{self, Tool};
use crate::{quiet, workspace};

/// The folder with its archives, fetched where they are not there or others are asked for.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let project = workspace::root().join("tests/programs/other_provider/pom.xml");
    let wanted = fs::read_to_string(&project).context(format_args!("reading {}", project.display()))?;
    let folder = workspace::cache().join("other-provider");
    // Written last: it is what an interrupted command must not leave.
    let done = folder.join("pom.xml");
    let archives = folder.join("lib");
    if fs::read_to_string(&done).is_ok_and(|there| there == wanted) {
        return Ok(archives);
    }
    packages::ensure(&[Tool::Java, Tool::Maven])?;
    let _ = fs::remove_dir_all(&folder);
    let mut maven = Command::new(packages::program(Tool::Maven)?);
    maven.args(["--batch-mode", "--file"]).arg(&project).arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies");
    if let Some(java_home) = packages::java_home() {
        maven.env("JAVA_HOME", java_home);
    }
    quiet::run("Fetching another provider with Maven", "other-provider", maven.arg(format!("-DoutputDirectory={}", archives.display())))?;
    fs::write(&done, wanted).context(format_args!("writing {}", done.display()))?;
    Ok(archives)
}
