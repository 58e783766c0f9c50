//! The wall clock, in the form that the database stores.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds in a day, for periods of validity.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// Returns the seconds since 1970, or 0 if the machine's clock is before that.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
