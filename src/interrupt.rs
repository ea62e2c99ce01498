//! Ctrl-C during a login: the only place besides `main` where the process ends, and the only file that names ctrlc, which says it on Windows. On Unix
//! signal-hook does, which is there for `program` in any case.

use std::process;

use crate::exit::Exit;
use crate::terminal;

/// Something that ends the program when the person interrupts it.
pub trait Interrupt {
    /// From now on, an interruption ends the program with the documented code, the terminal left tidy.
    fn watch(&self);
}

/// The process's own interruption signal.
#[derive(Debug, Default)]
pub struct SystemInterrupt;

impl Interrupt for SystemInterrupt {
    /// Ends the process at once, whatever it waits for, and with it the listener. It may do so at any point: what is stored is replaced in one step.
    /// Where no handler can be set, the system's own way of ending it stays, with the same code in a shell.
    fn watch(&self) {
        await_interruption(|| {
            terminal::leave_progress();
            #[allow(clippy::exit, reason = "the waits of a login have no other way out")]
            process::exit(i32::from(Exit::Interrupted.code()));
        });
    }
}

/// Calls `then` in a thread beside when the person presses Ctrl-C.
#[cfg(unix)]
fn await_interruption(then: impl FnOnce() + Send + 'static) {
    use signal_hook::{consts::SIGINT, iterator::Signals};
    let Ok(mut signals) = Signals::new([SIGINT]) else { return };
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
        if signals.forever().next().is_some() {
            then();
        }
    });
}

/// Calls `then` in a thread beside when the person presses Ctrl-C.
#[cfg(not(unix))]
fn await_interruption(then: impl Fn() + Send + 'static) {
    let _ = ctrlc::set_handler(then);
}
