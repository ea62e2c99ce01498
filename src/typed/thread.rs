//! stdin, where only a thread can read without others waiting.

use std::io::{BufRead, IsTerminal, Read, stdin};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::{Entry, LONGEST_LINE, entry};

/// A thread reads, as there is no way to ask first; it ends with the process.
#[derive(Debug, Default)]
pub(super) struct Stdin(Option<Receiver<Entry>>);

impl Stdin {
    pub(super) fn next(&mut self) -> Option<Entry> {
        let lines = self.0.get_or_insert_with(|| {
            let (sender, lines) = channel();
            thread::spawn(move || {
                loop {
                    let mut line = Vec::new();
                    let read = stdin().lock().by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line);
                    let entry = if matches!(read, Ok(1..)) { entry(line) } else { Entry::Closed };
                    let is_closed = matches!(entry, Entry::Closed);
                    if sender.send(entry).is_err() || is_closed {
                        break;
                    }
                }
            });
            lines
        });
        lines.try_recv().ok()
    }
}

pub(super) fn is_terminal() -> bool {
    stdin().is_terminal()
}
