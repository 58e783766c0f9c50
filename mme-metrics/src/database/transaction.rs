//! The outcomes of transactions.

use super::label::{DatabaseSystem, TransactionOutcome};
use super::metrics::DATABASE;

/// A running transaction, which [`DatabaseClient::start_transaction`](super::DatabaseClient::start_transaction) starts.
///
/// ```
/// use mme_metrics::database::{DATABASE, DatabaseClient, DatabaseSystem, TransactionOutcome};
///
/// static BOOKS: DatabaseClient = DatabaseClient::new(DatabaseSystem::Mysql);
///
/// let emission = mme_metrics::testing::record(|| {
///     let transaction = BOOKS.start_transaction();
///     // … the statements of the transaction. An exit by `return`, `?` or a panic counts as a rollback.
///     transaction.committed();
/// });
/// emission.expect().counter(&DATABASE.transactions, (DatabaseSystem::Mysql, TransactionOutcome::Commit), 1).only();
/// ```
#[derive(Debug)]
#[must_use = "dropping this ends the transaction as rolled back"]
pub struct TransactionGuard {
    system: DatabaseSystem,
    outcome: TransactionOutcome,
}

impl TransactionGuard {
    pub(super) fn new(system: DatabaseSystem) -> Self {
        // Zero series of both outcomes, so that the first rollback is an increase.
        TransactionOutcome::ALL.into_iter().for_each(|outcome| DATABASE.transactions.touch((system, outcome)));
        Self { system, outcome: TransactionOutcome::Rollback }
    }

    /// Ends the transaction as committed. Call it when the database has confirmed the commit.
    pub fn committed(mut self) {
        self.outcome = TransactionOutcome::Commit;
    }
}

impl Drop for TransactionGuard {
    fn drop(&mut self) {
        DATABASE.transactions.increment((self.system, self.outcome));
    }
}
