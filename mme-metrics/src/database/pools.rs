//! Every pool of the process, to be asked at each exposition.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::label::{ConnectionState, PoolName};
use super::meter::{Meter, PoolFigures};
use super::metrics::DATABASE;

/// The pools by their names, which stay when their pools are gone: their figures are then zero.
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

/// Sets the gauges of every pool of the process to what the pools say now.
///
/// Our recorder does so before each exposition. A service that keeps another recorder calls it as often as that is scraped.
pub fn report_pools() {
    // What a pool is asked may make a pool, so nothing is asked under the lock.
    let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (name, meters) in pools {
        let meters: Vec<_> = meters.iter().filter_map(Weak::upgrade).collect();
        let (sum, pending) = meters.iter().fold((PoolFigures::default(), 0), |(sum, pending), meter| {
            // Relaxed: a figure to be shown.
            (add_up(sum, ask(meter)), pending + meter.pending.load(Ordering::Relaxed))
        });
        DATABASE.connections.set((name, ConnectionState::Idle), sum.idle as f64);
        DATABASE.connections.set((name, ConnectionState::Used), sum.used as f64);
        DATABASE.connection_max.set((name,), sum.max as f64);
        DATABASE.connection_idle_min.set((name,), sum.idle_min as f64);
        DATABASE.connection_pending.set((name,), pending as f64);
        // A pool may be older than the recorder.
        DATABASE.connection_timeouts.touch((name,));
    }
}

/// Asks one pool; one that panics has nothing to say, and the others are asked all the same.
fn ask(meter: &Meter) -> PoolFigures {
    catch_unwind(AssertUnwindSafe(|| (meter.figures)())).unwrap_or_default()
}

fn add_up(left: PoolFigures, right: PoolFigures) -> PoolFigures {
    PoolFigures {
        idle: left.idle + right.idle,
        used: left.used + right.used,
        max: left.max + right.max,
        idle_min: left.idle_min + right.idle_min,
    }
}
