//! How long a sender waits before it sends again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// The first delay.
const FIRST: Duration = Duration::from_millis(500);

/// The longest delay that is not asked for by the receiver.
const LONGEST: Duration = Duration::from_secs(5);

/// The longest delay that a receiver is granted. It may be broken, or not be a receiver.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_mins(5);

/// An exponential back-off with jitter.
#[derive(Debug)]
pub(crate) struct BackOff(Duration);

impl BackOff {
    pub(crate) const fn new() -> Self {
        Self(FIRST)
    }

    /// Returns the next delay: half of it fixed, and half random, so that many instances do not come back at once.
    pub(crate) fn next(&mut self) -> Duration {
        let delay = self.0;
        self.0 = (delay * 2).min(LONGEST);
        delay.mul_f64(0.5 + 0.5 * random())
    }
}

/// Reads `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = || {
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large is longer than any delay.
        is_number.then(|| value.parse().map_or(LONGEST_ASKED, Duration::from_secs))
    };
    let date = || Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default());
    Some(seconds().or_else(date)?.min(LONGEST_ASKED))
}

/// Returns a random number from 0 to 1.
fn random() -> f64 {
    // The keys of a `RandomState` are random, and so is the hash of anything.
    f64::from((RandomState::new().hash_one(0_u8) >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_doubles_and_is_bounded() {
        let mut back_off = BackOff::new();
        for most in [500, 1_000, 2_000, 4_000, 5_000, 5_000].map(Duration::from_millis) {
            let delay = back_off.next();
            assert!(delay <= most && delay >= most / 2, "{delay:?} of {most:?}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_seconds_or_a_date_up_to_a_bound() {
        // 1994-11-06 08:49:37, the date of the standard's examples.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("300", Some(300)),
            ("301", Some(300)),
            ("99999999999999999999999", Some(300)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:49:37 GMT", Some(300)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
