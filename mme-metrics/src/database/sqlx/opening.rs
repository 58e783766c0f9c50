//! When an acquire opens a connection.

use std::task::Poll;

use crate::clock::Moment;

/// Finds out since when one acquire has been opening a connection, if it does.
///
/// A pool says nothing of this, and its hooks belong to the service. But everybody who opens a connection holds a share of the
/// options to connect with, from the first attempt to the last: so a poll that begins to open one leaves one share more
/// than it found, and the poll that ends it one less. Two tasks that do so within the same microsecond on two threads can hide
/// each other; that loses or gains one measurement, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Opening {
    since: Option<Moment>,
}

impl Opening {
    /// Runs one poll of the acquire.
    pub(super) fn watch<T>(&mut self, shares: impl Fn() -> usize, ask: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let before = shares();
        let polled = ask();
        // Whoever has opened nothing by the last poll, as most have not, need not be looked at after it.
        match (polled.is_pending(), self.since) {
            (true, None) if shares() > before => self.since = Some(Moment::now()),
            (false, Some(_)) if shares() >= before => self.since = None,
            _ => {}
        }
        polled
    }

    /// Returns when it began to open the connection it came back with.
    pub(super) fn since(&self) -> Option<Moment> {
        self.since
    }
}
