//! The `kclogin` program: hands the arguments and the machine to the library, and its exit to the system.

use std::env;
use std::process::ExitCode;

use kclogin::crash;
use kclogin::host::Host;
use kclogin::program;

fn main() -> ExitCode {
    let exit = crash::contained(|| kclogin::run(env::args_os(), &mut Host::system()));
    program::end_as(exit);
    ExitCode::from(exit.code())
}
