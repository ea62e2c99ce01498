//! A git that knows bearer tokens, from 2.46 on: the system's where it is new enough, else one built from the source that Debian's next release has.
//! Owns that source, the build and its place in the cache; the tools for it are `packages`' business.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process::output;
use crate::{quiet, workspace};

const AT_LEAST: (u32, u32) = (2, 46);

/// The release of Debian whose source is taken where the system's own is older.
const RELEASE: &str = "trixie";

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
    let source = fetch()?;
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

/// Git's source, by apt, from the mirror that the system has. The lists and the settings are our own, so that the system's stay as they are.
fn fetch() -> Outcome<PathBuf> {
    let advice = || format!("put a git of version {}.{} or newer on the search path", AT_LEAST.0, AT_LEAST.1);
    let mirrors = output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]));
    let mirrors =
        mirrors.map_err(|_| Failure::new("this system's git is too old, and there is no apt to bring the source of a newer one").hint(advice()))?;
    let mirrors = String::from_utf8_lossy(&mirrors.stdout).into_owned();
    let Some(mirror) = mirrors.lines().next() else {
        return Err(Failure::new("this system's git is too old, and apt knows no mirror of Debian").hint(advice()));
    };
    let folder = workspace::cache().join("git-source");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("lists/partial")).context(format_args!("making {}", folder.display()))?;
    fs::create_dir_all(folder.join("archives/partial")).context(format_args!("making {}", folder.display()))?;
    let list = folder.join("sources.list");
    fs::write(&list, format!("deb-src {mirror} {RELEASE} main\n")).context(format_args!("writing {}", list.display()))?;
    let settings = [
        format!("Dir::Etc::sourcelist={}", list.display()),
        "Dir::Etc::sourceparts=-".to_owned(),
        format!("Dir::State::lists={}", folder.join("lists").display()),
        format!("Dir::Cache={}", folder.display()),
    ];
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(settings.iter().flat_map(|setting| ["-o", setting])).args(words).current_dir(&folder);
        command
    };
    run("Fetching git's source", &mut apt(&["update"]))?;
    run("Fetching git's source", &mut apt(&["source", "--download-only", "--tar-only", "git"]))?;
    let entries = fs::read_dir(&folder).context("looking for git's source")?;
    let archive = entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains(".orig.tar"));
    let archive = archive.ok_or_else(|| Failure::new("apt fetched no source of git").hint(advice()))?;
    let source = folder.join("source");
    fs::create_dir_all(&source).context(format_args!("making {}", source.display()))?;
    run("Unpacking git's source", Command::new("tar").arg("xf").arg(archive).arg("--strip-components=1").arg("-C").arg(&source))?;
    Ok(source)
}

/// Builds the programs and moves them to their folder, whose name is in them.
fn build(source: &Path, folder: &Path) -> Outcome {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut make = Command::new("make");
    make.arg(format!("-j{threads}")).args(SWITCHES).arg(format!("gitexecdir={}", folder.display())).args(TARGETS).current_dir(source);
    run("Building git", &mut make)?;
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).context(format_args!("making {}", folder.display()))?;
    // `git` comes last: it is what an interrupted command must not leave.
    for name in TARGETS.iter().rev() {
        fs::copy(source.join(name), folder.join(name)).context(format_args!("copying {name}"))?;
    }
    let _ = fs::remove_dir_all(source.parent().unwrap_or(source));
    Ok(())
}

fn run(what: &str, command: &mut Command) -> Outcome {
    quiet::run(what, "git", command)
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
