//! The wall clock, as the database keeps it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds in a day, for periods of validity.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// Returns the seconds since 1970; 0 on a machine whose clock stands before that.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
