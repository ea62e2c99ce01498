//! The programs of others that the tasks need: found where they are, installed where that is allowed, named exactly where it isn't.
//! Owns "ensure these are here"; what each program is called is in `tool`, how each system installs it in `manager`.

mod manager;
mod tool;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use manager::{Manager, Privilege};
pub(crate) use tool::{Tool, java_home};

use crate::failure::{Failure, Outcome};
use crate::progress::{Step, say};
use crate::{process, workspace};

/// Sees to it that all of these are here.
pub(crate) fn ensure(tools: &[Tool]) -> Outcome {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    match manager::plan(Manager::of_this_system(), Privilege::ours(), &missing) {
        Plan::Run(commands) => install(&commands)?,
        Plan::Tell(hint) => return Err(absent(&missing).hint(hint)),
    }
    let still = self::missing(&missing);
    if still.is_empty() {
        return Ok(());
    }
    let hint = still.iter().map(|tool| tool.advice()).collect::<Vec<_>>().join("; ");
    Err(Failure::new(format!("the package manager installed everything, and still there is no {}", names(&still))).hint(hint))
}

/// Whether all of these are here or may be installed.
pub(crate) fn can_bring(tools: &[Tool]) -> bool {
    let missing = missing(tools);
    missing.is_empty() || matches!(manager::plan(Manager::of_this_system(), Privilege::ours(), &missing), Plan::Run(_))
}

fn missing(tools: &[Tool]) -> Vec<Tool> {
    tools.iter().copied().filter(|tool| tool.find().is_none()).collect()
}

/// The program for a tool that [`ensure`] has seen to.
pub(crate) fn program(tool: Tool) -> Outcome<PathBuf> {
    tool.find().ok_or_else(|| absent(&[tool]).hint(tool.advice()))
}

/// What to do about missing tools.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// These commands, one after the other.
    Run(Vec<Vec<String>>),
    /// This advice.
    Tell(String),
}

fn absent(tools: &[Tool]) -> Failure {
    Failure::new(format!("not found on this machine: {}", names(tools)))
}

fn names(tools: &[Tool]) -> String {
    tools.iter().map(|tool| tool.name()).collect::<Vec<_>>().join(", ")
}

fn install(commands: &[Vec<String>]) -> Outcome {
    let cache = workspace::cache();
    std::fs::create_dir_all(&cache).map_err(|error| Failure::new(format!("making {}: {error}", cache.display())))?;
    let log = cache.join("packages.log");
    for words in commands {
        let line = words.join(" ");
        say(&format!("$ {line}"));
        let written = std::fs::File::options().create(true).append(true).open(&log);
        let written = written.map_err(|error| Failure::new(format!("writing {}: {error}", log.display())))?;
        let shared = written.try_clone().map_err(|error| Failure::new(format!("sharing a log file: {error}")))?;
        let mut command = Command::new(&words[0]);
        // No input: a question that nobody answers must not hold up the demo for ever.
        command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(shared).stderr(written);
        let mut step = Step::begin("Installing");
        // Asked to end, not killed, when we are interrupted: a half-installed package is hard to repair.
        let mut running = process::Running::start_gently(&mut command)?;
        let status = running.finish_while(|| step.tick());
        step.done(if status.success() { "done" } else { "failed" });
        if !status.success() {
            return Err(Failure::new(format!("`{line}` ended with {status}")).hint(format!("what it said is in {}", log.display())));
        }
    }
    Ok(())
}
