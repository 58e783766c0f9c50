//! The event that tells of slow operations: which, how slow, and never with which values.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::label::{CollectionName, DatabaseSystem};

/// Least time between two events of one client; those between them are counted.
const INTERVAL: Duration = Duration::from_secs(1);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// When a client told of a slow operation last, and how many it has kept to itself since.
#[derive(Debug)]
pub(super) struct SlowLog {
    /// Milliseconds since [`START`] at which it may tell again.
    next: AtomicU64,
    kept_back: AtomicU64,
}

impl SlowLog {
    pub(super) const fn new() -> Self {
        Self { next: AtomicU64::new(0), kept_back: AtomicU64::new(0) }
    }

    /// Tells of an operation, unless it told of one just before.
    pub(super) fn tell(&self, system: DatabaseSystem, operation: &str, collection: CollectionName, seconds: f64) {
        let now = millis(START.elapsed());
        if let Some(kept_back) = self.turn(now) {
            emit(system, operation, collection, seconds, kept_back);
        }
    }

    /// Takes the turn to tell, with how many were kept back before; nothing if it is not due.
    fn turn(&self, now: u64) -> Option<u64> {
        // Relaxed, all through: counts that order nothing; who moves `next` has the turn.
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
    // A subscriber may panic, and a second panic while one unwinds ends the process.
    if std::thread::panicking() {
        return;
    }
    tracing::warn!(
        target: "mme_metrics::database",
        db_system_name = system.as_str(),
        db_operation_name = operation,
        db_collection_name = collection.as_str(),
        seconds,
        kept_back,
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
