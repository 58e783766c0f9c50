//! The measured pool.

use std::fmt;
use std::sync::Arc;

use ::sqlx::pool::{CloseEvent, PoolOptions};
use ::sqlx::{Error, Pool, SqlSafeStr, SqlStr};

use super::connection::{MeasuredConnection, MeasuredPoolConnection};
use super::driver::{Driver, Options};
use super::pool_state::PoolState;
use super::transaction::{self, MeasuredTransaction};

/// A measured pool of sqlx. Use it in place of the pool: it is an executor and has the same methods.
///
/// Clones share the pool. The [module](super) has an example.
pub struct MeasuredPool<DB: Driver> {
    shared: Arc<PoolState<DB>>,
}

impl<DB: Driver> MeasuredPool<DB> {
    pub(super) fn share(shared: PoolState<DB>) -> Self {
        Self { shared: Arc::new(shared) }
    }

    pub(super) fn shared(&self) -> Arc<PoolState<DB>> {
        Arc::clone(&self.shared)
    }

    /// Retrieves a connection, as [`Pool::acquire`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::acquire`].
    ///
    /// # Cancellation
    ///
    /// If the future is dropped before its end, the wait ends and its time is recorded.
    pub fn acquire(
        &self,
    ) -> impl Future<Output = Result<MeasuredPoolConnection<DB>, Error>> + Send + 'static + use<DB> {
        let shared = self.shared();
        async move {
            let (connection, in_use) = shared.acquire().await?;
            Ok(MeasuredPoolConnection::new(MeasuredConnection::pooled(connection, in_use, shared)))
        }
    }

    /// Retrieves a connection if one is idle, as [`Pool::try_acquire`] does.
    pub fn try_acquire(&self) -> Option<MeasuredPoolConnection<DB>> {
        let connection = self.shared.pool.try_acquire()?;
        let in_use = self.shared.meter.start_wait().acquired();
        Some(MeasuredPoolConnection::new(MeasuredConnection::pooled(connection, in_use, self.shared())))
    }

    /// Retrieves a connection and begins a transaction, as [`Pool::begin`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::begin`].
    pub async fn begin(&self) -> Result<MeasuredTransaction<'static, DB>, Error> {
        self.begin_as(None).await
    }

    /// Retrieves a connection and begins a transaction with `statement`, as [`Pool::begin_with`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::begin_with`].
    pub async fn begin_with(&self, statement: impl SqlSafeStr) -> Result<MeasuredTransaction<'static, DB>, Error> {
        self.begin_as(Some(statement.into_sql_str())).await
    }

    /// Begins a transaction if a connection is idle, as [`Pool::try_begin`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::try_begin`].
    pub async fn try_begin(&self) -> Result<Option<MeasuredTransaction<'static, DB>>, Error> {
        self.try_begin_as(None).await
    }

    /// Begins a transaction with `statement` if a connection is idle, as [`Pool::try_begin_with`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::try_begin_with`].
    pub async fn try_begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> Result<Option<MeasuredTransaction<'static, DB>>, Error> {
        self.try_begin_as(Some(statement.into_sql_str())).await
    }

    /// Closes the pool, as [`Pool::close`] does.
    pub fn close(&self) -> impl Future<Output = ()> + '_ {
        self.shared.pool.close()
    }

    /// Returns `true` if the pool was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.pool.is_closed()
    }

    /// Returns a future that ends when the pool is closed.
    pub fn close_event(&self) -> CloseEvent {
        self.shared.pool.close_event()
    }

    /// Returns the number of connections, idle ones included.
    pub fn size(&self) -> u32 {
        self.shared.pool.size()
    }

    /// Returns the number of idle connections.
    pub fn num_idle(&self) -> usize {
        self.shared.pool.num_idle()
    }

    /// Returns the options with which connections are opened.
    pub fn connect_options(&self) -> Arc<Options<DB>> {
        self.shared.pool.connect_options()
    }

    /// Replaces the options with which connections are opened from now on.
    pub fn set_connect_options(&self, options: Options<DB>) {
        self.shared.pool.set_connect_options(options);
    }

    /// Returns the options of the pool.
    pub fn options(&self) -> &PoolOptions<DB> {
        self.shared.pool.options()
    }

    /// Returns the pool itself, for code that accepts only the type of sqlx. Operations on it are not measured.
    pub fn unmeasured(&self) -> &Pool<DB> {
        &self.shared.pool
    }

    async fn begin_as(&self, statement: Option<SqlStr>) -> Result<MeasuredTransaction<'static, DB>, Error> {
        let shared = self.shared();
        let (connection, in_use) = shared.acquire().await?;
        transaction::begin(shared, connection, Some(in_use), statement).await
    }

    async fn try_begin_as(&self, statement: Option<SqlStr>) -> Result<Option<MeasuredTransaction<'static, DB>>, Error> {
        let Some(connection) = self.shared.pool.try_acquire() else { return Ok(None) };
        let in_use = self.shared.meter.start_wait().acquired();
        transaction::begin(self.shared(), connection, Some(in_use), statement).await.map(Some)
    }
}

impl<DB: Driver> Clone for MeasuredPool<DB> {
    fn clone(&self) -> Self {
        Self { shared: self.shared() }
    }
}

/// Shows only the name of the pool, not its connect options.
impl<DB: Driver> fmt::Debug for MeasuredPool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredPool").field("name", &self.shared.meter.name()).finish_non_exhaustive()
    }
}
