//! stdin, where the system says whether there is something to read.

use std::io::{IsTerminal, stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::read;

use super::{Entry, LONGEST_LINE, entry};

#[derive(Debug, Default)]
pub(super) struct Stdin {
    line: Vec<u8>,
    is_closed: bool,
}

impl Stdin {
    /// Byte by byte, so that nothing behind the line is taken from a program that reads stdin after us.
    pub(super) fn next(&mut self) -> Option<Entry> {
        let stdin = stdin();
        while !self.is_closed {
            let mut asked = [PollFd::new(&stdin, PollFlags::IN)];
            if !poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0) {
                return None;
            }
            let mut byte = [0];
            match read(&stdin, &mut byte) {
                Ok(1..) if byte == *b"\n" => return Some(entry(std::mem::take(&mut self.line))),
                Ok(1..) if self.line.len() < LONGEST_LINE => self.line.push(byte[0]),
                Ok(1..) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                _ => {
                    self.is_closed = true;
                    let last = std::mem::take(&mut self.line);
                    return Some(if last.is_empty() { Entry::Closed } else { entry(last) });
                }
            }
        }
        None
    }
}

pub(super) fn is_terminal() -> bool {
    stdin().is_terminal()
}
