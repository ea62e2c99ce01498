//! What `kclogin curl` begins with.

use super::tokens::{SignIn, ask, with_source};
use crate::cli::{Curl, Global};
use crate::command::curl as command;
use crate::error::Result;
use crate::exit::Exit;
use crate::host::Host;

pub(crate) fn curl(options: Curl, global: &Global, host: &mut Host, sign_in: SignIn) -> Result<Exit> {
    let Curl { asked, arguments } = options;
    let input = command::Input { arguments, ask: ask(&asked) };
    with_source(&asked, global, host, sign_in, |source, host| command::curl(&input, source, &*host.programs, &host.terminal))
}
