//! What a part has found out, as tables for people: what was measured, what is made of it and what is wanted, and what has to be known to read it.
//! Owns the form, the verdicts and stdout; nothing here fails because something is slow.

use std::io::{Write, stdout};

use super::figures::{Sample, milliseconds};

/// What a part has found out.
#[derive(Debug, Default)]
pub(super) struct Report {
    title: String,
    figures: Vec<[String; 3]>,
    judgements: Vec<Judgement>,
    notes: Vec<String>,
}

/// What is wanted of a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    AtMost(f64),
    Below(f64),
    Exactly(f64),
    /// It is shown so that it is known.
    Nothing,
}

/// What a number counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Milliseconds,
    Megabytes,
    /// How often the one is in the other.
    Times,
    Count,
}

/// A number that was made of what was measured in one run, beside what is wanted of it.
#[derive(Debug)]
pub(super) struct Judgement {
    what: String,
    value: f64,
    unit: Unit,
    wanted: Wanted,
}

impl Judgement {
    fn verdict(&self) -> &'static str {
        let met = match self.wanted {
            Wanted::AtMost(limit) => self.value <= limit,
            Wanted::Below(limit) => self.value < limit,
            Wanted::Exactly(count) => (self.value - count).abs() < 0.5,
            Wanted::Nothing => return "",
        };
        match (met, self.wanted) {
            (true, _) => "met",
            (false, Wanted::Exactly(_)) => "missed",
            (false, _) => "over",
        }
    }

    fn cells(&self) -> [String; 4] {
        let wanted = match self.wanted {
            Wanted::AtMost(limit) => format!("<= {}", self.unit.show(limit)),
            Wanted::Below(limit) => format!("< {}", self.unit.show(limit)),
            Wanted::Exactly(count) => self.unit.show(count),
            Wanted::Nothing => "-".to_owned(),
        };
        [self.what.clone(), self.unit.show(self.value), wanted, self.verdict().to_owned()]
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Megabytes => format!("{value:.2} MB"),
            Self::Times => format!("{value:.3}"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

impl Report {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// A row of durations.
    pub(super) fn sample(&mut self, what: &str, sample: &Sample) {
        self.figure(what, milliseconds(sample.median()), sample.spread());
    }

    /// Anything that was measured, and more about it.
    pub(super) fn figure(&mut self, what: impl Into<String>, shown: impl Into<String>, more: impl Into<String>) {
        self.figures.push([what.into(), shown.into(), more.into()]);
    }

    pub(super) fn judge(&mut self, what: impl Into<String>, value: f64, unit: Unit, wanted: Wanted) {
        self.judgements.push(Judgement { what: what.into(), value, unit, wanted });
    }

    /// What is in the numbers and what isn't, in one sentence.
    pub(super) fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    pub(super) fn print(&self) {
        print(&self.lines());
    }

    /// What is not as wanted, in a line each.
    pub(super) fn shortfalls(&self) -> Vec<String> {
        let part = self.title.split(':').next().unwrap_or_default();
        let short = self.judgements.iter().filter(|judgement| !matches!(judgement.verdict(), "" | "met"));
        let line = |[what, is, wanted, verdict]: [String; 4]| format!("  {part}: {what}: {is}, wanted {wanted} ({verdict})");
        short.map(|judgement| line(judgement.cells())).collect()
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new(), format!("== {}", self.title)];
        lines.extend(columns(&self.figures));
        if !self.judgements.is_empty() {
            let head = ["", "is", "wanted", ""].map(str::to_owned);
            let cells: Vec<[String; 4]> = std::iter::once(head).chain(self.judgements.iter().map(Judgement::cells)).collect();
            lines.push(String::new());
            lines.extend(columns(&cells));
        }
        if !self.notes.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        lines
    }
}

/// Lines on stdout. A closed stdout is nobody's reason to stop.
pub(super) fn print(lines: &[String]) {
    let mut out = stdout().lock();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}

/// Columns as wide as they have to be: the first begins at the left, the others end at the right but for the last.
fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let cell = |row: &[String; N], column: usize| match column {
        0 => format!("{:<1$}", row[0], widths[0]),
        _ if column + 1 == N => row[column].clone(),
        _ => format!("{:>1$}", row[column], widths[column]),
    };
    rows.iter().map(|row| format!("  {}", (0..N).map(|column| cell(row, column)).collect::<Vec<_>>().join("   ")).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn verdict(value: f64, wanted: Wanted) -> &'static str {
        Judgement { what: String::new(), value, unit: Unit::Times, wanted }.verdict()
    }

    #[test]
    fn what_is_wanted_is_met_or_over_or_missed() {
        assert_eq!([0.3, 0.31].map(|value| verdict(value, Wanted::AtMost(0.3))), ["met", "over"]);
        assert_eq!([7.99, 8.0].map(|value| verdict(value, Wanted::Below(8.0))), ["met", "over"]);
        assert_eq!([0.0, 1.0, 2.0].map(|value| verdict(value, Wanted::Exactly(1.0))), ["missed", "met", "missed"]);
        assert_eq!(verdict(1e9, Wanted::Nothing), "");
    }

    #[test]
    fn a_part_is_two_tables_and_what_has_to_be_known() {
        let mut report = Report::new("start");
        report.sample("kclogin --version", &Sample::new(vec![Duration::from_micros(1700); 3]));
        report.figure("nothing", "0.70 ms", "");
        report.judge("--version, less nothing", 1.0, Unit::Milliseconds, Wanted::AtMost(1.0));
        report.judge("threads", 4.0, Unit::Count, Wanted::Exactly(0.0));
        report.note("The time is that of the process.");
        assert_eq!(
            report.lines(),
            [
                "",
                "== start",
                "  kclogin --version   1.70 ms   1.70 ms .. 1.70 ms",
                "  nothing             0.70 ms",
                "",
                "                                 is       wanted",
                "  --version, less nothing   1.00 ms   <= 1.00 ms   met",
                "  threads                         4            0   missed",
                "",
                "  The time is that of the process.",
            ]
        );
        assert_eq!(report.shortfalls(), ["  start: threads: 4, wanted 0 (missed)"]);
    }
}
