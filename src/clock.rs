//! The time, as whole seconds since the Unix epoch, and the one place that reads it and lets it pass.
//!
//! Deciding whether something has expired is left to those who know what is expiring.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// The first and the last second that RFC 3339 can say.
const YEAR_0: i64 = -62_167_219_200;
const YEAR_9999: i64 = 253_402_300_799;

/// A point in time, in seconds since 1970-01-01T00:00:00Z, as JWTs count it (RFC 7519 section 2, NumericDate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This point moved `by` into the future, at most to the end of representable time.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX)))
    }

    /// Seconds from `now` to this point, negative once it has passed.
    #[must_use]
    pub fn seconds_from(self, now: Self) -> i64 {
        self.0.saturating_sub(now.0)
    }

    /// The point as a calendar date; the last one there is where no date can hold it.
    #[must_use]
    pub fn to_calendar(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The point that a date of HTTP's names (RFC 9110 section 5.6.7), such as `Tue, 24 Nov 2026 18:40:00 GMT`, or in one of the two older forms that are
    /// still to be understood; nothing where it is none.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        let text = text.trim();
        let of_today = || DateTime::parse_from_rfc2822(text).map(|date| date.timestamp());
        let older = |form: &str| NaiveDateTime::parse_from_str(text, form).map(|date| date.and_utc().timestamp());
        of_today().or_else(|_| older("%A, %d-%b-%y %H:%M:%S GMT")).or_else(|_| older("%a %b %e %H:%M:%S %Y")).ok().map(Self)
    }

    /// The point as RFC 3339 in UTC, such as `2026-11-24T18:40:00Z`; the nearest one that its four-digit years can say (section 5.6), so that whoever
    /// reads it finds a date.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        Self(self.0.clamp(YEAR_0, YEAR_9999)).to_calendar().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// How long from `now` to `then` in words a person reads at a glance: `45 s`, `4 min`, `2 h 5 min`, `12 days`; `now` or earlier is `0 s`.
#[must_use]
pub fn in_words(then: Timestamp, now: Timestamp) -> String {
    let seconds = then.seconds_from(now).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 if minutes % 60 == 0 => format!("{hours} h"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}

/// How long something lasts, in words that lose no second below an hour: `45 s`, `1 min 30 s`, `5 min`, `2 h`.
#[must_use]
pub fn lasting(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        60..3600 if !seconds.is_multiple_of(60) => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => in_words(Timestamp(0).after(duration), Timestamp(0)),
    }
}

/// Where "now" comes from.
pub trait Clock: Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Lets this much of it pass. Ctrl-C ends the process meanwhile; see [`interrupt`](crate::interrupt).
    fn pause(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

/// The operating system's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_change_unit_at_the_boundary() {
        let words = |seconds: i64| in_words(Timestamp(1_000 + seconds), Timestamp(1_000));
        let expected = [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (7_500, "2 h 5 min"),
            (86_400, "1 day"),
            (1_036_800, "12 days"),
        ];
        for (seconds, text) in expected {
            assert_eq!(words(seconds), text);
        }
    }

    #[test]
    fn a_duration_loses_no_second() {
        assert_eq!([45, 90, 300, 7_200].map(|seconds| lasting(Duration::from_secs(seconds))), ["45 s", "1 min 30 s", "5 min", "2 h"]);
    }

    #[test]
    fn the_date_of_an_answer_is_read_or_nothing() {
        for good in
            ["Tue, 24 Nov 2026 18:40:00 GMT", "Tuesday, 24-Nov-26 18:40:00 GMT", "Tue Nov 24 18:40:00 2026", " Tue, 24 Nov 2026 18:40:00 GMT "]
        {
            assert_eq!(Timestamp::from_http_date(good), Some(Timestamp(1_795_545_600)), "{good:?}");
        }
        assert_eq!(Timestamp::from_http_date("Sun Nov  6 08:49:37 1994"), Some(Timestamp(784_111_777)));
        for bad in ["", "yesterday", "2026-11-24T18:40:00Z", "Tue, 24 Nov 99999 18:40:00 GMT", "\u{1b}[2J"] {
            assert_eq!(Timestamp::from_http_date(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn rfc3339_is_utc_and_a_date_even_where_the_point_is_none() {
        assert_eq!(Timestamp(1_795_545_600).to_rfc3339(), "2026-11-24T18:40:00Z");
        for (seconds, text) in [(YEAR_9999, "9999-12-31T23:59:59Z"), (YEAR_0, "0000-01-01T00:00:00Z")] {
            assert_eq!(Timestamp(seconds).to_rfc3339(), text);
            assert_eq!(Timestamp(seconds + seconds.signum()).to_rfc3339(), text);
            assert_eq!(Timestamp(seconds.saturating_mul(i64::MAX)).to_rfc3339(), text);
        }
    }
}
