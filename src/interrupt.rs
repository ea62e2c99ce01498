//! Ctrl-C during a login: the only file that names ctrlc, and the only place besides `main` where the process ends.

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
        #[allow(clippy::exit, reason = "the waits of a login have no other way out")]
        let _ = ctrlc::set_handler(|| {
            terminal::leave_progress();
            process::exit(i32::from(Exit::Interrupted.code()));
        });
    }
}
