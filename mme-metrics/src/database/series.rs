//! The kept handles of one client: an operation finds its series by two short words.

use std::sync::OnceLock;

use super::label::{COLLECTIONS, CollectionName, Failure, Namespace, OPERATIONS, OperationName, System};
use super::metrics::DATABASE;
use crate::op::Outcome;
use crate::spec::{CappedTable, CounterHandle, HistogramHandle, Table};

/// The series of one client.
#[derive(Debug)]
pub(super) struct Series {
    operations: CappedTable<OperationSeries>,
}

/// The series of one operation.
#[derive(Debug)]
pub(super) struct OperationSeries {
    pub(super) slow: CounterHandle,
    pub(super) rows: HistogramHandle,
    collections: CappedTable<Durations>,
}

/// The series of one operation on one table.
#[derive(Debug)]
struct Durations {
    system: System,
    namespace: Namespace,
    operation: OperationName,
    collection: CollectionName,
    succeeded: HistogramHandle,
    failed: OnceLock<Table<&'static str, HistogramHandle>>,
}

impl Series {
    pub(super) fn new(system: System, namespace: Namespace) -> Self {
        let series = move |name: &str| OperationSeries::new(system, namespace, OperationName::admit(name));
        let rest = series(OperationName::FALLBACK);
        Self { operations: CappedTable::new(OPERATIONS, rest) }
    }

    /// Finds the series of `operation`; its words are bounded, so the table is.
    pub(super) fn operation(&self, operation: &'static str) -> &OperationSeries {
        let rest = self.operations.overflow();
        self.operations.get_or_insert_with(operation, |name| rest.like(OperationName::admit(name)))
    }
}

impl OperationSeries {
    fn new(system: System, namespace: Namespace, operation: OperationName) -> Self {
        let slow = DATABASE.slow_operations.with((system, operation));
        let rows = DATABASE.returned_rows.with((system, operation));
        let rest = Durations::new(system, namespace, operation, CollectionName::admit(CollectionName::FALLBACK));
        Self { slow, rows, collections: CappedTable::new(COLLECTIONS, rest) }
    }

    /// Makes the series of another operation of the same client.
    fn like(&self, operation: OperationName) -> Self {
        let Durations { system, namespace, .. } = *self.collections.overflow();
        let made = Self::new(system, namespace, operation);
        // Its first event is then an increase, and not a beginning.
        made.slow.touch();
        made
    }

    pub(super) fn duration(&self, collection: &'static str, outcome: Outcome) -> &HistogramHandle {
        let rest = self.collections.overflow();
        let durations = self.collections.get_or_insert_with(collection, |name| {
            Durations::new(rest.system, rest.namespace, rest.operation, CollectionName::admit(name))
        });
        durations.ended(outcome)
    }
}

impl Durations {
    fn new(system: System, namespace: Namespace, operation: OperationName, collection: CollectionName) -> Self {
        let labels = (system, namespace, operation, collection, Failure::of(Outcome::Ok));
        let succeeded = DATABASE.operation_duration.with(labels);
        Self { system, namespace, operation, collection, succeeded, failed: OnceLock::new() }
    }

    fn ended(&self, outcome: Outcome) -> &HistogramHandle {
        if outcome == Outcome::Ok {
            return &self.succeeded;
        }
        let failure = Failure::of(outcome);
        self.failed.get_or_init(Table::default).get_or_insert_with(failure.as_str(), || {
            let labels = (self.system, self.namespace, self.operation, self.collection, failure);
            (failure.as_str(), DATABASE.operation_duration.with(labels))
        })
    }
}
