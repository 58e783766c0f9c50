//! The measured connection, alone or within a transaction.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use ::sqlx::pool::PoolConnection;
use ::sqlx::{Error, SqlSafeStr, SqlStr, Transaction};
use futures_util::future::BoxFuture;

use super::driver::Driver;
use super::pool_state::PoolState;
use super::transaction::{self, MeasuredTransaction};
use crate::database::{DatabaseClient, PoolUse};

/// A connection whose operations are measured: the type of `*connection` and of `*transaction`.
///
/// A function that accepts both has a parameter of this type instead of the driver's connection:
///
/// ```
/// # #[cfg(feature = "sqlx-sqlite")] {
/// use mme_metrics::database::sqlx::MeasuredConnection;
/// use sqlx::Sqlite;
///
/// async fn rename(connection: &mut MeasuredConnection<'_, Sqlite>, id: i64, name: &str) -> sqlx::Result<()> {
///     sqlx::query("UPDATE users SET name = $1 WHERE id = $2").bind(name).bind(id).execute(connection).await?;
///     Ok(())
/// }
/// # }
/// ```
pub struct MeasuredConnection<'c, DB: Driver> {
    held: HeldConnection<'c, DB>,
    /// The use of the connection, recorded when it goes back to the pool. `None` for a borrowed connection.
    in_use: Option<PoolUse>,
    shared: Arc<PoolState<DB>>,
}

/// The sqlx type that holds a connection.
pub(super) enum HeldConnection<'c, DB: Driver> {
    Pooled(PoolConnection<DB>),
    Transaction(Transaction<'c, DB>),
}

impl<'c, DB: Driver> MeasuredConnection<'c, DB> {
    pub(super) fn pooled(connection: PoolConnection<DB>, in_use: PoolUse, shared: Arc<PoolState<DB>>) -> Self {
        Self { held: HeldConnection::Pooled(connection), in_use: Some(in_use), shared }
    }

    pub(super) fn within(
        transaction: Transaction<'c, DB>,
        in_use: Option<PoolUse>,
        shared: Arc<PoolState<DB>>,
    ) -> Self {
        Self { held: HeldConnection::Transaction(transaction), in_use, shared }
    }

    /// Splits the connection into its parts, to end a transaction.
    pub(super) fn into_parts(self) -> (HeldConnection<'c, DB>, Option<PoolUse>, Arc<PoolState<DB>>) {
        (self.held, self.in_use, self.shared)
    }

    /// Returns the connection and the client that measures its operations.
    pub(super) fn lend(&mut self) -> (&mut DB::Connection, &DatabaseClient) {
        (&mut self.held, &self.shared.client)
    }

    /// Begins a transaction, or a savepoint within a transaction, as [`Connection::begin`](::sqlx::Connection::begin)
    /// does.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::begin`](::sqlx::Connection::begin).
    pub async fn begin(&mut self) -> Result<MeasuredTransaction<'_, DB>, Error> {
        self.begin_as(None).await
    }

    /// Begins a transaction with `statement`, as [`Connection::begin_with`](::sqlx::Connection::begin_with) does.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::begin_with`](::sqlx::Connection::begin_with).
    pub async fn begin_with(&mut self, statement: impl SqlSafeStr) -> Result<MeasuredTransaction<'_, DB>, Error> {
        self.begin_as(Some(statement.into_sql_str())).await
    }

    /// Runs `callback` within a transaction, as [`Connection::transaction`](::sqlx::Connection::transaction) does. If
    /// the callback succeeds, the transaction is committed.
    ///
    /// # Errors
    ///
    /// Those of `callback`, and those of the start and the end of the transaction.
    pub async fn transaction<'a, F, R, E>(&'a mut self, callback: F) -> Result<R, E>
    where
        for<'t> F: FnOnce(&'t mut MeasuredTransaction<'_, DB>) -> BoxFuture<'t, Result<R, E>> + 'a + Send + Sync,
        R: Send,
        E: From<Error> + Send,
    {
        let mut transaction = self.begin().await?;
        match callback(&mut transaction).await {
            Ok(returned) => {
                transaction.commit().await?;
                Ok(returned)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// Returns the connection itself, for code that accepts only the type of sqlx. Operations on it are not measured.
    pub fn unmeasured(&mut self) -> &mut DB::Connection {
        &mut self.held
    }

    async fn begin_as(&mut self, statement: Option<SqlStr>) -> Result<MeasuredTransaction<'_, DB>, Error> {
        transaction::begin(Arc::clone(&self.shared), &mut *self.held, None, statement).await
    }
}

/// A connection of a [`MeasuredPool`](super::MeasuredPool). It goes back to the pool when it is dropped.
pub struct MeasuredPoolConnection<DB: Driver> {
    connection: MeasuredConnection<'static, DB>,
}

impl<DB: Driver> MeasuredPoolConnection<DB> {
    pub(super) fn new(connection: MeasuredConnection<'static, DB>) -> Self {
        Self { connection }
    }

    /// Begins a transaction, as [`Connection::begin`](::sqlx::Connection::begin) does.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::begin`](::sqlx::Connection::begin).
    pub async fn begin(&mut self) -> Result<MeasuredTransaction<'_, DB>, Error> {
        self.connection.begin().await
    }

    /// Closes the connection, as [`PoolConnection::close`] does.
    ///
    /// # Errors
    ///
    /// Those of [`PoolConnection::close`].
    pub async fn close(self) -> Result<(), Error> {
        self.into_unmeasured().close().await
    }

    /// Ends the measurement, and returns the connection as the type of sqlx.
    ///
    /// # Panics
    ///
    /// Never: a connection of a pool does not hold a transaction.
    pub fn into_unmeasured(self) -> PoolConnection<DB> {
        match self.connection.held {
            HeldConnection::Pooled(connection) => connection,
            HeldConnection::Transaction(_) => unreachable!("a connection of a pool is made by `pooled` only"),
        }
    }
}

impl<DB: Driver> Deref for MeasuredPoolConnection<DB> {
    type Target = MeasuredConnection<'static, DB>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: Driver> DerefMut for MeasuredPoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl<DB: Driver> AsMut<MeasuredConnection<'static, DB>> for MeasuredPoolConnection<DB> {
    fn as_mut(&mut self) -> &mut MeasuredConnection<'static, DB> {
        self
    }
}

impl<DB: Driver> Deref for HeldConnection<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}

impl<DB: Driver> DerefMut for HeldConnection<'_, DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}

impl<DB: Driver> fmt::Debug for MeasuredConnection<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredConnection").field("pool", &self.shared.meter.name()).finish_non_exhaustive()
    }
}

impl<DB: Driver> fmt::Debug for MeasuredPoolConnection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredPoolConnection")
            .field("pool", &self.connection.shared.meter.name())
            .finish_non_exhaustive()
    }
}
