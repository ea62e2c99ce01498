//! A program that takes a while and says much: a line for the person, its words in a file.
//! Owns that file's place in the cache; what is run is the callers'.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure, Outcome};
use crate::process::Running;
use crate::progress::Step;
use crate::workspace;

/// Runs it without input. What it says goes to the end of `NAME.log` in the cache, which the failure names.
pub(crate) fn run(what: &str, name: &str, command: &mut Command) -> Outcome {
    let cache = workspace::cache();
    fs::create_dir_all(&cache).context(format_args!("making {}", cache.display()))?;
    let log = cache.join(format!("{name}.log"));
    let written = File::options().create(true).append(true).open(&log).context(format_args!("writing {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(written.try_clone().context("sharing a log file")?).stderr(written);
    let mut step = Step::begin(what);
    let mut running = Running::start(command)?;
    let status = running.finish_while(|| step.tick());
    step.done(if status.success() { "done" } else { "failed" });
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{what} ended with {status}")).hint(format!("what was said is in {}", log.display())))
}
