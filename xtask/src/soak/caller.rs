//! One call of kclogin, watched while it lives, and what kclogin leaves where it keeps things.
//! Owns the environment of the calls and the looking into `/proc`, the keyring and the folders; what it means is `tally`'s.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::tally::{Call, Size};
use crate::failure::{Context, Failure, Outcome};
use crate::keyring::Surroundings;
use crate::packages::{self, Tool};
use crate::process;

/// The profile, named after the realm.
pub(super) const PROFILE: &str = "rotating";

/// How often a call is looked at while it lives. One takes some ten milliseconds, so that its last look is close to its end.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How kclogin is called.
pub(super) struct Caller<'a> {
    pub(super) kclogin: PathBuf,
    /// This program, as a browser.
    pub(super) browser: PathBuf,
    /// Where the folders for its configuration and state are.
    pub(super) folder: PathBuf,
    pub(super) surroundings: &'a Surroundings,
}

impl Caller<'_> {
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.surroundings.command(&self.kclogin);
        for name in ["KCLOGIN_ISSUER", "KCLOGIN_CLIENT_ID", "KCLOGIN_CLIENT_SECRET", "KCLOGIN_SCOPE", "KCLOGIN_STORE", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
            command.env(name, self.folder.join(folder));
        }
        command.args(arguments).env("KCLOGIN_PROFILE", PROFILE).env("BROWSER", &self.browser).stdin(Stdio::null());
        command
    }

    /// Makes one call, `begun` after the first.
    pub(super) fn call(&self, arguments: &[&str], begun: Duration) -> Outcome<Call> {
        let started = Instant::now();
        let mut child = process::spawn(self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let mut most = Size::default();
        while child.try_wait().context("waiting for kclogin")?.is_none() {
            if let Some(size) = look(child.id()) {
                most = most.or_more(size);
            }
            sleep(LOOK_EVERY);
        }
        // What it prints is far less than a pipe holds, so that it has ended without a reader.
        let output = child.wait_with_output().context("waiting for kclogin")?;
        Ok(Call {
            command: arguments.first().copied().unwrap_or_default().to_owned(),
            begun,
            took: started.elapsed(),
            code: output.status.code(),
            printed: !output.stdout.is_empty(),
            said: String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; "),
            most,
        })
    }

    /// How many items of kclogin's the keyring has.
    pub(super) fn keyring_items(&self) -> Outcome<usize> {
        let mut command = self.surroundings.command(packages::program(Tool::Libsecret)?);
        let found = process::output(command.args(["search", "--all", "service", "kclogin"]))?;
        if !found.status.success() {
            return Err(Failure::new(format!("looking into the keyring ended with {}", found.status)));
        }
        // Each item begins with its path on the bus, in brackets.
        Ok(String::from_utf8_lossy(&found.stdout).lines().filter(|line| line.starts_with("[/")).count())
    }

    /// The processes of kclogin, which should all have ended.
    pub(super) fn strays(&self) -> Vec<String> {
        let program = [self.kclogin.as_os_str().as_encoded_bytes(), b"\0"].concat();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let started = |entry: &fs::DirEntry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| line.starts_with(&program));
        let ours = processes.filter(started);
        ours.map(|entry| entry.path().display().to_string()).collect()
    }

    /// The files beside the configuration and the locks.
    pub(super) fn stray_files(&self) -> Outcome<Vec<String>> {
        let known = ["config.toml", ".config.toml.lock"].map(|name| format!("config/kclogin/{name}"));
        let locks = [format!("state/kclogin/{PROFILE}.lock"), format!("state/kclogin/{PROFILE}.login")];
        let known: Vec<PathBuf> = known.iter().chain(&locks).map(|name| self.folder.join(name)).collect();
        let mut files = Vec::new();
        for folder in ["config", "state"] {
            files_below(&self.folder.join(folder), &mut files)?;
        }
        Ok(files.iter().filter(|file| !known.contains(file)).map(|file| file.display().to_string()).collect())
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(folder).context(format_args!("reading {}", folder.display()))?.flatten() {
        if entry.path().is_dir() {
            files_below(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// How large a process has been at most, and how many descriptors it has now.
pub(super) fn look(id: u32) -> Option<Size> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()?;
    // A process that has just become another program still has what we have open, for a moment: it is listed, and gone when it is looked at.
    // kclogin can't be looked into by anybody but root, who alone sees descriptors then; the others see none, before and after.
    let descriptors =
        fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten().filter(|entry| fs::read_link(entry.path()).is_ok()).count();
    Some(Size { memory, descriptors })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory_and_descriptors() {
        let before = look(std::process::id()).unwrap();
        let _held: Vec<_> = (0..10).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let after = look(std::process::id()).unwrap();
        assert!(before.memory > 100 && after.descriptors >= before.descriptors.min(10), "{before:?} {after:?}");
        assert_eq!(look(u32::MAX), None);
    }
}
