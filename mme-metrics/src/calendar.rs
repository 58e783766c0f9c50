//! Dates and times as text, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use time::UtcDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

/// RFC 3339 to the second.
#[cfg(feature = "probe")]
const SECONDS: EncodedConfig =
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: None }).encode();

/// RFC 3339 to the millisecond.
#[cfg(feature = "spike")]
const MILLISECONDS: EncodedConfig =
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: std::num::NonZero::new(3) }).encode();

/// Converts a time. One outside the years 1970 to 9999 becomes the nearest inside.
pub(crate) fn utc(time: SystemTime) -> UtcDateTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let converted = i128::try_from(since).ok().and_then(|since| UtcDateTime::from_unix_timestamp_nanos(since).ok());
    converted.unwrap_or(UtcDateTime::MAX)
}

/// Formats a time to the second: `2026-11-21T03:14:02Z`.
#[cfg(feature = "probe")]
pub(crate) fn rfc3339(time: SystemTime) -> String {
    // Every date has these components.
    utc(time).format(&Iso8601::<SECONDS>).unwrap_or_default()
}

/// Formats a time to the millisecond: `2026-11-21T03:14:02.125Z`.
#[cfg(feature = "spike")]
pub(crate) fn rfc3339_millis(time: SystemTime) -> String {
    // Every date has these components.
    utc(time).format(&Iso8601::<MILLISECONDS>).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(feature = "probe")]
    #[test]
    fn a_time_is_written_with_its_leap_days() {
        let written = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(written(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(written(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(written(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(written(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(999)), "1970-01-01T00:00:00Z");
    }

    #[cfg(feature = "spike")]
    #[test]
    fn a_moment_is_written_to_the_millisecond() {
        let time = UNIX_EPOCH + Duration::from_millis(20_666 * 86_400_000 + 45_296_007);
        assert_eq!(rfc3339_millis(time), "2026-08-01T12:34:56.007Z");
        assert_eq!(rfc3339_millis(UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_clock_that_is_wrong_by_centuries_is_no_panic() {
        assert_eq!(utc(UNIX_EPOCH - Duration::from_hours(24)), UtcDateTime::UNIX_EPOCH);
        assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(1 << 40)), UtcDateTime::MAX);
    }
}
