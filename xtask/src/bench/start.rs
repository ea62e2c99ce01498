//! Part `start`: what a call costs before and beside its work, against a process that does nothing.
//! Owns the contenders and what is made of their times.

use std::process::Command;

use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::Site;
use super::timing::{Contender, bare, in_turn};
use crate::failure::Outcome;

const NOTHING: &str = "a process that does nothing";
const TOKEN: &str = "kclogin token (file)";

/// What only says something, and needs nothing.
const WORDS: &[&[&str]] =
    &[&["--version"], &["--help"], &["completions", "bash"], &["completions", "zsh"], &["completions", "fish"], &["completions", "powershell"]];

/// Rounds before what is counted.
const WARM_UP: usize = 10;

pub(super) fn measure(site: &Site, runs: usize) -> Outcome<Report> {
    let person = Person::signed_in(site, "start", &site.provider()?.issuer(), "file")?;
    let mut contenders = vec![Contender::silent(NOTHING, bare(Command::new(&site.nothing))), Contender::program(TOKEN, person.command(&["token"]))];
    contenders.extend(WORDS.iter().map(|words| Contender::program(name(words), person.command(words))));
    let results = in_turn(contenders, WARM_UP, runs)?;

    let mut report =
        Report::new(format!("start: against a process that does nothing ({runs} runs of each, in turn; median, shortest .. nine of ten)"));
    for (name, sample) in results.iter() {
        report.sample(name, sample);
    }
    report.judge(format!("{TOKEN}, less nothing"), results.difference(TOKEN, NOTHING)?, Unit::Milliseconds, Wanted::AtMost(1.5));
    for words in WORDS {
        let name = name(words);
        report.judge(format!("{name}, less nothing"), results.difference(&name, NOTHING)?, Unit::Milliseconds, Wanted::AtMost(1.0));
    }
    report.note("The process that does nothing is `fn main() {}`, compiled in this run with rustc -O; it is started and waited for in the same way.");
    Ok(report)
}

fn name(words: &[&str]) -> String {
    format!("kclogin {}", words.join(" "))
}
