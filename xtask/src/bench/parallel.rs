//! Part `parallel`: a hundred calls at once against a hundred one after another.
//! Owns the two ways; what one call takes is `keyring`'s business.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::Site;
use super::timing::{Contender, in_turn};
use crate::failure::{Context, Failure, Outcome};
use crate::process;

const CALLS: usize = 100;
const AT_ONCE: &str = "a hundred calls at once";
const ONE_BY_ONE: &str = "a hundred calls, one after another";

pub(super) fn measure(site: &Site, rounds: usize) -> Outcome<Report> {
    let person = Person::signed_in(site, "parallel", &site.provider()?.issuer(), "keyring")?;
    let command = || {
        let mut command = person.command(&["token"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let results =
        in_turn(vec![Contender::new(AT_ONCE, || at_once(&mut command())), Contender::new(ONE_BY_ONE, || one_by_one(&mut command()))], 1, rounds)?;

    let mut report = Report::new(format!(
        "parallel: {CALLS} calls for a fresh token from the keyring ({rounds} rounds, in turn; median, shortest .. nine of ten)"
    ));
    for (name, sample) in results.iter() {
        report.sample(name, sample);
    }
    report.judge("at once / one after another", results.of(AT_ONCE)?.middle() / results.of(ONE_BY_ONE)?.middle(), Unit::Times, Wanted::AtMost(1.3));
    report.note("From before the start of the first process to after the end of the last. Below 1 where several cores share the work; the keyring's daemon has one.");
    Ok(report)
}

fn at_once(command: &mut Command) -> Outcome<Duration> {
    let begun = Instant::now();
    let started: Vec<_> = (0..CALLS).map(|_| process::spawn(command)).collect();
    let ended: Vec<_> = started.into_iter().map(|child| child.and_then(|mut child| child.wait().context("waiting for kclogin"))).collect();
    let took = begun.elapsed();
    for status in ended {
        succeeded(status?.success())?;
    }
    Ok(took)
}

fn one_by_one(command: &mut Command) -> Outcome<Duration> {
    let begun = Instant::now();
    for _ in 0..CALLS {
        succeeded(process::spawn(command)?.wait().context("waiting for kclogin")?.success())?;
    }
    Ok(begun.elapsed())
}

fn succeeded(success: bool) -> Outcome {
    if success { Ok(()) } else { Err(Failure::new("one of the calls failed")) }
}
