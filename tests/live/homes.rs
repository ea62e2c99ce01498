//! File systems that are full, or have no locks: the system calls answer what such a one would, which is what strace is for here.

use crate::bench::{Outcome, Person, outcome};
use crate::strace::traced;

/// A run in which this system call answers so each time.
fn with_fault(person: &Person, call: &str, error: &str, arguments: &[&str]) -> Outcome {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error={error}"));
    let mut command = traced(&person.command(arguments), &["-f", "-e", &trace, "-e", &inject], &person.path("trace"));
    let outcome = outcome(command.output().expect("strace is installed"));
    let calls = std::fs::read_to_string(person.path("trace")).expect("a trace");
    assert!(calls.contains("(INJECTED)"), "{call} was called: {calls}");
    outcome
}

#[test]
fn on_a_file_system_without_locks_nothing_is_refreshed_and_nothing_is_lost() {
    let person = Person::in_realm("rotating");
    person.log_in(&[]).done();
    let before = person.run(&["token"]).done();
    for error in ["ENOLCK", "EOPNOTSUPP"] {
        let stderr = with_fault(&person, "flock", error, &["token", "--force-refresh"]).failed(1);
        let dir = person.path(".local/state/kclogin");
        assert!(stderr.starts_with(&format!("error: a refresh can't be locked in {}: its file system has no locks: ", dir.display())), "{stderr}");
        assert!(stderr.ends_with("\nhint: set XDG_STATE_HOME to a directory on a disk of this machine\n"), "{stderr}");
    }
    assert_eq!((person.run(&["token"]).done(), person.events("REFRESH_TOKEN")), (before.clone(), 0));
    assert_ne!(person.run(&["token", "--force-refresh"]).done(), before);
}

#[test]
fn on_a_full_disk_the_configuration_stays_as_it_was() {
    let person = Person::new();
    person.log_in(&[]).done();
    let before = person.config();
    let stderr = with_fault(&person, "fsync", "ENOSPC", &["profile", "use", &person.name]).failed(1);
    let path = person.path(".config/kclogin/config.toml");
    assert!(stderr.starts_with(&format!("error: the configuration {} can't be written: ", path.display())), "{stderr}");
    assert_eq!(person.config(), before);
    let names: Vec<_> =
        std::fs::read_dir(path.parent().expect("a directory")).expect("entries").map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(names.iter().all(|name| name == "config.toml" || name == ".config.toml.lock"), "{names:?}");
    person.run(&["token"]).done();
}
