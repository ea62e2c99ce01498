//! A git that knows bearer tokens, from 2.46 on: the system's where it is new enough, else one built from the source that Debian's next release has.
//! Owns the build and its place in the cache; the tools for it are `packages`' business, the source `debian`'s.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{Source, jobs};
use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process::output;
use crate::{quiet, workspace};

const AT_LEAST: (u32, u32) = (2, 46);

const SOURCE: Source = Source { package: "git", release: "trixie", name: "git", advice: "put a git of version 2.46 or newer on the search path" };

/// What cloning, fetching and pushing over HTTP takes; what is left out is for people who look at it.
const TARGETS: [&str; 3] = ["git", "git-remote-http", "git-remote-https"];
const SWITCHES: [&str; 8] =
    ["CFLAGS=-O0", "NO_EXPAT=1", "NO_GETTEXT=1", "NO_OPENSSL=1", "NO_PERL=1", "NO_PYTHON=1", "NO_TCLTK=1", "NO_INSTALL_HARDLINKS=1"];

/// The program, brought here where it is not.
pub(crate) fn newer() -> Outcome<PathBuf> {
    let system = packages::program(Tool::Git)?;
    if is_new_enough(&system) {
        return Ok(system);
    }
    let folder = workspace::cache().join("git");
    let program = folder.join("git");
    if is_new_enough(&program) {
        return Ok(program);
    }
    packages::ensure(&[Tool::GitParts, Tool::Make])?;
    let source = SOURCE.fetch()?;
    build(&source, &folder)?;
    if !is_new_enough(&program) {
        return Err(Failure::new(format!("the git that was built is older than {}.{}", AT_LEAST.0, AT_LEAST.1)));
    }
    Ok(program)
}

fn is_new_enough(git: &Path) -> bool {
    output(Command::new(git).arg("version")).is_ok_and(|out| version(&String::from_utf8_lossy(&out.stdout)).is_some_and(|found| found >= AT_LEAST))
}

/// The first two numbers in `git version 2.39.5 (Apple Git-154)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split('.').map_while(|part| part.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Builds the programs and moves them to their folder, whose name is in them.
fn build(source: &Path, folder: &Path) -> Outcome {
    let mut make = Command::new("make");
    make.arg(jobs()).args(SWITCHES).arg(format!("gitexecdir={}", folder.display())).args(TARGETS).current_dir(source);
    quiet::run("Building git", SOURCE.package, &mut make)?;
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).context(format_args!("making {}", folder.display()))?;
    // `git` comes last: it is what an interrupted command must not leave.
    for name in TARGETS.iter().rev() {
        fs::copy(source.join(name), folder.join(name)).context(format_args!("copying {name}"))?;
    }
    let _ = fs::remove_dir_all(source.parent().unwrap_or(source));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_tells_its_version() {
        assert_eq!(version("git version 2.39.5\n"), Some((2, 39)));
        assert_eq!(version("git version 2.50.1 (Apple Git-155)\n"), Some((2, 50)));
        assert_eq!(version("git version 2.47.rc1\n"), Some((2, 47)));
        assert_eq!(version("something else"), None);
    }
}
