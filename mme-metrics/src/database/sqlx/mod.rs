//! Metrics for sqlx: measured pools, connections and transactions that replace those of sqlx.
//!
//! Wrap the pool once. The code of queries, streams, transactions and migrations does not change: `&pool`,
//! `&mut *connection` and `&mut *transaction` are executors.
//!
//! ```
//! # #[cfg(feature = "sqlx-sqlite")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use mme_metrics::database::sqlx::Measure;
//! use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
//!
//! let pool = Measure::new()
//!     .name("shop")
//!     .tables(["orders"])
//!     .connect_with(SqlitePoolOptions::new().max_connections(1), SqliteConnectOptions::new())
//!     .await?;
//! sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, dish TEXT NOT NULL)").execute(&pool).await?;
//!
//! let mut transaction = pool.begin().await?;
//! for dish in ["soup", "bread"] {
//!     sqlx::query("INSERT INTO orders (dish) VALUES ($1)").bind(dish).execute(&mut *transaction).await?;
//! }
//! transaction.commit().await?;
//!
//! let (dishes,): (i64,) = sqlx::query_as("SELECT count(*) FROM orders").fetch_one(&pool).await?;
//! assert_eq!(dishes, 2);
//! # Ok::<(), sqlx::Error>(())
//! # }).unwrap();
//! ```
//!
//! [`MeasuredPool::new`] measures an existing pool. The caller gets exactly the results of the driver: the same rows in
//! the same order, no row fetched before the caller asks for it, and the same errors.
//!
//! # What one operation is
//!
//! An operation is one call of an executor. It starts when the call has a connection. It ends when the driver has
//! finished, or when the future or stream is dropped. The wait for a connection is not part of it. If the pool has no
//! connection, the operation fails, and its time is that of the wait. The time that the reader of a stream takes
//! between two rows is not part of it either. A stream that is dropped before its end is `cancelled`. A future
//! or stream that was never polled is not counted.
//!
//! `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT` and `RELEASE` are operations too, if the code awaits them. If a
//! transaction is dropped, sqlx sends the rollback later; it is counted as a transaction, and not measured as an
//! operation.
//!
//! # What is not measured
//!
//! * Operations that bypass the wrapper by the methods `unmeasured` of pool and connection. These methods are for
//!   functions that take `&PgPool` or `&mut PgConnection` and cannot be changed to take [`MeasuredPool`] or
//!   [`MeasuredConnection`].
//! * Operations through the trait [`Acquire`](::sqlx::Acquire), which returns types of sqlx itself. For migrations and
//!   functions that take `impl Acquire`, only the wait is measured.
//! * Connections that the pool opens by itself to reach its minimum. They are visible only in the gauges.
//!
//! # What sqlx itself logs
//!
//! sqlx logs every statement to the target `sqlx::query`, with the values in its text: at the level DEBUG, and at WARN
//! if it is slow. [`Measure::connect_with`] and [`Measure::connect_lazy_with`] disable this log. For an existing pool,
//! call `disable_statement_logging` of its connect options. The event of this crate, with the target
//! `mme_metrics::database`, names the operation and the table of a slow statement, at most once a second for each pool.
//!
//! Two logs of sqlx can only be disabled with a filter for their targets. The target `sqlx::postgres::notice` gets the
//! notices of PostgreSQL, in the server's words. The target `sqlx_postgres::options::parse` gets parameters of an
//! address that sqlx does not know, with their values.
//!
//! # What it costs
//!
//! A query on the pool makes no additional allocation, and a query on a connection makes one. A point query on SQLite
//! in memory takes about 2.5 % longer on the pool (0.4 µs of 19 µs), and 2 % longer on a connection (0.15 µs of 7 µs).
//! `benches/README.md` has the tables.

mod acquire;
mod connect_detector;
mod connection;
mod driver;
mod error;
mod executor;
mod lending;
mod measure;
mod pool;
mod pool_state;
#[cfg(feature = "sqlx-postgres")]
mod replication;
mod statement;
mod transaction;
mod watch;

pub use self::connection::{MeasuredConnection, MeasuredPoolConnection};
pub use self::driver::Driver;
pub use self::error::error_type;
pub use self::measure::Measure;
pub use self::pool::MeasuredPool;
#[cfg(feature = "sqlx-postgres")]
pub use self::replication::ReplicationProbe;
pub use self::transaction::MeasuredTransaction;
