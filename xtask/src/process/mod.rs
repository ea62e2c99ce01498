//! Other programs: finding them, running them to their end, and keeping one running until it is stopped with everything it started.
//! Owns process groups and their portability; which programs there are is left to the callers.

mod group;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure, Outcome};
use crate::undo::Undo;

pub(crate) use group::{command_line, is_alive, is_root};
use group::{has_members, own_group, signal, signal_one};

/// How long a program that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(15);

/// The first of `names` that is on the search path.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    find_in(&env::var_os("PATH")?, names)
}

/// As [`find`], on a search path that is given.
pub(crate) fn find_in(path: &OsStr, names: &[&str]) -> Option<PathBuf> {
    let suffixes: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    names.iter().find_map(|name| {
        env::split_paths(path).find_map(|dir| suffixes.iter().map(|suffix| dir.join(format!("{name}{suffix}"))).find(|file| is_program(file)))
    })
}

#[cfg(unix)]
pub(crate) fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// Runs a program in the foreground, with the streams it was given, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{} ended with {status}", name(command)))) }
}

/// Runs a program in the foreground and gives how it ended. It shares our process group, so that the terminal's Ctrl-C reaches it as well.
pub(crate) fn status(command: &mut Command) -> Outcome<ExitStatus> {
    let mut child = spawn(command)?;
    let undo = end_when_interrupted(&child);
    let status = child.wait().context(format_args!("waiting for {}", name(command)));
    undo.keep();
    status
}

/// Runs a program without input and gives what it printed.
pub(crate) fn output(command: &mut Command) -> Outcome<Output> {
    command.stdin(Stdio::null()).output().context(format_args!("starting {}", name(command)))
}

/// Starts a program and leaves it to the caller.
pub(crate) fn spawn(command: &mut Command) -> Outcome<Child> {
    command.spawn().context(format_args!("starting {}", name(command)))
}

/// Asks a program in the foreground to end when this is dropped, or when we are interrupted by more than the terminal.
pub(crate) fn end_when_interrupted(child: &Child) -> Undo {
    let pid = child.id();
    Undo::later(move || signal_one(pid))
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A program with a process group of its own, stopped with all its children when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    gentle: bool,
    undo: Option<Undo>,
}

impl Running {
    /// Starts it, out of reach of the terminal's Ctrl-C: ours ends it. For a program that may be killed where it stands.
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        Self::start_with(command, false)
    }

    /// As [`Running::start`], for a program that has something to tidy up: it is asked to end first.
    pub(crate) fn start_gently(command: &mut Command) -> Outcome<Self> {
        Self::start_with(command, true)
    }

    fn start_with(command: &mut Command, gentle: bool) -> Outcome<Self> {
        own_group(command);
        let child = spawn(command)?;
        let pid = child.id();
        let undo = Undo::later(move || {
            if gentle {
                end_group(pid);
            } else {
                signal(pid, true);
            }
        });
        Ok(Self { child, gentle, undo: Some(undo) })
    }

    /// The id of the process, and on Unix of its group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its streams and itself.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end.
    pub(crate) fn finish(&mut self) -> Outcome<ExitStatus> {
        self.child.wait().context("waiting for a program")
    }

    /// Waits for its end, and does something meanwhile: tells that it still goes on.
    pub(crate) fn finish_while(&mut self, mut meanwhile: impl FnMut()) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            meanwhile();
            sleep(Duration::from_millis(50));
        }
    }

    /// Lets it go on after this process has ended.
    pub(crate) fn leave(mut self) {
        if let Some(undo) = self.undo.take() {
            undo.keep();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `leave` has taken the undo away: then the program is nobody's to stop.
        let Some(undo) = self.undo.take() else { return };
        let pid = self.id();
        signal(pid, !self.gentle);
        undo.keep();
        // Helpers end a moment after their leader, and have files open until then. Only here can the leader be reaped meanwhile.
        let gone = until(if self.gentle { GRACE } else { Duration::from_secs(2) }, || {
            let _ = self.child.try_wait();
            (!has_members(pid)).then_some(())
        });
        if gone.is_none() {
            signal(pid, true);
            let _ = self.child.wait();
        }
    }
}

/// Asks the group of `pid` to end and, when it does not within a while, kills it. True when it is gone.
pub(crate) fn end_group(pid: u32) -> bool {
    signal(pid, false);
    if until(GRACE, || (!is_alive(pid)).then_some(())).is_none() {
        signal(pid, true);
    }
    until(GRACE, || (!is_alive(pid)).then_some(())).is_some()
}

/// Asks `ready` again and again until it has an answer or the time is over.
pub(crate) fn until<T>(limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(Duration::from_millis(50));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_the_first_name_that_exists() {
        let path = env::var_os("PATH").unwrap();
        assert_eq!(find_in(&path, &["surely-not-there", "sh"]).unwrap().file_name().unwrap(), "sh");
        assert_eq!(find_in(OsStr::new("/nowhere"), &["sh"]), None);
    }

    #[test]
    fn dropping_ends_the_whole_group_and_reaps_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let running = Running::start(&mut command).unwrap();
        let pid = running.id();
        assert!(is_alive(pid));
        drop(running);
        assert!(until(Duration::from_secs(5), || (!is_alive(pid)).then_some(())).is_some());
    }
}
