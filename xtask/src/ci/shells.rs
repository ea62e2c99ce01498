//! The completion files, each loaded by the shell it is for, which must then know what to complete `kclogin` with.
//! Owns the shells' command lines; the files are generated.

use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::scratch::Scratch;
use crate::{process, workspace};

/// Prints what bash would complete with; fails when it would not.
const BASH: &str = "source completions/kclogin.bash && complete -p kclogin";

/// zsh finds the file by its name on its function path; loading the function shows that the whole file can be parsed.
const ZSH: &str = "fpath=($PWD/completions $fpath); autoload -Uz compinit && compinit -u -d $DUMP && \
                   [[ $_comps[kclogin] == _kclogin ]] && autoload +X _kclogin && print -r -- $_comps[kclogin]";

/// Has fish complete a first word: the file's content is used, not only read.
const FISH: &str = "source completions/kclogin.fish; and test (count (complete -C 'kclogin log')) -gt 0; and complete -C 'kclogin log'";

/// PowerShell's own parser, which collects errors instead of failing.
const POWERSHELL: &str = "$e = $null; [System.Management.Automation.Language.Parser]::ParseFile(\
                          (Resolve-Path completions/_kclogin.ps1), [ref]$null, [ref]$e) | Out-Null; if ($e) { $e; exit 1 }";

pub(super) fn check() -> Outcome {
    let scratch = Scratch::new()?;
    load("bash", &packages::program(Tool::Bash)?, &["--noprofile", "--norc", "-c", BASH], scratch.path())?;
    load("zsh", &packages::program(Tool::Zsh)?, &["-f", "-c", ZSH], scratch.path())?;
    load("fish", &packages::program(Tool::Fish)?, &["--no-config", "-c", FISH], scratch.path())?;
    match process::find(&["pwsh"]) {
        Some(pwsh) => load("PowerShell", &pwsh, &["-NoProfile", "-NonInteractive", "-Command", POWERSHELL], scratch.path()),
        None => {
            // The one check that may be left out: no system packages PowerShell.
            say("PowerShell: not checked, pwsh is not installed");
            Ok(())
        }
    }
}

fn load(shell: &str, program: &Path, words: &[&str], home: &Path) -> Outcome {
    let mut command = Command::new(program);
    // An empty home: what a person has set up must neither help nor hinder.
    command.args(words).current_dir(workspace::root()).env("HOME", home).env("ZDOTDIR", home).env("DUMP", home.join("zcompdump"));
    let output = process::output(&mut command)?;
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && complained.trim().is_empty() {
        say(&format!("{shell}: {}", said.lines().next().unwrap_or("parsed")));
        return Ok(());
    }
    Err(Failure::new(format!("{shell} does not load its completions ({}): {}", output.status, complained.trim())))
}
