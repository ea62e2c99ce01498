//! kclogin under strace: its system calls seen, one of them made its last, or made to fail.
//!
//! Only the main thread is looked at, which is the one that reads and keeps things: so the steps of two runs are the same, and a browser is left alone.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// The calls that reach outside the process, the kernel's keyring among it. What it does to its own memory is gone with it.
const OUTSIDE: &str = "%file,%desc,%network,add_key,keyctl";

/// Where a run's own work begins: what comes before is the system's, which loads the program.
const BEGIN: &str = "/config.toml\"";

/// The command under strace, which writes what it sees to a file. Not for a command with a working directory of its own.
pub(crate) fn traced(plain: &Command, options: &[&str], trace: &Path) -> Command {
    let mut traced = Command::new("strace");
    traced.args(options).arg("-o").arg(trace).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    traced
}

/// Kills a command before its first call to the outside, in the next run before its second, and so on to its last.
pub(crate) struct Killer {
    trace: PathBuf,
    begin: String,
    steps: VecDeque<Step>,
    is_rehearsed: bool,
}

/// A call, by its name and by how many of that name have come before it: so strace counts.
struct Step {
    name: String,
    nth: usize,
}

/// A run that was killed.
pub(crate) struct Killed {
    /// The calls it had made, as strace writes them.
    pub(crate) made: Vec<String>,
    /// The call it was about to make.
    pub(crate) last: String,
}

impl Killed {
    /// How many of the calls it had made are like this.
    pub(crate) fn made(&self, what: &str) -> usize {
        self.made.iter().filter(|call| call.contains(what)).count()
    }
}

impl Killer {
    /// `trace` is a file for strace's notes.
    pub(crate) fn new(trace: PathBuf) -> Self {
        Self { trace, begin: BEGIN.to_owned(), steps: VecDeque::new(), is_rehearsed: false }
    }

    /// Kills only from the first call on in which this text is.
    pub(crate) fn begin_at(&mut self, text: String) {
        self.begin = text;
    }

    /// The next run's command. The first run is a rehearsal: it is not killed, and tells the steps.
    pub(crate) fn command(&self, plain: &Command) -> Command {
        let kill = self.steps.front().map(|step| format!("inject={}:signal=SIGKILL:when={}", step.name, step.nth));
        let all = format!("trace={OUTSIDE}");
        let kill = kill.iter().flat_map(|kill| ["-e", kill]);
        traced(plain, &["-s", "4000", "-e", &all].into_iter().chain(kill).collect::<Vec<_>>(), &self.trace)
    }

    /// What became of the run that ended so.
    #[track_caller]
    pub(crate) fn killed(&mut self, status: ExitStatus) -> Killed {
        let text = fs::read_to_string(&self.trace).expect("a trace");
        let mut made: Vec<String> = text.lines().filter(|line| !line.starts_with(['+', '-'])).map(str::to_owned).collect();
        // A run may need fewer calls than the rehearsal did to read the same.
        assert!(status.success() || self.is_rehearsed && status.signal() == Some(9), "{status}: {text}");
        let last = if status.success() { None } else { made.pop() };
        if self.is_rehearsed {
            self.steps.pop_front();
        } else {
            self.steps = steps(&made, &self.begin);
            self.is_rehearsed = true;
        }
        Killed { made, last: last.unwrap_or_default() }
    }

    /// Whether every step has been its run's last.
    pub(crate) fn is_done(&self) -> bool {
        self.is_rehearsed && self.steps.is_empty()
    }
}

/// The steps of a run that made these calls, from the first on in which this text is.
fn steps(calls: &[String], begin: &str) -> VecDeque<Step> {
    let begin = calls.iter().position(|call| call.contains(begin)).expect("it makes that call, and root sees it");
    let name = |call: &String| call.split('(').next().unwrap_or_default().to_owned();
    let names: Vec<String> = calls.iter().map(name).collect();
    let nth = |at: usize| names[..=at].iter().filter(|name| **name == names[at]).count();
    (begin..calls.len()).map(|at| Step { name: names[at].clone(), nth: nth(at) }).collect()
}
