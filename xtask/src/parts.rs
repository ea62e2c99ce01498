//! What the tests of other people's programs need beside what every machine has: each is built or fetched, and the tests are told where it is. Where a part
//! can't be had its tests are left out, and the summary says so.
//!
//! Owns which parts there are, by what they are had, and which tests need them; getting each is its own file's.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Outcome;
use crate::packages::{self, Tool};
use crate::stages::Stages;
use crate::{git, go, node_provider, other_provider, postgres, process, python};

/// One of them.
struct Part {
    name: &'static str,
    /// The variable that says where it is.
    variable: &'static str,
    get: fn() -> Outcome<PathBuf>,
    /// Without which it can't be had.
    tools: &'static [Tool],
    /// Why not, then; and the tests that need it.
    without: &'static str,
    tests: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        name: "today's kubectl",
        variable: "KCLOGIN_LIVE_KUBECTL",
        get: || go::build("kubectl", ".", &[]),
        tools: &[Tool::Go],
        without: WITHOUT_GO,
        tests: "todays_kubectl::",
    },
    Part {
        name: "OpenTofu",
        variable: "KCLOGIN_LIVE_TOFU",
        get: || go::build("tofu", "github.com/opentofu/opentofu/cmd/tofu", go::NOT_OPTIMIZED),
        tools: &[Tool::Go],
        without: WITHOUT_GO,
        tests: "terraform::",
    },
    // One of 2.46 or newer, which sends bearer tokens; `git` fails with words where there is none to be had.
    Part { name: "a newer git", variable: "KCLOGIN_LIVE_GIT", get: git::newer, tools: &[], without: "", tests: "" },
    Part { name: "programs from PyPI", variable: "KCLOGIN_LIVE_PYTHON", get: python::programs, tools: &[], without: "", tests: "" },
    Part {
        name: "another provider",
        variable: "KCLOGIN_LIVE_OTHER_PROVIDER",
        get: other_provider::folder,
        tools: &[Tool::Java, Tool::Maven],
        without: "it needs Java and Maven",
        tests: "other_provider::",
    },
    Part {
        name: "a certified provider",
        variable: "KCLOGIN_LIVE_NODE_PROVIDER",
        get: node_provider::folder,
        tools: &[Tool::Npm],
        without: "it needs Node.js 20 or newer, and npm",
        tests: "node_provider::",
    },
];

const WITHOUT_GO: &str = "it is built by Go 1.21 or newer, which is not here";

/// On Linux only.
const POSTGRES: Part = Part {
    name: "PostgreSQL 18",
    variable: "KCLOGIN_LIVE_POSTGRES",
    get: postgres::folder,
    tools: &[Tool::PostgresParts],
    without: "it is built from Debian's source, and what that takes is not here",
    tests: "postgres::",
};

/// Gets them and tells these tests where they are. Gives the tests that have to be left out.
pub(crate) fn bring(tests: &mut Command, stages: &mut Stages) -> Vec<&'static str> {
    let mut skipped = Vec::new();
    for part in PARTS.iter().chain(cfg!(target_os = "linux").then_some(&POSTGRES)) {
        if packages::can_bring(part.tools) {
            stages.check(part.name, || {
                tests.env(part.variable, (part.get)()?);
                Ok(())
            });
        } else {
            skipped.push(part.tests);
            stages.left_out(part.name, part.without);
        }
    }
    if cfg!(target_os = "linux") {
        if may_make_machines() && packages::can_bring(&[Tool::Systemd]) {
            stages.check("systemd", || packages::ensure(&[Tool::Systemd]));
        } else {
            skipped.push("systemd::");
            stages.left_out("systemd", "it is process 1 of namespaces of its own, which nobody but root may make, and not everywhere");
        }
    }
    skipped
}

/// Whether a systemd may be started beside the system's own.
fn may_make_machines() -> bool {
    let mount = ["--mount", "--pid", "--fork", "--cgroup", "mount", "-t", "cgroup2", "none", "/mnt"];
    process::output(Command::new("unshare").args(mount)).is_ok_and(|out| out.status.success())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn what_is_left_out_are_tests_that_there_are() {
        let folder = workspace::root().join("tests/programs");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let sources = read("main.rs") + &read("kubectl.rs");
        for part in PARTS.iter().chain([&POSTGRES]).filter(|part| !part.tools.is_empty()) {
            let module = part.tests.strip_suffix("::").expect("a module of theirs");
            assert!([";", " {"].iter().any(|end| sources.contains(&format!("mod {module}{end}"))), "{module}");
            assert!(!part.without.is_empty(), "{}", part.name);
        }
    }
}
