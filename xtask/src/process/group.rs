//! Process groups, and what a system tells about a process: portable fronts for signals, `taskkill` and `/proc`.
//! Owns what differs between systems; what is started and ended when is the parent's business.

use std::process::Command;
#[cfg(not(unix))]
use std::process::Stdio;

#[cfg(unix)]
pub(super) fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
pub(super) fn own_group(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
}

#[cfg(unix)]
pub(super) fn signal(pid: u32, force: bool) {
    use nix::sys::signal::{Signal, killpg};
    if let Some(pid) = unix_pid(pid) {
        let _ = killpg(pid, if force { Signal::SIGKILL } else { Signal::SIGTERM });
    }
}

#[cfg(unix)]
pub(super) fn signal_one(pid: u32) {
    use nix::sys::signal::{Signal, kill};
    if let Some(pid) = unix_pid(pid) {
        let _ = kill(pid, Signal::SIGTERM);
    }
}

/// Whether anything of the group is left. Its leader left as a zombie (in a container nobody may reap it) is nothing.
#[cfg(unix)]
pub(crate) fn is_alive(pid: u32) -> bool {
    has_members(pid) && !is_zombie(pid)
}

#[cfg(unix)]
pub(super) fn has_members(pid: u32) -> bool {
    unix_pid(pid).is_some_and(|group| nix::sys::signal::killpg(group, None).is_ok())
}

#[cfg(unix)]
fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the program's name, which stands in parentheses and may itself hold some.
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

/// Whether we are the administrator.
#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

/// 0 and 1 would mean "my own group" and "everything": never.
#[cfg(unix)]
fn unix_pid(pid: u32) -> Option<nix::unistd::Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 1).map(nix::unistd::Pid::from_raw)
}

#[cfg(not(unix))]
pub(super) fn signal(pid: u32, force: bool) {
    let mut command = Command::new("taskkill");
    command.args(["/T", "/PID", &pid.to_string()]);
    if force {
        command.arg("/F");
    }
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(not(unix))]
pub(super) fn signal_one(pid: u32) {
    signal(pid, true);
}

#[cfg(not(unix))]
pub(crate) fn is_alive(pid: u32) -> bool {
    let listed = Command::new("tasklist").args(["/NH", "/FI", &format!("PID eq {pid}")]).output();
    listed.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains(&pid.to_string()))
}

#[cfg(not(unix))]
pub(super) fn has_members(pid: u32) -> bool {
    is_alive(pid)
}

/// What the process with this id was started as, where the system tells. Keeps us from stopping a stranger that was given an old id.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    if let Ok(raw) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&raw).replace('\0', " "));
    }
    let shown = if cfg!(windows) {
        Command::new("wmic").args(["process", "where", &format!("ProcessId={pid}"), "get", "CommandLine"]).output()
    } else {
        Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output()
    };
    shown.ok().filter(|out| out.status.success()).map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_and_our_own_group_are_never_signalled() {
        assert_eq!(unix_pid(0), None);
        assert_eq!(unix_pid(1), None);
        assert_eq!(unix_pid(u32::MAX), None);
    }
}
