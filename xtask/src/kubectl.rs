//! Today's kubectl for the tests of `kclogin kubectl`, as the systems' own may be years old: built from its module, as no binary can be had from a package
//! registry. Owns the building; what is built is `tests/programs/kubectl/`.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::Outcome;
use crate::packages::{self, Tool};
use crate::{process, workspace};

/// Builds it, and gives the program. The first time takes minutes; what was built is in Go's own cache.
pub(crate) fn build() -> Outcome<PathBuf> {
    let program = workspace::root().join("target").join("kubectl").join(format!("kubectl{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(packages::program(Tool::Go)?);
    command.args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o"]).arg(&program).arg(".");
    // Without C it needs no compiler, and an older Go fetches the one that the module asks for.
    command.current_dir(workspace::root().join("tests/programs/kubectl")).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto");
    process::run(&mut command)?;
    Ok(program)
}
