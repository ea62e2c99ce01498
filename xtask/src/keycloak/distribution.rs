//! Keycloak's own files: the folder that a person names, the one in the cache, or a fresh one that Maven fetches and unpacks.
//! Owns Maven's command line and the cache; Java and Maven themselves are `packages`' business.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::VERSION;
use crate::failure::{Context, Failure, Outcome};
use crate::process::Running;
use crate::progress::Step;
use crate::workspace;

/// Pinned, so that every machine unpacks with the same program.
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";

/// What is there already: `KEYCLOAK_HOME`, or what an earlier command unpacked.
pub(crate) fn present() -> Outcome<Option<PathBuf>> {
    if let Some(home) = env::var_os("KEYCLOAK_HOME") {
        let home = PathBuf::from(home);
        if !script(&home).is_file() {
            return Err(Failure::new(format!("KEYCLOAK_HOME={} is no unpacked Keycloak", home.display()))
                .hint(format!("it must hold {}", script(Path::new("")).display())));
        }
        return Ok(Some(home));
    }
    Ok(Some(cached()).filter(|home| script(home).is_file()))
}

/// Keycloak's start script in its folder.
pub(crate) fn script(home: &Path) -> PathBuf {
    home.join("bin").join(if cfg!(windows) { "kc.bat" } else { "kc.sh" })
}

fn cached() -> PathBuf {
    workspace::cache().join(format!("keycloak-{VERSION}"))
}

/// Fetches and unpacks it into the cache.
pub(crate) fn fetch(maven: &Path) -> Outcome<PathBuf> {
    let cache = workspace::cache();
    // Unpacked beside its place and then renamed: an interrupted download must not look like a Keycloak.
    let unpacking = cache.join("unpacking");
    let _ = fs::remove_dir_all(&unpacking);
    fs::create_dir_all(&unpacking).context(format_args!("making {}", unpacking.display()))?;

    let log = cache.join("maven.log");
    let written = fs::File::create(&log).context(format_args!("writing {}", log.display()))?;
    let mut command = Command::new(maven);
    command.args(arguments(&unpacking)).current_dir(&unpacking).stdin(Stdio::null());
    command.stdout(written.try_clone().context("sharing a log file")?).stderr(written);

    let mut step = Step::begin(format!("Fetching Keycloak {VERSION} with Maven (about 200 MB the first time)"));
    let mut running = Running::start(&mut command)?;
    let status = running.finish_while(|| step.tick());
    if !status.success() {
        step.done("failed");
        return Err(Failure::new(format!("Maven could not fetch Keycloak: {}", complaint(&log)))
            .hint(format!("all it said is in {}; a Keycloak of your own can be named with KEYCLOAK_HOME or KEYCLOAK_URL", log.display())));
    }
    step.done("done");

    let home = cached();
    let _ = fs::remove_dir_all(&home);
    fs::rename(unpacking.join(format!("keycloak-{VERSION}")), &home).context(format_args!("moving Keycloak to {}", home.display()))?;
    let _ = fs::remove_dir_all(&unpacking);
    Ok(home)
}

/// A copy of an unpacked one, made if it isn't there.
pub(crate) fn copied(home: &Path, to: &Path) -> Outcome<PathBuf> {
    if !script(to).is_file() {
        let copy = copy_folder(home, to);
        copy.context(format_args!("copying {} to {}", home.display(), to.display()))?;
    }
    Ok(to.to_owned())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

fn arguments(to: &Path) -> Vec<String> {
    vec![
        "--batch-mode".into(),
        "--no-transfer-progress".into(),
        PLUGIN.into(),
        format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"),
        format!("-DoutputDirectory={}", to.display()),
    ]
}

/// Maven's first error line.
fn complaint(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().find(|line| line.contains("ERROR")).unwrap_or("it gave no reason").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_every_file() {
        let scratch = crate::scratch::Scratch::new().unwrap();
        let (from, to) = (scratch.dir("from").unwrap(), scratch.path().join("to"));
        for name in ["bin/kc.sh", "bin/kc.bat", "lib/a/b"] {
            fs::create_dir_all(from.join(name).parent().unwrap()).unwrap();
            fs::write(from.join(name), name).unwrap();
        }
        assert_eq!(copied(&from, &to).unwrap(), to);
        assert_eq!(fs::read_to_string(to.join("lib/a/b")).unwrap(), "lib/a/b");
        // What it built there stays.
        fs::write(to.join("lib/a/b"), "built").unwrap();
        copied(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("lib/a/b")).unwrap(), "built");
    }

    #[test]
    fn maven_unpacks_exactly_one_release() {
        let line = arguments(Path::new("here")).join(" ");
        assert!(line.ends_with("3.8.1:unpack -Dartifact=org.keycloak:keycloak-quarkus-dist:26.7.3:zip -DoutputDirectory=here"), "{line}");
    }
}
