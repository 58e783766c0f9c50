//! The kept metric handles of one client. An operation finds its series by the names of operation and table.

use std::sync::{Arc, OnceLock};

use super::label::{
    COLLECTIONS, CollectionName, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, OPERATIONS,
};
use super::metrics::DATABASE;
use crate::metric::{AppendMap, CappedMap, CounterHandle, HistogramHandle};
use crate::operation::Outcome;

/// The series of one client.
#[derive(Debug)]
pub(super) struct Series {
    operations: CappedMap<OperationSeries>,
}

/// The series of one operation.
#[derive(Debug)]
struct OperationSeries {
    whatever_table: Arc<OperationTotals>,
    collections: CappedMap<Arc<Durations>>,
}

/// The series of one operation that have no label for the table.
#[derive(Debug)]
pub(super) struct OperationTotals {
    pub(super) slow: CounterHandle,
    pub(super) rows: HistogramHandle,
}

/// The series of one operation on one table.
#[derive(Debug)]
pub(super) struct Durations {
    system: DatabaseSystem,
    namespace: Namespace,
    operation: DatabaseOperationName,
    collection: CollectionName,
    succeeded: HistogramHandle,
    failed: OnceLock<AppendMap<&'static str, HistogramHandle>>,
    pub(super) undivided: Arc<OperationTotals>,
}

impl Series {
    pub(super) fn new(system: DatabaseSystem, namespace: Namespace) -> Self {
        let rest = OperationSeries::new(system, namespace, DatabaseOperationName::FALLBACK);
        Self { operations: CappedMap::new(OPERATIONS, rest) }
    }

    /// Finds the series of `operation` on `collection`. The maps have a bounded size, because the labels have a budget.
    pub(super) fn find(&self, operation: &'static str, collection: &'static str) -> &Arc<Durations> {
        let rest = self.operations.overflow();
        let series =
            self.operations.get_or_insert_with(operation, |name| rest.like(DatabaseOperationName::admit(name)));
        let rest = series.collections.overflow();
        series.collections.get_or_insert_with(collection, |name| Arc::new(rest.like(CollectionName::admit(name))))
    }
}

impl OperationSeries {
    fn new(system: DatabaseSystem, namespace: Namespace, operation: DatabaseOperationName) -> Self {
        let slow = DATABASE.slow_operations.with((system, operation));
        let rows = DATABASE.returned_rows.with((system, operation));
        let whatever_table = Arc::new(OperationTotals { slow, rows });
        let collection = CollectionName::FALLBACK;
        let rest = Durations::new(system, namespace, operation, collection, Arc::clone(&whatever_table));
        Self { whatever_table, collections: CappedMap::new(COLLECTIONS, Arc::new(rest)) }
    }

    /// Makes the series of another operation of the same client.
    fn like(&self, operation: DatabaseOperationName) -> Self {
        let rest = self.collections.overflow();
        let made = Self::new(rest.system, rest.namespace, operation);
        // A zero series, so that the first slow operation is an increase.
        made.whatever_table.slow.touch();
        made
    }
}

impl Durations {
    fn new(
        system: DatabaseSystem,
        namespace: Namespace,
        operation: DatabaseOperationName,
        collection: CollectionName,
        undivided: Arc<OperationTotals>,
    ) -> Self {
        let labels = (system, namespace, operation, collection, DatabaseErrorType::of(Outcome::Ok));
        let succeeded = DATABASE.operation_duration.with(labels);
        Self { system, namespace, operation, collection, succeeded, failed: OnceLock::new(), undivided }
    }

    /// Makes the series of the same operation on another table.
    fn like(&self, collection: CollectionName) -> Self {
        Self::new(self.system, self.namespace, self.operation, collection, Arc::clone(&self.undivided))
    }

    pub(super) fn ended(&self, outcome: Outcome) -> &HistogramHandle {
        if outcome == Outcome::Ok {
            return &self.succeeded;
        }
        let failure = DatabaseErrorType::of(outcome);
        self.failed.get_or_init(AppendMap::default).get_or_insert_with(failure.as_str(), || {
            let labels = (self.system, self.namespace, self.operation, self.collection, failure);
            (failure.as_str(), DATABASE.operation_duration.with(labels))
        })
    }
}
