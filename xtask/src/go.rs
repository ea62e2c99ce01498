//! Programs in Go, built from their modules: no package registry has today's, and the systems' own may be years old.
//! Owns the building; what is built, and from what, is in a folder of each program's own: in `tests/programs/` what the tests run, in `xtask/peers/` what
//! kclogin is compared with.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::Outcome;
use crate::packages::{self, Tool};
use crate::{process, workspace};

/// For what is large and run a few times: it takes a quarter less of the compiler's time.
pub(crate) const NOT_OPTIMIZED: &[&str] = &["-gcflags=all=-N -l"];

/// Builds a package of the module in `tests/programs/NAME`, and gives the program. The first time takes minutes; what was built is in Go's own cache.
pub(crate) fn build(name: &str, package: &str, options: &[&str]) -> Outcome<PathBuf> {
    build_in("tests/programs", name, package, options)
}

/// As [`build`], of the module in `FOLDER/NAME`.
pub(crate) fn build_in(folder: &str, name: &str, package: &str, options: &[&str]) -> Outcome<PathBuf> {
    packages::ensure(&[Tool::Go])?;
    let program = workspace::root().join("target").join(name).join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(packages::program(Tool::Go)?);
    command.args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]).args(options).arg("-o").arg(&program).arg(package);
    // Without C it needs no compiler, and an older Go fetches the one that the module asks for.
    command.current_dir(workspace::root().join(folder).join(name)).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto");
    process::run(&mut command)?;
    Ok(program)
}
