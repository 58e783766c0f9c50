//! One operation of a database client.

use super::label::CollectionName;
use super::memo::ParsedStatement;
use super::operation_meter::OperationMeter;
use crate::clock::Moment;
use crate::operation::{Operation, Outcome};

/// One database operation, made by a [`DatabaseClient`](super::DatabaseClient). Measure it with the module [`operation`](crate::operation).
#[derive(Debug)]
#[must_use = "an operation is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct DatabaseCall<'c> {
    meter: &'c OperationMeter,
    target: Target<'c>,
    rows: u64,
    /// Seconds that the caller spent between two rows. They do not count as time of the database.
    away: f64,
    /// The time at which the caller got a row, until it asks for the next one.
    handed: Option<Moment>,
}

/// The operation and the table or collection.
#[derive(Clone, Copy, Debug)]
enum Target<'c> {
    Named(&'static str, &'static str),
    Read(&'c ParsedStatement),
}

impl<'c> DatabaseCall<'c> {
    pub(super) const fn new(meter: &'c OperationMeter, operation: &'static str, collection: &'static str) -> Self {
        Self::on(meter, Target::Named(operation, collection))
    }

    pub(super) const fn read(meter: &'c OperationMeter, statement: &'c ParsedStatement) -> Self {
        Self::on(meter, Target::Read(statement))
    }

    const fn on(meter: &'c OperationMeter, target: Target<'c>) -> Self {
        Self { meter, target, rows: 0, away: 0.0, handed: None }
    }

    /// Sets the table or collection of the operation. A program has at most 1 000 of them.
    pub const fn collection(mut self, name: &'static str) -> Self {
        self.target = Target::Named(self.target.names().0, name);
        self
    }

    /// Adds to the number of returned rows, for clients that [record it](super::DatabaseClient::returned_rows).
    pub const fn add_rows(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
    }

    /// Pauses the measurement until [`take_back`](Self::take_back), because the caller got a row.
    #[cfg(feature = "sqlx")]
    pub(super) fn hand_over(&mut self) {
        self.handed = Some(Moment::now());
    }

    /// Resumes the measurement, because the caller asks for the next row.
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
            Self::Read(statement) => (statement.operation, statement.collection),
        }
    }
}

impl Operation for DatabaseCall<'_> {
    fn end(mut self, outcome: Outcome, seconds: f64) {
        self.take_back();
        // The pauses have clock readings of their own, so their sum may exceed the total by a tick.
        let seconds = (seconds - self.away).max(0.0);
        let meter = self.meter;
        let series = match self.target {
            Target::Named(operation, collection) => meter.series().find(operation, collection),
            Target::Read(statement) => statement.durations(meter),
        };
        series.ended(outcome).record(seconds);
        if meter.rows && outcome == Outcome::Ok {
            series.undivided.rows.record(self.rows as f64);
        }
        if meter.is_slow(seconds) {
            let (operation, collection) = self.target.names();
            series.undivided.slow.increment();
            meter.log.tell(meter.system, operation, CollectionName::admit(collection), seconds);
        }
    }
}
