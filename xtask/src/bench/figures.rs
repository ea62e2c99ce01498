//! What was measured, as a row of durations: its middle, its spread, and how a person reads it.
//! Pure; where the durations come from is `timing`'s business.

use std::time::Duration;

/// The durations of one thing, at least one, in order of their length.
#[derive(Debug, Clone)]
pub(super) struct Sample(Vec<Duration>);

impl Sample {
    pub(super) fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// The one in the middle, which no single slow or lucky run moves.
    pub(super) fn median(&self) -> Duration {
        let (count, middle) = (self.0.len(), self.0.len() / 2);
        match count {
            0 => Duration::ZERO,
            _ if count % 2 == 0 => (self.0[middle - 1] + self.0[middle]) / 2,
            _ => self.0[middle],
        }
    }

    pub(super) fn least(&self) -> Duration {
        self.0.first().copied().unwrap_or_default()
    }

    /// Nine of ten took no longer.
    pub(super) fn nine_of_ten(&self) -> Duration {
        let at = (self.0.len() * 9).div_ceil(10).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }

    /// The shortest and what nine of ten stay below.
    pub(super) fn spread(&self) -> String {
        format!("{} .. {}", milliseconds(self.least()), milliseconds(self.nine_of_ten()))
    }

    /// In milliseconds.
    pub(super) fn middle(&self) -> f64 {
        self.median().as_secs_f64() * 1000.0
    }
}

/// As a person reads it: 1.63 ms, 31.5 ms, 1204 ms.
pub(super) fn milliseconds(duration: Duration) -> String {
    let value = duration.as_secs_f64() * 1000.0;
    match value {
        ..10.0 => format!("{value:.2} ms"),
        ..100.0 => format!("{value:.1} ms"),
        _ => format!("{value:.0} ms"),
    }
}

/// The one in the middle of some counts, the lower of two.
pub(super) fn middle_count(counts: &[u64]) -> u64 {
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    counts.get(counts.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// With a mark at every third digit: 1,396,763.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ms: &[u64]) -> Sample {
        Sample::new(ms.iter().copied().map(Duration::from_millis).collect())
    }

    #[test]
    fn the_median_is_the_middle_of_an_odd_row_and_between_the_middles_of_an_even_one() {
        assert_eq!(sample(&[9, 1, 5]).median(), Duration::from_millis(5));
        assert_eq!(sample(&[9, 1, 5, 6]).median(), Duration::from_micros(5500));
        assert_eq!(sample(&[7]).median(), Duration::from_millis(7));
        assert_eq!(sample(&[]).median(), Duration::ZERO);
        assert!((sample(&[9, 1, 5, 6]).middle() - 5.5).abs() < 1e-9);
    }

    #[test]
    fn one_slow_run_of_ten_is_not_in_the_spread() {
        let row = sample(&[2, 2, 2, 2, 2, 2, 2, 2, 3, 500]);
        assert_eq!(row.spread(), "2.00 ms .. 3.00 ms");
        assert_eq!(sample(&[4]).spread(), "4.00 ms .. 4.00 ms");
    }

    #[test]
    fn durations_are_as_exact_as_they_are_interesting() {
        let shown = [1_634, 31_460, 1_204_000].map(|micros| milliseconds(Duration::from_micros(micros)));
        assert_eq!(shown, ["1.63 ms", "31.5 ms", "1204 ms"]);
    }

    #[test]
    fn counts_have_a_middle_and_marks() {
        assert_eq!(middle_count(&[3, 1, 2]), 2);
        assert_eq!(middle_count(&[4, 1, 2, 3]), 2);
        assert_eq!(middle_count(&[]), 0);
        assert_eq!([7, 123, 1234, 1_396_763].map(thousands), ["7", "123", "1,234", "1,396,763"]);
    }
}
