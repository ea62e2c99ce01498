//! The source of a program whose release on this system is too old, as a later release of Debian has it.
//! Owns the fetching, by apt, from the mirror that the system has; building is the callers'.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::process::output;
use crate::{quiet, workspace};

/// A source package, and what else would do.
pub(crate) struct Source {
    /// Its name in Debian, and the log's.
    pub(crate) package: &'static str,
    /// The release that has it.
    pub(crate) release: &'static str,
    /// What a person calls it.
    pub(crate) name: &'static str,
    /// What to do where it can't be fetched.
    pub(crate) advice: &'static str,
}

impl Source {
    /// Fetches and unpacks it, and gives its folder. The lists and the settings are our own, so that the system's stay as they are.
    pub(crate) fn fetch(&self) -> Outcome<PathBuf> {
        let mirrors = output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]));
        let mirrors = mirrors
            .map_err(|_| Failure::new(format!("this system has no new enough {}, and no apt to bring its source", self.name)).hint(self.advice))?;
        let mirrors = String::from_utf8_lossy(&mirrors.stdout).into_owned();
        let Some(mirror) = mirrors.lines().next() else {
            return Err(Failure::new(format!("this system has no new enough {}, and apt knows no mirror of Debian", self.name)).hint(self.advice));
        };
        let folder = workspace::cache().join(format!("{}-source", self.package));
        let _ = fs::remove_dir_all(&folder);
        for part in ["lists/partial", "archives/partial", "source"] {
            fs::create_dir_all(folder.join(part)).context(format_args!("making {}", folder.display()))?;
        }
        let list = folder.join("sources.list");
        fs::write(&list, format!("deb-src {mirror} {} main\n", self.release)).context(format_args!("writing {}", list.display()))?;
        let settings = [
            format!("Dir::Etc::sourcelist={}", list.display()),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={}", folder.join("lists").display()),
            format!("Dir::Cache={}", folder.display()),
        ];
        let what = format!("Fetching the source of {}", self.name);
        let apt = |words: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(settings.iter().flat_map(|setting| ["-o", setting])).args(words).current_dir(&folder);
            quiet::run(&what, self.package, &mut command)
        };
        apt(&["update"])?;
        apt(&["source", "--download-only", "--tar-only", self.package])?;
        let entries = fs::read_dir(&folder).context("looking for a source")?;
        let archive = entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains(".orig.tar"));
        let archive = archive.ok_or_else(|| Failure::new(format!("apt fetched no source of {}", self.name)).hint(self.advice))?;
        let source = folder.join("source");
        let mut tar = Command::new("tar");
        tar.arg("xf").arg(archive).arg("--strip-components=1").arg("-C").arg(&source);
        quiet::run(&format!("Unpacking the source of {}", self.name), self.package, &mut tar)?;
        Ok(source)
    }
}

/// How many things may be compiled at once.
pub(crate) fn jobs() -> String {
    format!("-j{}", std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}
