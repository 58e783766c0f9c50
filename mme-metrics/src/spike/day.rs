//! Days and moments in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

const SECONDS: u64 = 86_400;

/// A day in UTC; reads and is read as `2026-08-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i64,
    month: u8,
    date: u8,
}

impl Day {
    /// Returns the day of `time`; before 1970 there is none but the first.
    pub fn of(time: SystemTime) -> Self {
        Self::from_number(since_epoch(time).as_secs() / SECONDS)
    }

    /// Returns the day that it is now.
    pub fn today() -> Self {
        Self::of(SystemTime::now())
    }

    /// Returns the day that is `days` before this one.
    pub fn before(self, days: u64) -> Self {
        Self::from_number(self.number().saturating_sub(days))
    }

    /// Returns the moment at which it ends.
    pub fn end(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs((self.number() + 1) * SECONDS)
    }

    /// Finds the date of a day since 1970: the calendar repeats every 400 years, and a year that begins in March has its
    /// leap day at its end (H. Hinnant, "chrono-compatible low-level date algorithms").
    // Each part is within the calendar.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    const fn from_number(number: u64) -> Self {
        let shifted = number + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + (month <= 2) as u64;
        Self { year: year as i64, month: month as u8, date: day as u8 }
    }

    /// Counts the days since 1970.
    // A day is read or made with a year from 1970 on.
    #[allow(clippy::cast_sign_loss)]
    const fn number(self) -> u64 {
        let (month, day) = (self.month as u64, self.date as u64);
        let year = self.year as u64 - (month <= 2) as u64;
        let (era, year_of_era) = (year / 400, year % 400);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.date)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let parsed = || {
            let digits =
                |from, to| text.get(from..to)?.bytes().all(|byte| byte.is_ascii_digit()).then(|| &text[from..to]);
            let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
            let day = Self { year: year.parse().ok()?, month: month.parse().ok()?, date: day.parse().ok()? };
            // A day that does not exist is another one when it is counted.
            let is_day = text.len() == 10 && day.year >= 1970 && (1..=12).contains(&day.month) && day.date > 0;
            (is_day && Self::from_number(day.number()) == day && day.to_string() == text).then_some(day)
        };
        parsed().ok_or(DayError)
    }
}

/// A text is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayError;

impl fmt::Display for DayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day reads as 2026-08-01, from 1970 on")
    }
}

impl std::error::Error for DayError {}

/// Writes a moment as RFC 3339 has it, in UTC and to the millisecond.
pub(super) fn stamp(time: SystemTime) -> String {
    let since = since_epoch(time);
    let second = since.as_secs() % SECONDS;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", Day::of(time), since.subsec_millis())
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        for (number, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_666, "2026-08-01")] {
            assert_eq!(Day::from_number(number).to_string(), text);
            assert_eq!(text.parse::<Day>().map(Day::number), Ok(number));
        }
        for number in 0..200_000 {
            assert_eq!(Day::from_number(number).number(), number);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-8-1",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-32",
            "1969-12-31",
            "2026-08-01x",
            "2026/08/01",
            "+026-08-01",
            "２026-08-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_to_the_millisecond() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(20_666 * 86_400_000 + 45_296_007);
        assert_eq!(stamp(time), "2026-08-01T12:34:56.007Z");
        assert_eq!(Day::of(time).end(), SystemTime::UNIX_EPOCH + Duration::from_hours(20_667 * 24));
        assert_eq!(Day::of(time).before(1).to_string(), "2026-07-31");
    }
}
