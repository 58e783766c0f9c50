//! One operation of a client.

use super::DatabaseClient;
use super::label::CollectionName;
use crate::clock::Moment;
use crate::op::{Operation, Outcome};

/// One operation, to be measured by [`guard`](crate::guard); made by a [`DatabaseClient`].
#[derive(Debug)]
#[must_use = "an operation is recorded by `guard::measure`, `guard::measure_async` or a `Guard`"]
pub struct DatabaseCall<'c> {
    client: &'c DatabaseClient,
    operation: &'static str,
    collection: &'static str,
    rows: u64,
    /// Seconds that were not the database's: spent waiting for a connection, or by the caller between two rows.
    away: f64,
    /// When the caller was handed a row, until it comes back for more.
    handed: Option<Moment>,
}

impl<'c> DatabaseCall<'c> {
    pub(super) const fn new(client: &'c DatabaseClient, operation: &'static str, collection: &'static str) -> Self {
        Self { client, operation, collection, rows: 0, away: 0.0, handed: None }
    }

    /// Names the table or collection the operation is for; a program has at most 1 000 of them.
    pub const fn collection(mut self, name: &'static str) -> Self {
        self.collection = name;
        self
    }

    /// Notes rows that were returned, for clients that [record them](DatabaseClient::returned_rows).
    pub const fn add_rows(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
    }

    /// Leaves out what was before: only now is the database at work.
    pub(super) fn leave_out(&mut self, since: Moment) {
        self.away += since.seconds();
    }

    /// Leaves out the time until [`take_back`](Self::take_back): a row was handed to the caller.
    #[cfg(feature = "sqlx")]
    pub(super) fn hand_over(&mut self) {
        self.handed = Some(Moment::now());
    }

    /// The caller came back for more.
    pub(super) fn take_back(&mut self) {
        if let Some(handed) = self.handed.take() {
            self.leave_out(handed);
        }
    }
}

impl Operation for DatabaseCall<'_> {
    fn end(mut self, outcome: Outcome, seconds: f64) {
        self.take_back();
        // The parts are measured by readings of their own, so their sum may pass the whole by a tick.
        let seconds = (seconds - self.away).max(0.0);
        let client = self.client;
        let series = client.series().operation(self.operation);
        series.duration(self.collection, outcome).record(seconds);
        if client.counts_rows() && outcome == Outcome::Ok {
            series.rows.record(self.rows as f64);
        }
        if client.is_slow(seconds) {
            series.slow.increment();
            client.log.tell(client.system(), self.operation, CollectionName::admit(self.collection), seconds);
        }
    }
}
