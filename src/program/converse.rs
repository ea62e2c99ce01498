//! Running a program that is told a secret and overheard, through pipes that it opens by their paths: no argument, no variable and no file holds them.
//!
//! Its stdin stays its own. Its stdout may be held back until it is known what is to become of it.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::{FdFlags, fcntl_setfd};

use super::attend::{Attended, Event};
use super::{Conversation, Paths, Relay, Verdict, command};
use crate::exit::Exit;

/// How much is read of the program at once, in bytes.
const PIECE: usize = 16 * 1024;
/// How many pieces of what is held back are kept; then the program waits. Together more than the heads of any answer, which may be among them.
const PIECES: usize = 64;
/// How long what the program wrote for us is waited for after its end: it is all in the pipe then.
const GRACE: Duration = Duration::from_secs(1);

/// Runs the program and waits for its end, and for that of what it had to say.
pub(super) fn converse(conversation: Conversation<'_>) -> io::Result<Exit> {
    let Conversation { program, told, hear, stdout, stderr } = conversation;
    let (told_reader, mut told_writer) = io::pipe()?;
    let (heard_reader, heard_writer) = io::pipe()?;
    let paths = Paths { told: path(&told_reader)?, heard: Some(path(&heard_writer)?) };
    let mut command = command(&program(&paths));
    if stdout.is_some() {
        command.stdout(Stdio::piped());
    }
    if stderr.is_some() {
        command.stderr(Stdio::piped());
    }
    let mut attended = Attended::start(&mut command)?;
    drop((told_reader, heard_writer));
    let told = told.clone();
    // A program that does not read it to the end has ended.
    thread::spawn(move || told_writer.write_all(told.expose().as_bytes()));
    let sender = attended.sender();
    thread::spawn(move || overhear(heard_reader, &sender));
    let mut relays = 0;
    if let Some((from, to)) = attended.child.stderr.take().zip(stderr) {
        relay(from, to, attended.sender());
        relays += 1;
    }
    let (verdict, awaited) = channel();
    if let Some((from, to)) = attended.child.stdout.take().zip(stdout) {
        hold(from, to, awaited, attended.sender());
        relays += 1;
    }
    let (mut has_ended, mut is_silent, mut time) = (false, false, None);
    // Said once; whoever would hear a second one is gone.
    let decide = |what: Verdict| verdict.send(what).unwrap_or_default();
    while !has_ended || !is_silent || relays > 0 {
        match attended.next(time) {
            Some(Event::Heard(piece)) => hear(&piece).into_iter().for_each(decide),
            Some(Event::Silence) => is_silent = true,
            Some(Event::Relayed) => relays -= 1,
            Some(Event::Ended) => (has_ended, time) = (true, Instant::now().checked_add(GRACE)),
            Some(Event::Signal(_)) => {}
            None => is_silent = true,
        }
        if has_ended && is_silent {
            time = None;
            decide(Verdict::Pass);
        }
    }
    attended.end()
}

/// The path of a pipe's end for the program, which inherits it.
fn path(end: &(impl AsFd + AsRawFd)) -> io::Result<String> {
    fcntl_setfd(end, FdFlags::empty())?;
    Ok(format!("/dev/fd/{}", end.as_raw_fd()))
}

fn overhear(mut from: PipeReader, sender: &Sender<Event>) {
    let mut piece = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if sender.send(Event::Heard(piece[..length].to_vec())).is_err() {
            break;
        }
    }
    let _ = sender.send(Event::Silence);
}

fn relay(mut from: impl Read + Send + 'static, mut to: Relay, sender: Sender<Event>) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to).and_then(|_| to.flush());
        let _ = sender.send(Event::Relayed);
    });
}

/// Passes on what comes once that is decided. Where it is not wanted, or its reader has gone away, the program is told so as by any closed pipe.
fn hold(from: impl Read + Send + 'static, mut to: Relay, verdict: Receiver<Verdict>, sender: Sender<Event>) {
    let (pieces, held) = sync_channel(PIECES);
    thread::spawn(move || take_in(from, &pieces));
    thread::spawn(move || {
        if matches!(verdict.recv(), Ok(Verdict::Pass)) {
            let pass_on = |piece: Vec<u8>| to.write_all(&piece).and_then(|()| to.flush());
            let _ = held.iter().try_for_each(pass_on);
        }
        drop(held);
        let _ = sender.send(Event::Relayed);
    });
}

fn take_in(mut from: impl Read, pieces: &SyncSender<Vec<u8>>) {
    let mut piece = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if pieces.send(piece[..length].to_vec()).is_err() {
            break;
        }
    }
}
