//! Hands an address over to the person's own browser, out of the surroundings that the demo's kclogin runs in.
//! Owns what of the environment is put back for it (a browser in another home, or on another bus, is another browser), and `xdg-open`.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::process;

/// What the demo changes for kclogin and a browser must not see changed.
const PUT_BACK: &[&str] =
    &["HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "BROWSER"];

/// Makes a command hand addresses over to the browser that we would open: `program` is this one, under a path without a space.
pub(crate) fn prepare(command: &mut Command, program: &Path) {
    for name in PUT_BACK {
        match env::var_os(name) {
            Some(value) => command.env(kept_name(name), value),
            None => command.env_remove(kept_name(name)),
        };
    }
    command.env("BROWSER", program).env("XTASK_BROWSER_ACTION", "hand-over");
}

/// Opens it, and comes back as soon as the browser has taken it.
pub(crate) fn hand_over(address: &str) -> Outcome {
    let opener = process::find(&["xdg-open"]).ok_or_else(|| Failure::new("xdg-open is not on the search path"))?;
    let mut command = Command::new(opener);
    command.arg(address);
    for name in PUT_BACK {
        match env::var_os(kept_name(name)) {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    process::run(&mut command)
}

fn kept_name(name: &str) -> String {
    format!("XTASK_OWN_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_back_was_kept() {
        let mut command = Command::new("kclogin");
        prepare(&mut command, Path::new("/scratch/xtask"));
        let kept: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        for name in PUT_BACK {
            assert!(kept.contains(&kept_name(name)), "{name}");
        }
    }
}
