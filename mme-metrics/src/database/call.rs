//! One operation of a client.

use super::DatabaseClient;
use super::label::CollectionName;
use super::memo::Reading;
use crate::clock::Moment;
use crate::operation::{Operation, Outcome};

/// One operation, to be measured by [`guard`](crate::operation); made by a [`DatabaseClient`].
#[derive(Debug)]
#[must_use = "an operation is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct DatabaseCall<'c> {
    client: &'c DatabaseClient,
    target: Target<'c>,
    rows: u64,
    /// Seconds that were not the database's, but spent by the caller between two rows.
    away: f64,
    /// When the caller was handed a row, until it comes back for more.
    handed: Option<Moment>,
}

/// What is done to what.
#[derive(Clone, Copy, Debug)]
enum Target<'c> {
    Named(&'static str, &'static str),
    Read(&'c Reading),
}

impl<'c> DatabaseCall<'c> {
    pub(super) const fn new(client: &'c DatabaseClient, operation: &'static str, collection: &'static str) -> Self {
        Self::on(client, Target::Named(operation, collection))
    }

    pub(super) const fn read(client: &'c DatabaseClient, reading: &'c Reading) -> Self {
        Self::on(client, Target::Read(reading))
    }

    const fn on(client: &'c DatabaseClient, target: Target<'c>) -> Self {
        Self { client, target, rows: 0, away: 0.0, handed: None }
    }

    /// Names the table or collection the operation is for; a program has at most 1 000 of them.
    pub const fn collection(mut self, name: &'static str) -> Self {
        self.target = Target::Named(self.target.names().0, name);
        self
    }

    /// Notes rows that were returned, for clients that [record them](DatabaseClient::returned_rows).
    pub const fn add_rows(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
    }

    /// Leaves out the time until [`take_back`](Self::take_back): a row was handed to the caller.
    #[cfg(feature = "sqlx")]
    pub(super) fn hand_over(&mut self) {
        self.handed = Some(Moment::now());
    }

    /// The caller came back for more.
    pub(super) fn take_back(&mut self) {
        if let Some(handed) = self.handed.take() {
            self.away += handed.seconds();
        }
    }
}

impl Target<'_> {
    /// Returns the operation and the collection.
    const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Named(operation, collection) => (operation, collection),
            Self::Read(reading) => (reading.operation, reading.collection),
        }
    }
}

impl Operation for DatabaseCall<'_> {
    fn end(mut self, outcome: Outcome, seconds: f64) {
        self.take_back();
        // The parts are measured by readings of their own, so their sum may pass the whole by a tick.
        let seconds = (seconds - self.away).max(0.0);
        let client = self.client;
        let series = match self.target {
            Target::Named(operation, collection) => client.series().find(operation, collection),
            Target::Read(reading) => reading.durations(client),
        };
        series.ended(outcome).record(seconds);
        if client.counts_rows() && outcome == Outcome::Ok {
            series.undivided.rows.record(self.rows as f64);
        }
        if client.is_slow(seconds) {
            let (operation, collection) = self.target.names();
            series.undivided.slow.increment();
            client.log.tell(client.system(), operation, CollectionName::admit(collection), seconds);
        }
    }
}
