//! Running programs and other things in turn, and how long each takes.
//! Owns the clock and the environment of what is measured; what is run is the parts' business.
//!
//! All in one run, each after the other and from the beginning again, each round beginning with another: what is compared has then had the same machine,
//! however its load and its clock change.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::figures::Sample;
use crate::failure::{Context, Failure, Outcome};
use crate::process;

/// What a measured program sees of our environment. Cargo runs us with the library path of its toolchain, in which every child would look for its libraries
/// first, which takes as long as much of what is measured.
const KEPT: &[&str] = &["PATH", "LANG", "TMPDIR"];

/// Something to be measured beside others.
pub(super) struct Contender<'a> {
    name: String,
    run: Box<dyn FnMut() -> Outcome<Duration> + 'a>,
}

impl<'a> Contender<'a> {
    /// Whatever gives a duration of its own.
    pub(super) fn new(name: impl Into<String>, run: impl FnMut() -> Outcome<Duration> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// A program that is to succeed and to print something, from before its start to after its end.
    pub(super) fn program(name: impl Into<String>, mut command: Command) -> Self {
        Self::new(name, move || {
            let (took, length) = once(&mut command)?;
            if length > 0 { Ok(took) } else { Err(Failure::new("it printed nothing")) }
        })
    }

    /// A program that has nothing to say.
    pub(super) fn silent(name: impl Into<String>, mut command: Command) -> Self {
        Self::new(name, move || once(&mut command).map(|(took, _)| took))
    }
}

/// What came of each contender, in their order.
pub(super) struct Results(Vec<Row>);

/// One contender's durations, round by round.
struct Row {
    name: String,
    rounds: Vec<Duration>,
    sample: Sample,
}

impl Results {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Sample)> {
        self.0.iter().map(|row| (row.name.as_str(), &row.sample))
    }

    /// What came of the contender of this name.
    pub(super) fn of(&self, name: &str) -> Outcome<&Sample> {
        self.row(name).map(|row| &row.sample)
    }

    /// By how many milliseconds one takes longer than another, by their medians.
    pub(super) fn difference(&self, one: &str, other: &str) -> Outcome<f64> {
        Ok(self.of(one)?.middle() - self.of(other)?.middle())
    }

    /// The same by the median of the differences within a round, from which a slow drift of both is gone.
    pub(super) fn difference_by_round(&self, one: &str, other: &str) -> Outcome<f64> {
        let milliseconds = |duration: &Duration| duration.as_secs_f64() * 1000.0;
        let pairs = self.row(one)?.rounds.iter().zip(&self.row(other)?.rounds);
        let mut differences: Vec<f64> = pairs.map(|(one, other)| milliseconds(one) - milliseconds(other)).collect();
        differences.sort_by(f64::total_cmp);
        let (below, above) = (differences.len().saturating_sub(1) / 2, differences.len() / 2);
        let at = |place: usize| differences.get(place).copied().unwrap_or_default();
        Ok(f64::midpoint(at(below), at(above)))
    }

    fn row(&self, name: &str) -> Outcome<&Row> {
        self.0.iter().find(|row| row.name == name).ok_or_else(|| Failure::new(format!("{name} was not measured")))
    }
}

/// Runs all in turn, so many times each, after as many rounds as are needed for caches and compilers to be warm.
pub(super) fn in_turn(mut contenders: Vec<Contender<'_>>, warm_up: usize, runs: usize) -> Outcome<Results> {
    let mut durations: Vec<Vec<Duration>> = contenders.iter().map(|_| Vec::with_capacity(runs)).collect();
    for round in 0..warm_up + runs {
        for place in 0..contenders.len() {
            let at = (place + round) % contenders.len();
            let contender = &mut contenders[at];
            let took = (contender.run)().map_err(|failure| Failure::new(format!("measuring {}: {}", contender.name, failure.said())))?;
            if round >= warm_up {
                durations[at].push(took);
            }
        }
    }
    let row = |(contender, rounds): (Contender<'_>, Vec<Duration>)| Row { name: contender.name, sample: Sample::new(rounds.clone()), rounds };
    Ok(Results(contenders.into_iter().zip(durations).map(row).collect()))
}

/// Runs a program to its end as a shell's `$(...)` does, and gives how long it took and how much it printed.
fn once(command: &mut Command) -> Outcome<(Duration, usize)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut printed = Vec::with_capacity(64 * 1024);
    let begun = Instant::now();
    let mut child = process::spawn(command)?;
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut printed).context("reading what it printed")?;
    }
    let status = child.wait().context("waiting for it")?;
    let took = begun.elapsed();
    if status.success() { Ok((took, printed.len())) } else { Err(why(command, &status.to_string())) }
}

/// The reason for a failure: it is run once more, and heard.
fn why(command: &mut Command, ended: &str) -> Failure {
    let said = process::output(command.stdout(Stdio::piped()).stderr(Stdio::piped())).map(|output| output.stderr).unwrap_or_default();
    Failure::new(format!("it ended with {ended}: {}", String::from_utf8_lossy(&said).trim().replace('\n', "; ")))
}

/// Runs a program that is to succeed, not measured, and gives what it printed.
pub(super) fn printed(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = process::output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(Failure::new(format!("{name} ended with {}: {said}", output.status)))
}

/// The same command without what the environment has beside what was set for it.
pub(super) fn bare(mut command: Command) -> Command {
    let set: Vec<OsString> = command.get_envs().filter(|(_, value)| value.is_some()).map(|(name, _)| name.to_owned()).collect();
    for (name, _) in std::env::vars_os() {
        if !set.contains(&name) && !KEPT.iter().any(|kept| OsStr::new(kept) == name) {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn each_round_begins_with_another_and_the_warm_up_is_not_counted() {
        let order = RefCell::new(String::new());
        let contender = |name: &'static str, ms: u64| {
            let order = &order;
            Contender::new(name, move || {
                order.borrow_mut().push_str(name);
                Ok(Duration::from_millis(ms))
            })
        };
        let results = in_turn(vec![contender("a", 1), contender("b", 2), contender("c", 3)], 1, 3).unwrap();
        assert_eq!(*order.borrow(), "abcbcacababc");
        assert_eq!(results.of("b").unwrap().median(), Duration::from_millis(2));
        assert_eq!(results.iter().map(|(name, _)| name).collect::<String>(), "abc");
        assert!(results.of("d").is_err());
    }

    #[test]
    fn a_drift_of_both_is_no_difference_between_them() {
        // The one takes 1 ms longer each time, while everything gets slower; once it is disturbed.
        let mut ones = [11, 21, 31, 91, 51].into_iter();
        let mut others = [10, 20, 30, 40, 50].into_iter();
        let next = |row: &mut dyn Iterator<Item = u64>| Ok(Duration::from_millis(row.next().unwrap_or_default()));
        let results = in_turn(vec![Contender::new("one", || next(&mut ones)), Contender::new("other", || next(&mut others))], 0, 5).unwrap();
        assert!((results.difference_by_round("one", "other").unwrap() - 1.0).abs() < 1e-9);
        let even =
            in_turn(vec![Contender::new("one", || Ok(Duration::ZERO)), Contender::new("other", || Ok(Duration::from_millis(2)))], 0, 2).unwrap();
        assert!((even.difference_by_round("one", "other").unwrap() + 2.0).abs() < 1e-9);
        assert!((even.difference("one", "other").unwrap() + 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_program_that_fails_is_not_measured_but_heard() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such session >&2; exit 3"]);
        let failure = in_turn(vec![Contender::program("kclogin token", command)], 0, 1).err().unwrap();
        assert!(failure.said().starts_with("measuring kclogin token: ") && failure.said().ends_with(": no such session"), "{failure}");
    }

    #[test]
    fn a_program_that_prints_nothing_is_measured_only_where_it_has_nothing_to_say() {
        let measured = |contender| in_turn(vec![contender], 0, 1);
        assert!(measured(Contender::silent("nothing", Command::new("true"))).is_ok());
        let failure = measured(Contender::program("kclogin token", Command::new("true"))).err().unwrap();
        assert_eq!(failure.said(), "measuring kclogin token: it printed nothing");
    }

    #[test]
    fn what_cargo_adds_to_the_environment_does_not_reach_what_is_measured() {
        let mut command = Command::new("env");
        command.env("HOME", "/a home");
        let seen = printed(&mut bare(command)).unwrap();
        assert!(seen.contains("HOME=/a home") && seen.contains("PATH="), "{seen}");
        assert!(!seen.contains("CARGO"), "{seen}");
    }
}
