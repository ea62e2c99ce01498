//! A row of checks that all run, whichever fails, and a summary that tells how each went and how long it took.
//! Owns the running and the telling; what the checks are is the callers'.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::process::Running;
use crate::progress::{say, seconds};

/// Stages that all run, and are told about at the end.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<(String, Duration, Result<(), String>)>,
    left_out: Vec<String>,
}

impl Stages {
    /// Runs a command without input to its end, in a process group of its own so that nothing of it is left when we are interrupted.
    pub(crate) fn run(&mut self, name: &str, mut command: Command) {
        say(&format!("\n==> {name}"));
        let begun = Instant::now();
        let ended = Running::start_gently(command.stdin(Stdio::null())).and_then(|mut running| running.finish());
        let result = match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(status.to_string()),
            Err(failure) => Err(failure.said().to_owned()),
        };
        self.add(name, begun.elapsed(), result);
    }

    /// Does something to its end.
    pub(crate) fn check(&mut self, name: &str, check: impl FnOnce() -> Outcome) {
        say(&format!("\n==> {name}"));
        let begun = Instant::now();
        let result = check().map_err(|failure| {
            say(&failure.to_string());
            failure.said().to_owned()
        });
        self.add(name, begun.elapsed(), result);
    }

    /// Remembers how long something took that did not fail.
    pub(crate) fn note(&mut self, name: &str, took: Duration) {
        self.done.push((name.to_owned(), took, Ok(())));
    }

    /// Remembers what could not be run here, and why.
    pub(crate) fn left_out(&mut self, name: &str, reason: &str) {
        self.left_out.push(format!("-       {name}: left out, {reason}"));
    }

    fn add(&mut self, name: &str, took: Duration, result: Result<(), String>) {
        self.done.push((name.to_owned(), took, result));
    }

    /// Says how each went, and fails when one did.
    pub(crate) fn summary(&self) -> Outcome {
        say("");
        for line in self.lines() {
            say(&line);
        }
        self.result()
    }

    fn result(&self) -> Outcome {
        let failed: Vec<&str> = self.done.iter().filter(|(_, _, result)| result.is_err()).map(|(name, ..)| name.as_str()).collect();
        if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed: {}", failed.join(", ")))) }
    }

    fn lines(&self) -> Vec<String> {
        let width = self.done.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
        let line = |(name, took, result): &(String, Duration, Result<(), String>)| match result {
            Ok(()) => format!("ok      {name:width$}  {}", seconds(*took)),
            Err(reason) => format!("FAILED  {name:width$}  {}  {reason}", seconds(*took)),
        };
        self.done.iter().map(line).chain(self.left_out.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_told_about_and_one_failure_is_a_failure() {
        let mut stages = Stages::default();
        stages.note("Keycloak", Duration::from_secs(12));
        assert!(stages.result().is_ok());
        stages.add("man pages", Duration::ZERO, Err("a page is wrong".to_owned()));
        stages.left_out("fish", "it is not here");
        assert_eq!(
            stages.lines(),
            ["ok      Keycloak   12 s", "FAILED  man pages  0.0 s  a page is wrong", "-       fish: left out, it is not here"]
        );
        assert_eq!(stages.result().unwrap_err().said(), "failed: man pages");
    }
}
