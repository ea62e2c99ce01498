//! Staying beside a program while it runs, as unseen as can be. The only file that names signal-hook.
//!
//! The program is in our process group and on our terminal. So what is typed there, Ctrl-C and Ctrl-\\ as Ctrl-Z, reaches it by itself, and we only have
//! to live on until it has decided what that means. A signal that is sent to us alone, by `kill`, a service manager or a closing terminal, is passed on.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_process, waitid};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::exit::Exit;

enum Event {
    Ended,
    Signal(i32),
}

/// Runs the command and waits for its end.
pub(super) fn attend(command: &mut Command, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> io::Result<Exit> {
    // Before the program starts, or a signal in between would end us alone. What it inherits of this is undone when it is executed.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    let (sender, events) = channel();
    let handle = signals.handle();
    let signalled = sender.clone();
    thread::spawn(move || signals.forever().all(|signal| signalled.send(Event::Signal(signal)).is_ok()));
    thread::spawn(move || {
        // It is only seen that it has ended: until it is waited for below, no other process can have its number, and a signal can't go astray.
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
        let _ = sender.send(Event::Ended);
    });
    let due = |pause: Option<Duration>| pause.and_then(|pause| Instant::now().checked_add(pause));
    let mut next = due(Some(Duration::ZERO));
    loop {
        let event = match next {
            Some(next) => events.recv_timeout(next.saturating_duration_since(Instant::now())),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match event {
            Ok(Event::Signal(signal)) => pass_on(signal, pid),
            Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => next = due(meanwhile()),
        }
    }
    let status = child.wait()?;
    handle.close();
    let byte = |number: i32| u8::try_from(number).ok();
    Ok(match (status.code().and_then(byte), status.signal().and_then(byte)) {
        (Some(code), _) => Exit::Command(code),
        (None, Some(signal)) => Exit::Signalled(signal),
        (None, None) => Exit::Command(u8::MAX),
    })
}

/// What the terminal sends, it has sent to the program as well, if we are both in its foreground.
fn pass_on(signal: i32, pid: Pid) {
    let is_typed = matches!(signal, SIGINT | SIGQUIT) && is_in_foreground();
    if let Some(signal) = Signal::from_named_raw(signal).filter(|_| !is_typed) {
        let _ = kill_process(pid, signal);
    }
}

fn is_in_foreground() -> bool {
    std::fs::File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}

/// Ends this process by that signal, as if it had never been caught.
pub(super) fn end_by(signal: u8) {
    let _ = emulate_default_handler(i32::from(signal));
}
