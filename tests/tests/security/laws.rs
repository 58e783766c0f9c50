//! Laws of counting failures that hold for any sequence of them.

use std::net::Ipv4Addr;

use mme_metrics::security::SourceTracker;
use mme_metrics::testing::record;
use proptest::collection::vec;
use proptest::prelude::*;

use super::sources::{Time, client};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// How much further back than its length a window may reach.
const FRAMES: [u64; 2] = [MINUTE / 6, HOUR / 12];

/// Pauses within a minute, within an hour, and longer than either.
fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..20_000_u64, 2 => 0..10 * MINUTE, 1 => 0..2 * HOUR]
}

proptest! {
    /// Law: a window counts each failure of its source within its length, and none that is older than one frame more.
    #[test]
    fn a_window_counts_what_happened_within_it(steps in vec((pause(), 0..3_u8), 1..150)) {
        let (time, mut now) = (Time::default(), 0);
        let tracker = time.tracker(SourceTracker::builder());
        let mut happened: Vec<(u64, u8)> = Vec::new();
        let mut wrong = None;
        drop(record(|| {
            for (pause, source) in steps {
                now += pause;
                time.set(now);
                happened.push((now, source));
                let standing = client(&tracker, Ipv4Addr::new(203, 0, 113, source)).failure();
                let within = |length: u64| {
                    happened.iter().filter(|(then, failed)| *failed == source && now - then < length).count() as u32
                };
                for (counted, length, frame) in
                    [(standing.minute(), MINUTE, FRAMES[0]), (standing.hour(), HOUR, FRAMES[1])]
                {
                    if !(within(length)..=within(length + frame)).contains(&counted) {
                        wrong = Some((now, source, counted, length));
                    }
                }
            }
        }));
        prop_assert_eq!(wrong, None, "moment, source, count and window, of {:?}", happened);
    }

    /// Law: a source is over its limit exactly when one of its counts is, and a failure crosses the limit exactly when the one
    /// before it was not over.
    #[test]
    fn a_limit_is_passed_when_a_count_is(steps in vec(pause(), 1..150), minute in 1..20_u32, more in 0..40_u32) {
        let (time, mut now, mut was_over, hour) = (Time::default(), 0, false, minute + more);
        let tracker = time.tracker(SourceTracker::builder().limits(minute, hour));
        let mut wrong = None;
        drop(record(|| {
            for pause in steps {
                now += pause;
                time.set(now);
                let source = client(&tracker, Ipv4Addr::new(203, 0, 113, 7));
                let standing = source.failure();
                let is_over = standing.minute() > minute || standing.hour() > hour;
                if standing.is_over_limit() != is_over || standing.has_crossed_limit() != (is_over && !was_over) {
                    wrong = Some((now, was_over, standing));
                }
                was_over = is_over;
            }
        }));
        prop_assert_eq!(wrong, None);
    }
}
