//! What a call asks of the system: threads, connections, directories, by strace.
//! Owns the calls that are counted and the reading of strace's notes.

use std::fs;
use std::process::Command;

use super::site::Site;
use super::timing::printed;
use crate::failure::{Context, Outcome};
use crate::packages::{self, Tool};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) threads: usize,
    pub(super) connections: usize,
    pub(super) directories: usize,
}

/// Runs a command under strace and counts, with the threads it makes.
pub(super) fn trace(site: &Site, plain: &Command) -> Outcome<Counts> {
    let notes = site.scratch.path().join("trace");
    let calls = "trace=clone,?clone3,?fork,?vfork,connect,?open,openat,getdents64";
    let mut traced = Command::new(packages::program(Tool::Strace)?);
    traced.args(["-f", "-qq", "-e", calls, "-o"]).arg(&notes).arg(plain.get_program()).args(plain.get_args());
    take_environment(&mut traced, plain);
    printed(&mut traced)?;
    Ok(counts(&fs::read_to_string(&notes).context("reading strace's notes")?))
}

/// The same environment as another command's.
pub(super) fn take_environment(command: &mut Command, other: &Command) {
    for (name, value) in other.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

fn counts(notes: &str) -> Counts {
    // Each line begins with the process or the thread; a call that was interrupted by another thread's goes on in a second line.
    let calls: Vec<&str> = notes.lines().filter_map(|line| line.split_once(' ')).map(|(_, call)| call.trim_start()).collect();
    let count = |names: &[&str]| calls.iter().filter(|call| names.iter().any(|name| call.starts_with(name))).count();
    let opened = calls.iter().filter(|call| call.starts_with("open") && call.contains("O_DIRECTORY")).count();
    // A directory is read by two calls at least, the last of which finds nothing; one that was opened otherwise is seen by that.
    let read = count(&["getdents64("]).div_ceil(2);
    Counts { threads: count(&["clone(", "clone3(", "fork(", "vfork("]), connections: count(&["connect("]), directories: opened.max(read) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_connections_and_directories_are_counted() {
        let notes = "7  openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3\n\
                     7  connect(3, {sa_family=AF_UNIX, sun_path=\"/run/bus\"}, 10) = 0\n\
                     7  clone3({flags=CLONE_VM}, 88) = 8\n\
                     8  openat(AT_FDCWD, \"/etc/ssl/certs\", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 4\n\
                     8  getdents64(4, 0x5 /* 3 entries */, 32768) = 80\n8  getdents64(4, 0x5 /* 0 entries */, 32768) = 0\n\
                     8  connect(5, {sa_family=AF_INET}, 16 <unfinished ...>\n8  <... connect resumed>) = 0\n";
        assert_eq!(counts(notes), Counts { threads: 1, connections: 2, directories: 1 });
        assert_eq!(counts(""), Counts { threads: 0, connections: 0, directories: 0 });
    }
}
