//! What a crash may show: nothing. A panic's words may hold a secret, and a core dump holds all of them.
//!
//! It owns what becomes of a panic and of the process's memory when it ends badly. What went wrong in the ordinary way is left to `error`.
//!
//! On Linux the process is made one that can't be dumped (`prctl`, `PR_SET_DUMPABLE`). A limit of zero for core dumps would not do there: it does not
//! bind a program that takes dumps through a pipe, as systemd-coredump and apport do. It also gives `/proc/PID` to root, so that no other process
//! of the same user reads the environment, the memory or the open files. A program that kclogin starts, such as the browser, is as it always was: the
//! system takes the setting back when a program is executed.
//!
//! The price: who looks at its neighbours sees less of this one. KeePassXC reads `/proc/PID/exe` of whoever asks for a secret, and then asks without
//! the program's path, and with a warning; GNOME Keyring and KWallet don't look. A second kclogin that finds a fixed port taken can't say that the first one
//! holds it. A debugger of the same user can't be attached.
//!
//! On other Unix systems the soft limit for core dumps is zero, and what kclogin starts inherits it but may raise it again. On Windows nothing is set:
//! there, error reporting is the system's, and a full dump is written only where the administrator has asked for it.

use std::panic::{self, AssertUnwindSafe, Location};

use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::{self, Terminal};

/// Runs the program so that, should it crash, nothing of what it knows is seen. A panic ends it as a failure, with a line that says where.
///
/// A panic in a thread beside is said in the same way, and ends that thread only.
pub fn contained(program: impl FnOnce() -> Exit) -> Exit {
    forbid_dumps();
    panic::set_hook(Box::new(|panic| say_where(panic.location())));
    // Nothing is used after it but the exit code, so nothing half done can be seen.
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or(Exit::Failed)
}

/// Says where it happened, and no more. The streams' own locks may be held by whoever panicked, so these are new.
fn say_where(place: Option<&Location<'_>>) {
    let place = place.map_or_else(String::new, |place| format!(" (at {}:{})", place.file(), place.line()));
    let error = Error::failed(format!("kclogin failed unexpectedly{place}"));
    terminal::leave_progress();
    Terminal::of_process().error(&error.hint("this is a mistake in kclogin: please report this line, and what you did; it shows nothing secret"));
}

/// Best effort: where the system does not allow it, the program runs all the same.
#[cfg(target_os = "linux")]
fn forbid_dumps() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Best effort: where the system does not allow it, the program runs all the same.
#[cfg(all(unix, not(target_os = "linux")))]
fn forbid_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..getrlimit(Resource::Core) });
}

/// There is nothing to set.
#[cfg(not(unix))]
fn forbid_dumps() {}
