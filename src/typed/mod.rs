//! What a person types while something else is waited for: the only file that reads stdin without waiting for it.
//!
//! What it means is left to whoever asks.

#[cfg_attr(unix, path = "ready.rs")]
#[cfg_attr(not(unix), path = "thread.rs")]
mod stdin;

use crate::secret::Secret;

/// The longest line that is taken, in bytes. An address in a browser is much shorter.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What has been typed.
#[derive(Debug)]
pub enum Entry {
    /// A line, without its end.
    Line(Secret<String>),
    /// A line that is too long, or no text.
    Unusable,
    /// Nothing more will come.
    Closed,
}

/// Where a person types.
pub trait Typed {
    /// What was typed since the last time; nothing where no line is whole yet. It does not wait.
    fn next(&mut self) -> Option<Entry>;

    /// Whether it is a terminal, so that somebody may be there.
    fn is_terminal(&self) -> bool;
}

/// This process's stdin.
#[derive(Debug, Default)]
pub struct SystemTyped(stdin::Stdin);

impl Typed for SystemTyped {
    fn next(&mut self) -> Option<Entry> {
        self.0.next()
    }

    fn is_terminal(&self) -> bool {
        stdin::is_terminal()
    }
}

/// A line from its bytes.
fn entry(line: Vec<u8>) -> Entry {
    match String::from_utf8(line) {
        Ok(text) if text.len() < LONGEST_LINE => Entry::Line(Secret::new(text)),
        _ => Entry::Unusable,
    }
}
