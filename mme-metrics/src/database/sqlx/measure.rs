//! Options for measuring a pool of sqlx.

use std::time::Duration;

use ::sqlx::pool::PoolOptions;
use ::sqlx::{ConnectOptions, Error, Pool};

use super::driver::{Driver, Options};
use super::pool::MeasuredPool;
use super::pool_state::PoolState;
use crate::database::label::Namespace;
use crate::database::{DatabaseClient, PoolFigures, PoolMeter};

/// A builder for a [`MeasuredPool`]: it sets the name, the tables and other options, and then measures a pool.
///
/// ```
/// # #[cfg(feature = "sqlx-sqlite")]
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use mme_metrics::database::sqlx::Measure;
/// use sqlx::SqlitePool;
///
/// let pool = Measure::new()
///     .name("orders")
///     .tables(["orders", "customers"])
///     .slow_after(Duration::from_millis(200))
///     .pool(SqlitePool::connect_lazy("sqlite::memory:")?);
/// sqlx::query("SELECT 1").execute(&pool).await?;
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is measured until `pool`, `connect_with` or `connect_lazy_with` is called"]
pub struct Measure {
    name: Option<String>,
    namespace: Option<String>,
    tables: Vec<String>,
    slow: Option<Duration>,
    rows: bool,
    statement_log: bool,
}

impl Measure {
    /// Makes a builder with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the pool. The default is the name of its database, or the name of the system if the database
    /// has none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the name of the database, if the connect options contain none or an unsuitable one.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Registers the tables whose names are exported, without their schemas. All other tables read `_other`. If none is
    /// registered, statements have no table.
    ///
    /// Statements can name any table, so only registered tables become label values. A program has at most 1 000
    /// tables.
    pub fn tables<T: Into<String>>(mut self, tables: impl IntoIterator<Item = T>) -> Self {
        self.tables.extend(tables.into_iter().map(Into::into));
        self
    }

    /// Sets the duration from which on an operation is slow. The default is 1 s.
    pub fn slow_after(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    /// Records how many rows operations return, in `db_client_response_returned_rows`. Off by default.
    pub fn returned_rows(mut self, on: bool) -> Self {
        self.rows = on;
        self
    }

    /// Keeps the statement log of sqlx as the connect options set it. Off by default:
    /// [`connect_with`](Self::connect_with) and [`connect_lazy_with`](Self::connect_lazy_with) disable that log,
    /// because it contains statements with their values.
    pub fn statement_log(mut self, on: bool) -> Self {
        self.statement_log = on;
        self
    }

    /// Opens a pool and its first connection, which is measured like all other connections.
    ///
    /// # Errors
    ///
    /// Those of [`PoolOptions::connect_with`].
    pub async fn connect_with<DB: Driver>(
        self,
        pool: PoolOptions<DB>,
        options: Options<DB>,
    ) -> Result<MeasuredPool<DB>, Error> {
        let pool = self.connect_lazy_with(pool, options);
        drop(pool.acquire().await?);
        Ok(pool)
    }

    /// Makes a pool that opens each connection when it is needed.
    pub fn connect_lazy_with<DB: Driver>(self, pool: PoolOptions<DB>, options: Options<DB>) -> MeasuredPool<DB> {
        let options = if self.statement_log { options } else { options.disable_statement_logging() };
        self.pool(pool.connect_lazy_with(options))
    }

    /// Measures an existing pool.
    ///
    /// This does not change the statement log of sqlx. To disable it, call `disable_statement_logging` of
    /// [`ConnectOptions`].
    pub fn pool<DB: Driver>(self, pool: Pool<DB>) -> MeasuredPool<DB> {
        let options = pool.connect_options();
        let system = DB::system(&options);
        let learned = || DB::namespace(&options).filter(|name| is_plain(name));
        let namespace = Namespace::admit(&self.namespace.or_else(learned).unwrap_or_default());
        let mut client = DatabaseClient::new(system).namespace(namespace.as_str()).returned_rows(self.rows);
        if let Some(slow) = self.slow {
            client = client.slow_after(slow);
        }
        client.know(self.tables.iter().map(String::as_str));
        let name = match (&self.name, namespace.as_str()) {
            (Some(name), _) => name,
            (None, "") => system.as_str(),
            (None, namespace) => namespace,
        };
        let meter = PoolMeter::new(name, figures(pool.clone()));
        MeasuredPool::share(PoolState::new(pool, client, meter))
    }
}

impl<DB: Driver> MeasuredPool<DB> {
    /// Measures `pool` under the name of its database. [`Measure`] has more options.
    pub fn new(pool: Pool<DB>) -> Self {
        Measure::new().pool(pool)
    }
}

impl<DB: Driver> From<Pool<DB>> for MeasuredPool<DB> {
    fn from(pool: Pool<DB>) -> Self {
        Self::new(pool)
    }
}

/// Returns `true` if a text can be the name of a database. Returns `false` for the rest of an address in which a
/// password was not escaped: `postgres://user:pass/word@host/shop`.
fn is_plain(name: &str) -> bool {
    !name.contains(['/', '@', ':', '?', '%'])
}

/// Returns the callback that reads the state of a pool.
fn figures<DB: Driver>(pool: Pool<DB>) -> impl Fn() -> PoolFigures + Send + Sync {
    move || {
        let (size, idle) = (pool.size() as usize, pool.num_idle());
        // The two numbers are read one after the other, so a connection may have come back between them.
        PoolFigures::new(idle.min(size), size.saturating_sub(idle))
            .max(pool.options().get_max_connections() as usize)
            .idle_min(pool.options().get_min_connections() as usize)
    }
}
