//! When an acquire opens a connection.

use std::task::Poll;

use super::driver::Driver;
use super::shared::Shared;
use crate::clock::Moment;

/// Finds out since when one acquire has been opening a connection, if it does.
///
/// A pool says nothing of this, and its hooks belong to the service. But everybody who opens a connection holds a share of the
/// options to connect with, from the first attempt to the last: so a poll that begins to open one leaves one share more
/// than it found, and the poll that ends it one less. A poll that does both leaves a larger pool. Two tasks that do so within
/// the same microsecond on two threads can hide each other; that loses or gains one measurement, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Opening {
    since: Option<Moment>,
}

impl Opening {
    /// Runs one poll of the acquire.
    pub(super) fn watch<DB: Driver, T>(&mut self, shared: &Shared<DB>, ask: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let (held, size) = (shared.shares(), shared.pool.size());
        let has_room = size < shared.pool.options().get_max_connections() && shared.pool.num_idle() == 0;
        // Where there is an idle one or no room, as mostly, the clock need not be read.
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

    /// Returns when it began to open the connection it came back with.
    pub(super) fn since(&self) -> Option<Moment> {
        self.since
    }
}
