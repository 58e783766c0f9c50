//! Pools, connections and transactions of sqlx, measured where they stand.
//!
//! Wrap the pool once. Queries, streams, transactions and migrations are written as before: `&pool`, `&mut *connection` and
//! `&mut *transaction` are executors.
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
//! A pool that there is already is measured by [`MeasuredPool::new`]. What reaches the caller is what the driver gave: the same
//! rows in the same order, none fetched before it is asked for, and the same errors.
//!
//! # What one operation is
//!
//! One call of an executor: from the moment it has a connection until the driver is done or its future or stream is dropped.
//! The wait for a connection is no part of it, unless none came: then the operation failed, and the wait was its time. Nor is
//! the time that the reader of a stream takes between two rows. A stream that is dropped before its end was `cancelled`; what
//! was never polled did not happen. `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT` and `RELEASE` are operations too, where the
//! code awaits them; the rollback of a transaction that is dropped is sent later, by sqlx, and only counted.
//!
//! # What is not measured
//!
//! Whatever goes around the wrapper, and it says so in its name: `unmeasured` of pool and connection, for functions that take
//! `&PgPool` or `&mut PgConnection` and cannot be changed to take [`MeasuredPool`] or [`MeasuredConnection`]. And what is done
//! through the trait [`Acquire`](::sqlx::Acquire), which gives out sqlx's own types: of migrations and of functions that take
//! `impl Acquire`, the wait is measured and the rest is not. Connections that the pool opens by itself, to have its minimum,
//! are seen in the gauges only.
//!
//! # What sqlx itself logs
//!
//! sqlx writes every statement to the target `sqlx::query`, at the level DEBUG and slow ones at WARN, with the values that
//! stand in it. [`Measure::connect_with`] and [`Measure::connect_lazy_with`] turn that off; for a pool that there is already,
//! `disable_statement_logging` of its options does. The event of this crate, target `mme_metrics::database`, names the
//! operation and the table of a slow statement, at most once a second for each pool.
//!
//! Two things nobody outside of sqlx can turn off, but a filter of their targets. The notices of PostgreSQL, in the server's
//! words, go to `sqlx::postgres::notice`. And when an address is parsed, a parameter of it that sqlx does not know is logged
//! with its value, by `sqlx_postgres::options::parse`.
//!
//! # What it costs
//!
//! A query on the pool allocates no more than without it, one on a connection once more. A point query on SQLite in memory takes
//! some 2.5 % longer on the pool, which is 0.4 µs of 19, and 2 % on a connection, 0.15 µs of 7; `benches/README.md` has the tables.

mod acquire;
mod connection;
mod driver;
mod error;
mod executor;
mod lending;
mod measure;
mod opening;
mod pool;
#[cfg(feature = "sqlx-postgres")]
mod replication;
mod shared;
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
