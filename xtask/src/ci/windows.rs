//! The Windows program and its tests, built here and run under Wine: the only place where its Credential Manager, its files and its sockets are used.
//! Owns how Wine is set up and left, and which tests are left out because they can't be run there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::scratch::Scratch;
use crate::undo::Undo;
use crate::{process, workspace};

const TARGET: &str = "x86_64-pc-windows-gnu";

/// After this Wine hangs.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The tests that say more about Wine than about kclogin; docs/development.md has the reasons.
const LEFT_OUT: &[&str] = &[
    "doctor::each_fault_of_a_certificate",
    "doctor_certificates::of_a_certificate_that_is_refused",
    "listener::",
    "provider::self_test::dropping_ends_what_hangs",
    "start_page::",
    "tls::a_ca_file_that_is_none",
    "tls::a_given_ca_is_trusted",
    "tls::an_unknown_authority",
];

pub(super) fn check() -> Outcome {
    let rustup = process::find(&["rustup"])
        .ok_or_else(|| Failure::new("not found on this machine: rustup").hint("install rustup: it brings the other target's standard library"))?;
    process::run(Command::new(rustup).args(["target", "add", TARGET]).current_dir(workspace::root()))?;
    let wine = Wine::start()?;
    let mut command = workspace::cargo();
    // A target folder of its own: `targets` leaves C objects in the other that are not for this system.
    command.env("CARGO_TARGET_DIR", workspace::root().join("target").join("windows")).env("RUSTFLAGS", "-D warnings");
    command.env(variable("LINKER"), packages::program(Tool::Mingw)?).env(variable("RUNNER"), packages::program(Tool::Wine)?);
    // Most of the time would go into linking what nobody looks at.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    // Wine gives out credentials at odd addresses, which this processor reads and Rust's own check in the library does not let pass.
    command.args(["--config", "profile.dev.package.windows-native-keyring-store.debug-assertions=false"]);
    command.args(["test", "--target", TARGET, "--no-fail-fast", "--package", "kclogin", "--lib", "--test", "integration", "--test", "windows"]);
    command.args(["--", "--quiet"]).args(LEFT_OUT.iter().flat_map(|name| ["--skip", name]));
    wine.surround(&mut command);
    let mut running = process::Running::start(command.stdin(Stdio::null()))?;
    match process::until(PATIENCE, || running.ended()) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Failure::new(format!("cargo test ended with {status}"))),
        None => Err(Failure::new(format!("the tests did not end within {} minutes", PATIENCE.as_secs() / 60))),
    }
}

/// What cargo calls a setting of the target.
fn variable(setting: &str) -> String {
    format!("CARGO_TARGET_{}_{setting}", TARGET.to_uppercase().replace('-', "_"))
}

/// A Windows of its own, which ends and is gone when this is dropped.
struct Wine {
    home: PathBuf,
    _stop: Undo,
    _scratch: Scratch,
}

impl Wine {
    fn start() -> Outcome<Self> {
        let scratch = Scratch::new()?;
        let home = scratch.dir("wine")?;
        let server = process::find(&["wineserver"]).ok_or_else(|| Failure::new("not found on this machine: wineserver"))?;
        let prefix = home.clone();
        let stop = Undo::later(move || {
            // Where none runs the first fails. Until the second has ended, files are written that are to be removed.
            for word in ["--kill", "--wait"] {
                let mut command = Command::new(&server);
                surround(&mut command, &prefix);
                let _ = process::output(command.arg(word));
            }
        });
        let wine = Self { home, _stop: stop, _scratch: scratch };
        let mut boot = Command::new(packages::program(Tool::Wine)?);
        wine.surround(&mut boot);
        let booted = process::output(boot.args(["wineboot", "--init"]))?;
        if !booted.status.success() {
            return Err(Failure::new(format!("wineboot ended with {}: {}", booted.status, String::from_utf8_lossy(&booted.stderr).trim())));
        }
        wine.bring_random_numbers()?;
        Ok(wine)
    }

    fn surround(&self, command: &mut Command) {
        surround(command, &self.home);
    }

    /// Rust's standard library takes them from a library that Wine has since version 9.
    fn bring_random_numbers(&self) -> Outcome {
        let library = self.home.join("prefix/drive_c/windows/system32/bcryptprimitives.dll");
        if library.exists() {
            return Ok(());
        }
        say("This Wine has no bcryptprimitives.dll: one is made for it");
        let source = self.home.join("random.c");
        fs::write(&source, RANDOM).context(format_args!("writing {}", source.display()))?;
        process::run(Command::new(packages::program(Tool::Mingw)?).args(["-shared", "-o"]).args([&library, &source]).arg("-ladvapi32"))
    }
}

/// The same numbers under the name by which they are asked for.
const RANDOM: &str = "#include <windows.h>\n\
    BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);\n\
    __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size) { return SystemFunction036(bytes, (ULONG)size); }\n";

/// Neither a display nor this person's home is for Wine, which would put menus and file types there.
fn surround(command: &mut Command, home: &Path) {
    let fixed: [(&str, OsString); 4] = [
        ("WINEPREFIX", home.join("prefix").into()),
        ("WINEDEBUG", "-all".into()),
        ("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=".into()),
        // By it Wine makes names of files here out of those there.
        ("LC_ALL", "C.UTF-8".into()),
    ];
    command.envs(fixed).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_for_this_target_only() {
        assert_eq!(variable("RUNNER"), "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER");
    }

    #[test]
    fn the_tests_that_are_left_out_exist() {
        let tests = workspace::root().join("tests/integration");
        for name in LEFT_OUT {
            let (module, test) = name.rsplit_once("::").unwrap();
            let text = fs::read_to_string(tests.join(format!("{}.rs", module.replace("::", "/")))).unwrap();
            assert!(text.contains(&format!("fn {test}")), "{name}");
        }
    }
}
