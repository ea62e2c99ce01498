//! Another provider that is not Keycloak: one made with the library oidc-provider, which is certified for what it does.
//! Owns its place in the cache; which version it is, with the hash of each package, is in `tests/programs/node_provider/`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Outcome};
use crate::packages::{self, Tool};
use crate::{quiet, workspace};

const FILES: [&str; 3] = ["package.json", "provider.mjs", "package-lock.json"];

/// The folder in which `node provider.mjs PORT` starts it, made where it is not there or another is asked for.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let source = workspace::root().join("tests/programs/node_provider");
    let folder = workspace::cache().join("node-provider");
    let read = |file: PathBuf| fs::read(&file).context(format_args!("reading {}", file.display()));
    let wanted = FILES.map(|name| read(source.join(name)));
    // What npm leaves as its last is what an interrupted command does not.
    let is_whole = folder.join("node_modules/.package-lock.json").is_file();
    let is_same =
        |(name, wanted): (&str, &Outcome<Vec<u8>>)| matches!((fs::read(folder.join(name)), wanted), (Ok(there), Ok(wanted)) if there == *wanted);
    if is_whole && FILES.into_iter().zip(&wanted).all(is_same) {
        return Ok(folder);
    }
    packages::ensure(&[Tool::Npm])?;
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).context(format_args!("making {}", folder.display()))?;
    for (name, text) in FILES.into_iter().zip(wanted) {
        let file = folder.join(name);
        fs::write(&file, text?).context(format_args!("writing {}", file.display()))?;
    }
    let mut npm = Command::new(packages::program(Tool::Npm)?);
    // The list is whole, and what is in it runs nothing to be installed.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    quiet::run("Fetching a certified provider with npm", "node-provider", &mut npm)?;
    Ok(folder)
}
