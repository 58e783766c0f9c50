//! The measured transaction.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use ::sqlx::pool::MaybePoolConnection;
use ::sqlx::{Connection, Error, SqlStr, Transaction};

use super::connection::{HeldConnection, MeasuredConnection};
use super::driver::Driver;
use super::pool_state::PoolState;
use super::watch::measured;
use crate::database::{PoolUse, TransactionGuard};
use crate::operation::Guard;

/// A measured transaction or savepoint. End it as in sqlx; if it is dropped before that, it is rolled back.
///
/// Use it as an executor with `&mut *transaction`.
pub struct MeasuredTransaction<'c, DB: Driver> {
    connection: MeasuredConnection<'c, DB>,
    /// The guard that counts the transaction. `None` for a savepoint, which is not counted.
    counted: Option<TransactionGuard>,
}

/// Begins a transaction on a connection that it owns or borrows.
pub(super) async fn begin<'c, DB: Driver>(
    shared: Arc<PoolState<DB>>,
    connection: impl Into<MaybePoolConnection<'c, DB>>,
    in_use: Option<PoolUse>,
    statement: Option<SqlStr>,
) -> Result<MeasuredTransaction<'c, DB>, Error> {
    let connection = connection.into();
    let is_outermost = !connection.is_in_transaction();
    let name = if is_outermost { "BEGIN" } else { "SAVEPOINT" };
    let mut guard = Guard::idle(shared.client.operation(name));
    let begun = measured(&mut guard, Transaction::begin(connection, statement)).await;
    drop(guard);
    let transaction = begun?;
    let counted = is_outermost.then(|| shared.client.start_transaction());
    Ok(MeasuredTransaction { connection: MeasuredConnection::within(transaction, in_use, shared), counted })
}

impl<DB: Driver> MeasuredTransaction<'_, DB> {
    /// Commits the transaction, or releases the savepoint, as [`Transaction::commit`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Transaction::commit`]; the transaction is then rolled back.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped before its end, the transaction is counted as rolled back. The client cannot know
    /// whether the server received the commit.
    pub async fn commit(self) -> Result<(), Error> {
        let name = if self.counted.is_some() { "COMMIT" } else { "RELEASE" };
        let counted = self.end(name, HeldConnection::commit).await?;
        if let Some(counted) = counted {
            counted.committed();
        }
        Ok(())
    }

    /// Rolls back the transaction, or rolls back to the savepoint, as [`Transaction::rollback`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<(), Error> {
        self.end("ROLLBACK", HeldConnection::rollback).await.map(drop)
    }
}

impl<'c, DB: Driver> MeasuredTransaction<'c, DB> {
    /// Begins a savepoint, as [`Connection::begin`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::begin`].
    pub async fn begin(&mut self) -> Result<MeasuredTransaction<'_, DB>, Error> {
        self.connection.begin().await
    }

    /// Ends the transaction with `end`, and returns the guard that counts it.
    async fn end<F>(
        self,
        name: &'static str,
        end: impl FnOnce(HeldConnection<'c, DB>) -> F,
    ) -> Result<Option<TransactionGuard>, Error>
    where
        F: Future<Output = Result<(), Error>>,
    {
        let Self { connection, counted } = self;
        let (held, _in_use, shared) = connection.into_parts();
        let mut guard = Guard::idle(shared.client.operation(name));
        measured(&mut guard, end(held)).await?;
        Ok(counted)
    }
}

impl<DB: Driver> HeldConnection<'_, DB> {
    async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Transaction(transaction) => transaction.commit().await,
            // A connection without a transaction has nothing to commit.
            Self::Pooled(_) => Ok(()),
        }
    }

    async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Transaction(transaction) => transaction.rollback().await,
            // A connection without a transaction has nothing to roll back.
            Self::Pooled(_) => Ok(()),
        }
    }
}

impl<'c, DB: Driver> Deref for MeasuredTransaction<'c, DB> {
    type Target = MeasuredConnection<'c, DB>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: Driver> DerefMut for MeasuredTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl<'c, DB: Driver> AsMut<MeasuredConnection<'c, DB>> for MeasuredTransaction<'c, DB> {
    fn as_mut(&mut self) -> &mut MeasuredConnection<'c, DB> {
        self
    }
}

impl<DB: Driver> fmt::Debug for MeasuredTransaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredTransaction").field("connection", &self.connection).finish_non_exhaustive()
    }
}
