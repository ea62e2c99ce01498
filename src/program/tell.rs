//! Running a program that is told a secret where nothing but its stdin is a pipe that it can open by a name. It can't be overheard there.

use std::io::{self, Write};
use std::process::Stdio;
use std::thread;

use super::attend::exit_of;
use super::{Conversation, Paths, command};
use crate::exit::Exit;

/// Runs the program and waits for its end.
pub(super) fn converse(conversation: Conversation<'_>) -> io::Result<Exit> {
    let paths = Paths { told: "-".to_owned(), heard: None };
    let mut command = command(&(conversation.program)(&paths));
    command.stdin(Stdio::piped());
    if conversation.stderr.is_some() {
        command.stderr(Stdio::piped());
    }
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let told = conversation.told.clone();
        // A program that does not read it to the end has ended.
        thread::spawn(move || stdin.write_all(told.expose().as_bytes()));
    }
    if let Some((mut from, mut to)) = child.stderr.take().zip(conversation.stderr) {
        let _ = io::copy(&mut from, &mut to).and_then(|_| to.flush());
    }
    child.wait().map(exit_of)
}
