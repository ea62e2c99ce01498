//! Shells.

use std::path::Path;
use std::process::Command;

use crate::bench::{Outcome, Person, outcome, user_info_status};

/// A program in this person's surroundings, with kclogin on its search path.
pub(crate) fn program(person: &Person, name: &str, arguments: &[&str]) -> Command {
    let theirs = person.command(&[]);
    let mut command = Command::new(name);
    command.args(arguments).current_dir(person.path("."));
    for (name, value) in theirs.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let kclogin = Path::new(env!("CARGO_BIN_EXE_kclogin")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env("PATH", std::env::join_paths([kclogin.to_owned()].into_iter().chain(std::env::split_paths(&path))).expect("a path"));
    command
}

pub(crate) fn run(person: &Person, name: &str, arguments: &[&str]) -> Outcome {
    outcome(program(person, name, arguments).output().unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[test]
fn every_shell_evaluates_what_it_is_given() {
    let person = Person::new();
    person.log_in(&[]).done();
    let token = person.run(&["token"]).done();
    for (shell, script) in [
        ("sh", r#"eval "$(kclogin token --format env)"; printenv KCLOGIN_TOKEN"#),
        ("bash", r#"eval "$(kclogin token --format env)"; printenv KCLOGIN_TOKEN"#),
        ("zsh", r#"eval "$(kclogin token --format env)"; printenv KCLOGIN_TOKEN"#),
        ("fish", "kclogin token --format env --shell fish | source; printenv KCLOGIN_TOKEN"),
    ] {
        assert_eq!(run(&person, shell, &["-c", script]).done(), token, "{shell}");
    }
    assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 200);
}

#[test]
fn the_shells_complete_the_names_of_profiles() {
    let person = Person::new();
    person.log_in(&[]).done();
    let completions = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
    let complete = |shell: &str, script: String| run(&person, shell, &["-c", &script]).done();
    // Bash hands its function the command, the word and the one before it.
    let bash = |words: &str, count: usize, before: &str| {
        let asked = format!("COMP_WORDS=(kclogin {words} ''); COMP_CWORD={count}; _kclogin kclogin '' {before}");
        complete("bash", format!("source {completions}/kclogin.bash; {asked}; printf '%s\\n' \"${{COMPREPLY[@]}}\""))
    };
    assert_eq!(bash("token --profile", 3, "--profile"), format!("{}\n", person.name));
    assert!(bash("profile use", 3, "use").starts_with(&format!("{}\n", person.name)));
    for asked in ["token --profile ", "token -p ", "profile use "] {
        let offered = complete("fish", format!("source {completions}/kclogin.fish; complete -C 'kclogin {asked}'"));
        assert!(offered.lines().any(|line| line.split('\t').next() == Some(&person.name)), "{asked}: {offered}");
    }
    // Zsh's own completion wants a terminal; here its last step is printed in place of being shown.
    let zsh = format!("compdef() {{ : }}; compadd() {{ print -rl -- \"${{(@P)2}}\" }}; source {completions}/_kclogin; _kclogin_profiles");
    assert_eq!(complete("zsh", zsh), format!("{}\n", person.name));
}
