//! The log event for slow operations. It has the names of operation and table and the duration, but never values.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::label::{CollectionName, DatabaseSystem};

/// Minimum time between two events of one client. Slow operations between them are only counted.
const INTERVAL: Duration = Duration::from_secs(1);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The rate limit of one client: the time of its next event, and the number of slow operations without an event.
#[derive(Debug)]
pub(super) struct SlowLog {
    /// The earliest time of the next event, in milliseconds since [`START`].
    next: AtomicU64,
    kept_back: AtomicU64,
}

impl SlowLog {
    pub(super) const fn new() -> Self {
        Self { next: AtomicU64::new(0), kept_back: AtomicU64::new(0) }
    }

    /// Emits an event for a slow operation, unless the last event was less than [`INTERVAL`] ago.
    pub(super) fn tell(&self, system: DatabaseSystem, operation: &str, collection: CollectionName, seconds: f64) {
        let now = millis(START.elapsed());
        if let Some(kept_back) = self.turn(now) {
            emit(system, operation, collection, seconds, kept_back);
        }
    }

    /// Decides whether an event is due. If it is, returns the number of operations without an event since the last one.
    fn turn(&self, now: u64) -> Option<u64> {
        // Relaxed, in all of these: the counts order no other memory access. The thread that changes `next` emits the
        // event.
        let due = |next| (next <= now).then_some(now + millis(INTERVAL));
        if self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_err() {
            self.kept_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.kept_back.swap(0, Ordering::Relaxed))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(feature = "tracing")]
fn emit(system: DatabaseSystem, operation: &str, collection: CollectionName, seconds: f64, kept_back: u64) {
    // A subscriber may panic, and a second panic during unwinding aborts the process.
    if std::thread::panicking() {
        return;
    }
    let trace = crate::trace::current();
    tracing::warn!(
        target: "mme_metrics::database",
        db_system_name = system.as_str(),
        db_operation_name = operation,
        db_collection_name = collection.as_str(),
        seconds,
        kept_back,
        trace_id = trace.map(|trace| tracing::field::display(trace.trace_id())),
        span_id = trace.map(|trace| tracing::field::display(trace.span_id())),
        "slow database operation"
    );
}

#[cfg(not(feature = "tracing"))]
fn emit(_: DatabaseSystem, _: &str, _: CollectionName, _: f64, _: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_once_a_second_and_how_many_it_kept_back() {
        let log = SlowLog::new();
        let turns = [0, 1, 999, 1_000, 1_500, 5_000].map(|now| log.turn(now));
        assert_eq!(turns, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
