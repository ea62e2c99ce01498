//! One lock for each stored session, across processes: held over re-reading, refreshing and saving, never over an interactive login.
//!
//! Under refresh token rotation a second refresh with the same token ends the whole session, so refreshing is for one process at a time.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::file_lock::FileLock;

/// How long another process's refresh is waited for: longer than one exchange with the provider may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Takes the lock of a profile's session in kclogin's state directory.
///
/// # Errors
/// There is no such directory and it can't be made, or another process holds the lock for too long.
pub fn take(state_dir: Option<&Path>, profile: &str) -> Result<FileLock> {
    let Some(state_dir) = state_dir else {
        return Err(Error::failed("there is no home directory to lock a refresh in").hint("set HOME, or XDG_STATE_HOME"));
    };
    FileLock::take(&state_dir.join(format!("{profile}.lock")), PATIENCE).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => Error::provider_unreachable("another kclogin has been refreshing this session for too long").hint("try again later"),
        _ => Error::failed(format!("a refresh can't be locked in {}: {error}", state_dir.display()))
            .hint("make that directory writable, or set XDG_STATE_HOME"),
    })
}
