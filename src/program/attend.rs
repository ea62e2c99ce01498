//! Staying beside a program while it runs, as unseen as can be. The only file that names signal-hook.
//!
//! The program is in our process group and on our terminal. So what is typed there, Ctrl-C and Ctrl-\\ as Ctrl-Z, reaches it by itself, and we only have
//! to live on until it has decided what that means. A signal that is sent to us alone, by `kill`, a service manager or a closing terminal, is passed on.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_process, waitid};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::exit::Exit;

/// What happens while the program runs.
pub(super) enum Event {
    /// It has ended.
    Ended,
    /// We were sent a signal.
    Signal(i32),
    /// It has written this for us.
    Heard(Vec<u8>),
    /// It writes no more for us.
    Silence,
    /// Everything of one of its streams was passed on.
    Relayed,
}

/// A program that runs beside us.
pub(super) struct Attended {
    /// The program.
    pub(super) child: Child,
    pid: Pid,
    has_ended: bool,
    handle: Handle,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Attended {
    /// Starts it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // Before the program starts, or a signal in between would end us alone. What it inherits of this is undone when it is executed.
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let (sender, events) = channel();
        let handle = signals.handle();
        let signalled = sender.clone();
        thread::spawn(move || signals.forever().all(|signal| signalled.send(Event::Signal(signal)).is_ok()));
        let ended = sender.clone();
        thread::spawn(move || {
            // It is only seen that it has ended: until it is waited for, no other process can have its number, and a signal can't go astray.
            while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
            let _ = ended.send(Event::Ended);
        });
        Ok(Self { child, pid, has_ended: false, handle, sender, events })
    }

    /// Where threads say what happens.
    pub(super) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// What happens next, beside signals, which are passed on; nothing where it is time before.
    pub(super) fn next(&mut self, time: Option<Instant>) -> Option<Event> {
        loop {
            let event = match time {
                Some(time) => self.events.recv_timeout(time.saturating_duration_since(Instant::now())).ok(),
                None => self.events.recv().ok(),
            };
            match event {
                // There is nothing left to wait for that could decide what the signal means.
                Some(Event::Signal(signal)) if self.has_ended => drop(emulate_default_handler(signal)),
                Some(Event::Signal(signal)) => pass_on(signal, self.pid),
                event => {
                    self.has_ended |= matches!(event, Some(Event::Ended));
                    return event;
                }
            }
        }
    }

    /// How it ended.
    pub(super) fn end(mut self) -> io::Result<Exit> {
        let status = self.child.wait()?;
        self.handle.close();
        let byte = |number: i32| u8::try_from(number).ok();
        Ok(match (status.code().and_then(byte), status.signal().and_then(byte)) {
            (Some(code), _) => Exit::Command(code),
            (None, Some(signal)) => Exit::Signalled(signal),
            (None, None) => Exit::Command(u8::MAX),
        })
    }
}

/// Runs the command and waits for its end.
pub(super) fn attend(command: &mut Command, meanwhile: &mut dyn FnMut() -> Option<Duration>) -> io::Result<Exit> {
    let mut attended = Attended::start(command)?;
    let due = |pause: Option<Duration>| pause.and_then(|pause| Instant::now().checked_add(pause));
    let mut next = due(Some(Duration::ZERO));
    loop {
        match attended.next(next) {
            Some(Event::Ended) => return attended.end(),
            Some(_) => {}
            None => next = due(meanwhile()),
        }
    }
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
