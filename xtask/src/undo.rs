//! What has to be undone when a task ends, however it ends: on success, on failure, and on Ctrl-C or a termination signal.
//! Owns the list of such things and the signal handler; what undoing means is the caller's (stop a process, remove a folder).

use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::{Context, Outcome};

type Action = Box<dyn FnOnce() + Send>;

static NEXT: AtomicU64 = AtomicU64::new(0);
static PENDING: Mutex<Vec<(u64, Action)>> = Mutex::new(Vec::new());

/// Undoes one thing when dropped.
#[derive(Debug)]
#[must_use = "dropping it undoes at once"]
pub(crate) struct Undo {
    id: u64,
}

impl Undo {
    /// Remembers `action` until the value is dropped or the process is interrupted, whichever comes first.
    pub(crate) fn later(action: impl FnOnce() + Send + 'static) -> Self {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        pending().push((id, Box::new(action)));
        Self { id }
    }

    /// Lets the thing stay.
    pub(crate) fn keep(self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Action> {
        let mut pending = pending();
        let at = pending.iter().position(|(id, _)| *id == self.id)?;
        Some(pending.remove(at).1)
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        // The lock is released before the action runs, so that an action may take its time without holding up the signal handler.
        if let Some(action) = self.take() {
            action();
        }
    }
}

fn pending() -> MutexGuard<'static, Vec<(u64, Action)>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on an interrupt or a termination signal undoes everything pending, newest first, and exits 130.
pub(crate) fn on_interrupt() -> Outcome {
    ctrlc::set_handler(|| {
        loop {
            // Bound by a statement of its own: the lock must not be held while the action runs.
            let next = pending().pop();
            match next {
                Some((_, action)) => action(),
                None => interrupted(),
            }
        }
    })
    .context("setting up the handling of Ctrl-C")
}

#[expect(clippy::exit, reason = "the handler runs on a thread of its own: there is no other way out from there")]
fn interrupted() -> ! {
    exit(130)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn dropping_undoes_and_keeping_does_not() {
        let count = Arc::new(AtomicUsize::new(0));
        let add = |n: usize| {
            let count = Arc::clone(&count);
            move || {
                count.fetch_add(n, Ordering::SeqCst);
            }
        };
        let first = Undo::later(add(1));
        let second = Undo::later(add(10));
        first.keep();
        drop(second);
        assert_eq!(count.load(Ordering::SeqCst), 10);
    }
}
