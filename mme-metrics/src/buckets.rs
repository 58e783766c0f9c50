//! Named bucket lists, each with its reason. Bounds are upper bounds, in the metric's unit; `+Inf` is implied.
//!
//! Every list can be replaced per metric at set-up with
//! [`RecorderBuilder::buckets`](crate::recorder::RecorderBuilder::buckets).

/// Requests, calls and functions, in seconds (B1).
///
/// The advice of the OpenTelemetry HTTP conventions, and 2 for an objective of 2 s, which lies between 1 and 2.5.
pub const REQUEST: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 5.0, 7.5, 10.0];

/// Database operations and pool waits, in seconds (B2): the advice of the OpenTelemetry database conventions.
pub const DATABASE: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// Streams and other long-lived work, in seconds (B3): from ten milliseconds to five minutes.
pub const STREAM: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Delays of an event loop, in seconds: from a timer in time to ten seconds in which nothing ran.
///
/// The steps about 0.1 and 0.5 are where the canary counts a stall and where the alert begins.
pub const EVENT_LOOP: &[f64] = &[0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5, 10.0];

/// Body sizes, in bytes (B4): powers of eight from a short answer to a large upload.
pub const SIZE: &[f64] = &[128.0, 1024.0, 8192.0, 65_536.0, 524_288.0, 4_194_304.0, 33_554_432.0];

/// Rows a statement returned: the advice of the OpenTelemetry database conventions.
pub const ROWS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];

/// Most bounds that one histogram may have: each bound is a line of the exposition in every series.
pub const MAX_BOUNDS: usize = 64;

/// Says whether `bounds` can be the buckets of a histogram: finite, not negative, ascending, one to [`MAX_BOUNDS`].
pub const fn is_valid(bounds: &[f64]) -> bool {
    if bounds.is_empty() || bounds.len() > MAX_BOUNDS {
        return false;
    }
    let mut index = 0;
    while index < bounds.len() {
        if !bounds[index].is_finite() || bounds[index] < 0.0 || (index > 0 && bounds[index] <= bounds[index - 1]) {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_lists_are_valid() {
        for bounds in [REQUEST, DATABASE, STREAM, EVENT_LOOP, SIZE, ROWS] {
            assert!(is_valid(bounds));
        }
    }

    #[test]
    fn unsorted_infinite_and_overlong_lists_are_not() {
        assert!(!is_valid(&[]));
        assert!(!is_valid(&[1.0, 1.0]));
        assert!(!is_valid(&[2.0, 1.0]));
        assert!(!is_valid(&[1.0, f64::INFINITY]));
        assert!(!is_valid(&[f64::NAN]));
        assert!(!is_valid(&[-1.0, 1.0]));
        assert!(!is_valid(&[1.0; MAX_BOUNDS + 1]));
    }
}
