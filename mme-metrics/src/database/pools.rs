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
        let (sum, pending) = meters.iter().fold((PoolFigures::default(), 0), |(sum, pending), meter| {
            // Relaxed: the number is only displayed.
            (add_up(sum, ask(meter)), pending + meter.pending.load(Ordering::Relaxed))
        });
        DATABASE.connections.set((name, ConnectionState::Idle), sum.idle as f64);
        DATABASE.connections.set((name, ConnectionState::Used), sum.used as f64);
        DATABASE.connection_max.set((name,), sum.max as f64);
        DATABASE.connection_idle_min.set((name,), sum.idle_min as f64);
        DATABASE.connection_pending.set((name,), pending as f64);
        // The pool may have been created before the recorder, so its zero series is created again.
        DATABASE.connection_timeouts.touch((name,));
    }
}

/// Reads one pool. If its callback panics, its figures are zero, and the other pools are still read.
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
