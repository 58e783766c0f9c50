//! A day of the calendar.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use time::format_description::well_known::Iso8601;
use time::{Date, Month, Time, UtcDateTime};

use crate::calendar::utc;

/// The first day, before which there is none.
const EPOCH: Date = UtcDateTime::UNIX_EPOCH.date();

/// The last day whose end is a time.
const LAST: Date = match Date::from_calendar_date(9999, Month::December, 30) {
    Ok(date) => date,
    Err(_) => EPOCH,
};

/// A day in UTC, from 1970 to 9999. It is written as `2026-08-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Returns the day of `time`. A time before 1970 is on the first day of 1970.
    pub fn of(time: SystemTime) -> Self {
        Self(utc(time).date().min(LAST))
    }

    /// Returns the current day.
    pub fn today() -> Self {
        Self::of(SystemTime::now())
    }

    /// Returns the day that is `days` before this one.
    pub fn before(self, days: u64) -> Self {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let date = Date::from_julian_day(self.0.to_julian_day().saturating_sub(days)).unwrap_or(EPOCH);
        Self(date.max(EPOCH))
    }

    /// Returns the time at which the day ends.
    pub fn end(self) -> SystemTime {
        UtcDateTime::new(self.0.next_day().unwrap_or(self.0), Time::MIDNIGHT).into()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let date = Date::parse(text, &Iso8601::DATE).map_err(|_| DayError)?;
        // ISO 8601 also writes `20260801` and `2026-W31-6`.
        let is_day = (EPOCH..=LAST).contains(&date) && date.to_string() == text;
        is_day.then_some(Self(date)).ok_or(DayError)
    }
}

/// A text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayError;

impl fmt::Display for DayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day: write it as 2026-08-01, from 1970 on")
    }
}

impl std::error::Error for DayError {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn day(number: u64) -> Day {
        Day::of(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * number))
    }

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        for (number, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_666, "2026-08-01")] {
            assert_eq!(day(number).to_string(), text);
            assert_eq!(text.parse(), Ok(day(number)));
        }
        for number in 0..200_000 {
            assert_eq!(day(number + 1).before(1), day(number));
            assert_eq!(Day::of(day(number).end()), day(number + 1));
        }
    }

    #[test]
    fn a_day_is_never_before_the_first_nor_after_the_last() {
        assert_eq!(day(3).before(u64::MAX), day(0));
        assert_eq!(Day::of(SystemTime::UNIX_EPOCH - Duration::from_hours(48)), day(0));
        let last = day(u64::from(u32::MAX));
        assert_eq!(last.to_string().parse(), Ok(last));
        assert_eq!(Day::of(last.end() - Duration::from_secs(1)), last);
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
            "20260801",
            "2026-W31-6",
            "2026-213",
            "9999-12-31",
        ] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(20_666 * 86_400_000 + 45_296_007);
        assert_eq!(Day::of(time).end(), SystemTime::UNIX_EPOCH + Duration::from_hours(20_667 * 24));
        assert_eq!(Day::of(time).before(1).to_string(), "2026-07-31");
    }
}
