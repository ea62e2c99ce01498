//! What a soak has shown: counts, a summary, and whatever must not be.
//! Pure; how the numbers came about is the others' business.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::progress::{say, seconds};

/// The memory in KiB and the descriptors of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) memory: u64,
    pub(super) descriptors: usize,
}

impl Size {
    pub(super) fn or_more(self, other: Self) -> Self {
        Self { memory: self.memory.max(other.memory), descriptors: self.descriptors.max(other.descriptors) }
    }
}

/// One call of kclogin.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) command: String,
    /// After the first call.
    pub(super) begun: Duration,
    pub(super) took: Duration,
    /// Nothing where a signal ended it.
    pub(super) code: Option<i32>,
    /// Whether there was something on stdout.
    pub(super) printed: bool,
    /// stderr, in one line.
    pub(super) said: String,
    pub(super) most: Size,
}

/// When Keycloak was away, after the first call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    pub(super) from: Duration,
    pub(super) to: Duration,
}

impl Outage {
    fn touches(self, call: &Call) -> bool {
        call.begun <= self.to && call.begun + call.took >= self.from
    }
}

/// By how much a typical peak may differ between two minutes: pages that are shared now and then, not growth.
const MEMORY_NOISE: u64 = 1024;
const DESCRIPTOR_NOISE: usize = 1;

/// The lines of the summary, and the findings among them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    lines: Vec<String>,
    findings: Vec<String>,
}

impl Tally {
    pub(super) fn new(calls: &[Call], outage: Outage, length: Duration) -> Self {
        let mut tally = Self::default();
        let (from, to) = (seconds(outage.from), seconds(outage.to));
        tally.lines.push(format!("Length       {}, Keycloak away from {from} to {to}", seconds(length)));
        let per_second = calls.len() as f64 / length.as_secs_f64().max(1.0);
        tally.lines.push(format!(
            "Calls        {}, {per_second:.1} a second: {}",
            calls.len(),
            counted(calls.iter().map(|call| call.command.clone()))
        ));
        let code = |call: &Call| call.code.map_or_else(|| "by a signal".to_owned(), |code| code.to_string());
        let during = calls.iter().filter(|call| outage.touches(call));
        tally.lines.push(format!("Exit codes   {}", counted(calls.iter().map(code))));
        tally.lines.push(format!("             while Keycloak was away: {}", counted(during.map(code))));
        for call in calls {
            let as_it_should = call.code == Some(0) && call.printed || call.code == Some(5) && outage.touches(call);
            if !as_it_should {
                let when = seconds(call.begun);
                tally.findings.push(format!("after {when} `{}` ended with {}: {}", call.command, code(call), call.said));
            }
        }
        tally.growth(calls, outage, length);
        tally
    }

    /// Compares the first minute's calls with the last one's. Those that miss Keycloak take another way, which costs more.
    fn growth(&mut self, calls: &[Call], outage: Outage, length: Duration) {
        let window = Duration::from_secs(60).min(length / 2);
        let sizes = |from: Duration, to: Duration| -> Vec<Size> {
            let within = calls.iter().filter(|call| call.begun >= from && call.begun < to && call.most.memory > 0 && !outage.touches(call));
            within.map(|call| call.most).collect()
        };
        let (first, last) = (sizes(Duration::ZERO, window), sizes(length - window, length));
        let ((was, most_before), (is, most_after)) = (typical(&first), typical(&last));
        self.lines.push(format!(
            "kclogin      first minute -> last: {} -> {} KiB (at most {} -> {}), {} -> {} descriptors (at most {} -> {})",
            was.memory,
            is.memory,
            most_before.memory,
            most_after.memory,
            was.descriptors,
            is.descriptors,
            most_before.descriptors,
            most_after.descriptors
        ));
        if first.is_empty() || last.is_empty() {
            self.findings.push("no call of the first or last minute could be looked at".to_owned());
        }
        if is.memory > was.memory + MEMORY_NOISE {
            self.findings.push(format!("the memory of a call has grown from {} to {} KiB", was.memory, is.memory));
        }
        if is.descriptors > was.descriptors + DESCRIPTOR_NOISE {
            self.findings.push(format!("the descriptors of a call have grown from {} to {}", was.descriptors, is.descriptors));
        }
    }

    /// The keyring's daemon, which outlives the calls: what they leave open there stays open.
    pub(super) fn daemon(&mut self, before: Option<Size>, after: Option<Size>) {
        let (Some(before), Some(after)) = (before, after) else {
            self.findings.push("the keyring's daemon has ended".to_owned());
            return;
        };
        let (was, is) = (before.descriptors, after.descriptors);
        self.lines.push(format!("Keyring      its daemon: {} -> {} KiB at the peak, {was} -> {is} descriptors", before.memory, after.memory));
        // Two may just be open for somebody who asks.
        if is > was + 2 {
            self.findings.push(format!("the descriptors of the keyring's daemon have grown from {was} to {is}"));
        }
    }

    /// Keycloak's own count.
    pub(super) fn refreshes(&mut self, done: usize, refused: usize) {
        self.lines.push(format!("Refreshes    {done}, refused {refused}"));
        if refused > 0 {
            self.findings.push(format!("Keycloak refused {refused} refreshes"));
        }
    }

    /// A call after the others, which shows that the session is alive.
    pub(super) fn at_the_end(&mut self, what: &str, call: &Call) {
        let alive = call.code == Some(0) && call.printed;
        self.lines.push(format!("At the end   `{what}` {}", if alive { "works" } else { "fails" }));
        if !alive {
            self.findings.push(format!("at the end `{what}` ended with {:?}: {}", call.code, call.said));
        }
    }

    /// One for the session, and no other.
    pub(super) fn keyring_items(&mut self, count: usize) {
        self.lines.push(format!("Keyring      items: {count}"));
        if count != 1 {
            self.findings.push(format!("the keyring has {count} items of kclogin's for one session"));
        }
    }

    /// Something of which there should be nothing.
    pub(super) fn left_over(&mut self, what: &str, names: &[String]) {
        self.lines.push(format!("Left over    {what}: {}", names.len()));
        if !names.is_empty() {
            self.findings.push(format!("left over {what}: {}", names.join(", ")));
        }
    }

    /// Tells all of it, and fails if there is a finding.
    pub(super) fn verdict(&self) -> Outcome {
        say("");
        self.lines.iter().for_each(|line| say(line));
        // The first ones tell what the others are about.
        self.findings.iter().take(20).for_each(|finding| say(&format!("FOUND        {finding}")));
        match self.findings.len() {
            0 => Ok(()),
            count => Err(Failure::new(format!("{count} findings"))),
        }
    }
}

fn counted(names: impl Iterator<Item = String>) -> String {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_insert(0_usize) += 1;
    }
    let shown: Vec<String> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

/// The medians of the peaks, which growth would move whatever one call happened to be looked at, and the most of each.
fn typical(sizes: &[Size]) -> (Size, Size) {
    let mut memory: Vec<u64> = sizes.iter().map(|size| size.memory).collect();
    let mut descriptors: Vec<usize> = sizes.iter().map(|size| size.descriptors).collect();
    memory.sort_unstable();
    descriptors.sort_unstable();
    let middle = sizes.len() / 2;
    let median = Size { memory: memory.get(middle).copied().unwrap_or_default(), descriptors: descriptors.get(middle).copied().unwrap_or_default() };
    (median, sizes.iter().copied().fold(Size::default(), Size::or_more))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(600);
    const OUTAGE: Outage = Outage { from: Duration::from_secs(300), to: Duration::from_secs(330) };

    fn call(begun: u64, code: i32) -> Call {
        Call {
            command: "token".into(),
            begun: Duration::from_secs(begun),
            took: Duration::from_millis(20),
            code: Some(code),
            printed: code == 0,
            said: String::new(),
            most: Size { memory: 9_000, descriptors: 8 },
        }
    }

    fn findings(calls: &[Call]) -> Vec<String> {
        Tally::new(calls, OUTAGE, LENGTH).findings
    }

    #[test]
    fn only_an_absent_keycloak_may_be_out_of_reach() {
        assert_eq!(findings(&[call(0, 0), call(310, 5), call(599, 0)]), [""; 0]);
        assert_eq!(findings(&[call(0, 0), call(200, 5), call(599, 0)]), ["after 3 min 20 s `token` ended with 5: "]);
        for code in [1, 3, 4] {
            assert_eq!(findings(&[call(0, 0), call(310, code), call(599, 0)]).len(), 1, "{code}");
        }
        let silent = Call { printed: false, ..call(10, 0) };
        assert_eq!(findings(&[call(0, 0), silent, call(599, 0)]).len(), 1);
    }

    #[test]
    fn growth_is_found() {
        let with = |memory, descriptors| Call { most: Size { memory, descriptors }, ..call(599, 0) };
        assert_eq!(findings(&[call(0, 0), with(9_900, 9)]), [""; 0]);
        assert_eq!(
            Tally::new(&[call(0, 0), with(19_900, 9)], Outage { to: LENGTH, ..OUTAGE }, LENGTH).findings,
            ["no call of the first or last minute could be looked at"]
        );
        assert_eq!(findings(&[call(0, 0), with(10_100, 8)]), ["the memory of a call has grown from 9000 to 10100 KiB"]);
        assert_eq!(findings(&[call(0, 0), with(9_000, 10)]), ["the descriptors of a call have grown from 8 to 10"]);
        let mut tally = Tally::default();
        tally.daemon(Some(Size { memory: 1, descriptors: 5 }), Some(Size { memory: 1, descriptors: 8 }));
        assert_eq!(tally.findings.len(), 1);
    }

    #[test]
    fn whatever_is_left_over_or_refused_is_a_finding() {
        let mut tally = Tally::default();
        tally.refreshes(100, 0);
        tally.left_over("files", &[]);
        tally.keyring_items(1);
        tally.at_the_end("token", &call(600, 0));
        assert!(tally.verdict().is_ok());
        tally.refreshes(100, 1);
        tally.left_over("files", &["a file".into()]);
        tally.keyring_items(2);
        tally.at_the_end("token", &call(600, 3));
        assert_eq!(tally.verdict().unwrap_err().said(), "4 findings");
    }
}
