//! Waiting for a program where the system has no signals: Ctrl-C goes to everything on the console, and each decides for itself.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::exit::Exit;

/// How often it is looked whether the program has ended.
const INTERVAL: Duration = Duration::from_millis(50);

/// Runs the command and waits for its end.
pub(super) fn attend(command: &mut Command, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> io::Result<Exit> {
    let mut child = command.spawn()?;
    let due = |pause: Option<Duration>| pause.and_then(|pause| Instant::now().checked_add(pause));
    let mut next = due(Some(Duration::ZERO));
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(exit_of(status));
        }
        if next.is_some_and(|next| next <= Instant::now()) {
            next = due(meanwhile());
        }
        thread::sleep(INTERVAL);
    }
}

/// A process here ends with 32 bits of which ours passes on 8: what doesn't fit is a failure all the same.
pub(super) fn exit_of(status: ExitStatus) -> Exit {
    Exit::Command(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// There are none.
pub(super) fn end_by(_signal: u8) {}
