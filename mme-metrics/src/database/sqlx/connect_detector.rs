//! Detection of connections that a pool opens during an acquire.

use std::task::Poll;

use super::driver::Driver;
use super::pool_state::PoolState;
use crate::clock::Moment;

/// Detects whether one acquire opens a connection, and since when.
///
/// A pool of sqlx does not report this, and its callbacks belong to the service. But an acquire that opens a connection
/// holds a reference (`Arc`) to the connect options, from its first attempt to its last. So a poll that starts to open
/// a connection leaves one reference more than before, and the poll that ends it leaves one less. A poll that does both
/// leaves a larger pool. Two tasks that open connections within the same microsecond on two threads can hide each
/// other; that loses or adds one measurement, and nothing else.
#[derive(Debug, Default)]
pub(super) struct ConnectDetector {
    since: Option<Moment>,
}

impl ConnectDetector {
    /// Runs one poll of the acquire.
    pub(super) fn watch<DB: Driver, T>(&mut self, shared: &PoolState<DB>, ask: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let (held, size) = (shared.shares(), shared.pool.size());
        let has_room = size < shared.pool.options().get_max_connections() && shared.pool.num_idle() == 0;
        // Usually a connection is idle or the pool is full; then the clock is not read.
        let begun = has_room.then(Moment::now);
        let polled = ask();
        match (polled.is_pending(), self.since) {
            (true, None) if shared.shares() > held => self.since = begun.or_else(|| Some(Moment::now())),
            (false, Some(_)) if shared.shares() >= held => self.since = None,
            (false, None) if shared.pool.size() > size => self.since = begun,
            _ => {}
        }
        polled
    }

    /// Returns the time at which the acquire started to open its connection, if it opened one.
    pub(super) fn since(&self) -> Option<Moment> {
        self.since
    }
}
