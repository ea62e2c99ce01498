//! The programs from PyPI that the recipes are run with, in an environment of their own, so that the system's Python stays as it is.
//! Owns that environment in the cache; which programs, and the hash of each file, is in `tests/programs/python/`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Outcome};
use crate::packages::{self, Tool};
use crate::{quiet, workspace};

/// The folder with the programs, made where it is not or where others are asked for.
pub(crate) fn programs() -> Outcome<PathBuf> {
    let list = workspace::root().join("tests/programs/python/requirements.txt");
    let wanted = fs::read_to_string(&list).context(format_args!("reading {}", list.display()))?;
    let folder = workspace::cache().join("python");
    // Written last: it is what an interrupted command must not leave.
    let done = folder.join("requirements.txt");
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    if fs::read_to_string(&done).is_ok_and(|there| there == wanted) {
        return Ok(programs);
    }
    packages::ensure(&[Tool::PythonVenv])?;
    let what = "Fetching programs from PyPI";
    quiet::run(what, "python", Command::new(packages::program(Tool::PythonVenv)?).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(programs.join("python"));
    // The list is whole, and what is in it runs nothing to be installed.
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:", "--requirement"]);
    quiet::run(what, "python", pip.arg(&list))?;
    fs::write(&done, wanted).context(format_args!("writing {}", done.display()))?;
    Ok(programs)
}
