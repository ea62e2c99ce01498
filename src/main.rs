//! The `kclogin` program: hands the arguments and the machine to the library, and its exit to the system.

use std::env;
use std::process::ExitCode;

use kclogin::crash;
use kclogin::host::Host;

fn main() -> ExitCode {
    ExitCode::from(crash::contained(|| kclogin::run(env::args_os(), &mut Host::system())).code())
}
