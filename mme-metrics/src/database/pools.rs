//! The list of all measured pools of the process, which are read at each exposition.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::label::{ConnectionState, PoolName};
use super::meter::{Meter, PoolFigures};
use super::metrics::DATABASE;

/// The pools by name. A name stays when its pools are gone; its figures are then zero.
static POOLS: Mutex<Vec<(PoolName, Vec<Weak<Meter>>)>> = Mutex::new(Vec::new());

pub(super) fn add(meter: &Arc<Meter>) {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let added = Arc::downgrade(meter);
    match pools.iter_mut().find(|(name, _)| *name == meter.name) {
        Some((_, meters)) => {
            meters.retain(|meter| meter.strong_count() > 0);
            meters.push(added);
        }
        None => pools.push((meter.name, vec![added])),
    }
}

/// Sets the gauges of every pool of the process to the current state of the pools.
///
/// The recorder of this library calls it before each exposition. A service with another recorder calls it once per
/// scrape.
pub fn report_pools() {
    // The callback of a pool may create a pool, so it is not called under the lock.
    let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (name, meters) in pools {
        let meters: Vec<_> = meters.iter().filter_map(Weak::upgrade).collect();
        // Relaxed: the number is only displayed.
        let pending: usize = meters.iter().map(|meter| meter.pending.load(Ordering::Relaxed)).sum();
        DATABASE.connection_pending.set((name,), pending as f64);
        if let Some(sum) = total(&meters) {
            DATABASE.connections.set((name, ConnectionState::Idle), sum.idle as f64);
            DATABASE.connections.set((name, ConnectionState::Used), sum.used as f64);
            DATABASE.connection_max.set((name,), sum.max as f64);
            DATABASE.connection_idle_min.set((name,), sum.idle_min as f64);
        } else {
            // An exported zero would say that the pool is empty, and an old figure that nothing has changed.
            DATABASE.connections.clear((name, ConnectionState::Idle));
            DATABASE.connections.clear((name, ConnectionState::Used));
            DATABASE.connection_max.clear((name,));
            DATABASE.connection_idle_min.clear((name,));
        }
        // The pool may have been created before the recorder, so its zero series is created again.
        DATABASE.connection_timeouts.touch((name,));
    }
}

/// Adds the figures of the pools of one name up, each pool once. If the callback of one panics, the sum is unknown.
fn total(meters: &[Arc<Meter>]) -> Option<PoolFigures> {
    let mut seen = Vec::new();
    let mut total = PoolFigures::default();
    for meter in meters {
        // The callbacks are code of the service. If one panics, the pools of other names are still read.
        let asked = catch_unwind(AssertUnwindSafe(|| {
            let identity = meter.identity.as_ref().map(|identity| identity());
            let is_known = identity.is_some_and(|identity| seen.contains(&identity));
            (identity, (!is_known).then(|| (meter.figures)()))
        }));
        let (identity, figures) = asked.ok()?;
        seen.extend(identity);
        total = add_up(total, figures.unwrap_or_default());
    }
    Some(total)
}

/// A callback may return any number, so a sum does not overflow.
fn add_up(left: PoolFigures, right: PoolFigures) -> PoolFigures {
    PoolFigures {
        idle: left.idle.saturating_add(right.idle),
        used: left.used.saturating_add(right.used),
        max: left.max.saturating_add(right.max),
        idle_min: left.idle_min.saturating_add(right.idle_min),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::database::PoolMeter;
    use crate::testing::Emission;

    /// Returns the lines of the pool in an exposition of its own.
    fn lines(name: &str) -> Vec<String> {
        let emission = Emission::new();
        emission.record(report_pools);
        let text = emission.recorder().render(Format::Text);
        let label = format!("db_client_connection_pool_name=\"{name}\"");
        let is_figure = |line: &&str| line.contains(&label) && !line.contains("pending") && !line.contains("timeouts");
        text.lines().filter(is_figure).map(|line| line.replace(&label, "")).collect()
    }

    #[test]
    fn a_pool_that_is_measured_twice_counts_once_and_two_pools_count_both() {
        let figures = || PoolFigures::new(2, 1).max(10).idle_min(1);
        let of = |identity: usize| PoolMeter::recognized("twice", figures, move || identity);
        let _one = [of(1), of(1), of(2), of(1), PoolMeter::new("twice", figures)];
        let lines = lines("twice");
        let mut values: Vec<_> = lines.iter().filter_map(|line| line.rsplit(' ').next()).collect();
        values.sort_unstable();
        // The minimum, those in use, the maximum, and those that are idle: of the pools 1 and 2, and of the third.
        assert_eq!(values, ["3", "3", "30", "6"], "{lines:?}");
    }

    #[test]
    fn a_pool_that_panics_has_no_figures_and_others_keep_theirs() {
        let panics: fn() -> PoolFigures = || panic!("the pool is gone");
        let whole: fn() -> PoolFigures = || PoolFigures::new(2, 1);
        let _meters =
            [("broken", whole), ("broken", panics), ("whole", whole)].map(|(name, of)| PoolMeter::new(name, of));
        assert_eq!(lines("broken"), Vec::<String>::new());
        assert_eq!(lines("whole").len(), 4);
    }

    #[test]
    fn figures_of_two_moments_are_never_below_zero() {
        for (open, idle, figures) in [(3, 1, (1, 2)), (3, 3, (3, 0)), (2, 3, (2, 0)), (0, 1, (0, 0))] {
            let of_open = PoolFigures::of_open(open, idle);
            assert_eq!((of_open.idle, of_open.used), figures);
        }
        let most = PoolFigures::new(usize::MAX, usize::MAX);
        assert_eq!(add_up(most, most), most);
    }
}
