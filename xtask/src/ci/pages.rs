//! The man pages, as mandoc sees them: a warning is a failure.
//! Owns mandoc's command line; the pages are generated.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::{process, workspace};

pub(super) fn check() -> Outcome {
    let folder = workspace::root().join("man");
    let entries = fs::read_dir(&folder).context(format_args!("reading {}", folder.display()))?;
    let mut pages: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_page(path)).collect();
    pages.sort();
    if pages.is_empty() {
        return Err(Failure::new("there are no man pages").hint("run `cargo xtask generate`"));
    }
    // With -Tlint the exit code tells the worst finding, and -Wwarning is where that begins.
    process::run(Command::new(packages::program(Tool::Mandoc)?).args(["-Tlint", "-Wwarning"]).args(&pages))?;
    say(&format!("{} pages", pages.len()));
    Ok(())
}

fn is_page(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|extension| extension == "1")
}
