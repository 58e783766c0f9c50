//! Metrics for database clients: operations, slow operations, transactions and connection pools.
//!
//! With sqlx, one line measures a pool and all its operations; see [`sqlx`](mod@sqlx):
//!
//! ```
//! # #[cfg(feature = "sqlx-sqlite")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use mme_metrics::database::sqlx::MeasuredPool;
//! use sqlx::SqlitePool;
//!
//! let pool = MeasuredPool::new(SqlitePool::connect("sqlite::memory:").await?);
//! let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await?;
//! # assert_eq!(one, 1);
//! # Ok::<(), sqlx::Error>(())
//! # }).unwrap();
//! ```
//!
//! With any other driver, measure each operation where the service calls it. For Redis:
//!
//! ```
//! use mme_metrics::database::{DatabaseClient, DatabaseSystem};
//! use mme_metrics::operation::measure_async;
//! use mme_metrics::operation::{Classify, Outcome};
//! use redis::aio::MultiplexedConnection;
//! use redis::{AsyncCommands, ErrorKind, RedisResult};
//!
//! static SESSIONS: DatabaseClient = DatabaseClient::new(DatabaseSystem::Redis).namespace("sessions");
//!
//! /// Classifies the result of a command. The message of an error may contain a key; these error types do not.
//! struct ByRedis;
//!
//! impl<O, T> Classify<O, RedisResult<T>> for ByRedis {
//!     const ERROR_TYPES: &'static [&'static str] = &["timeout", "io", "server"];
//!
//!     fn classify(&self, _: &mut O, returned: &RedisResult<T>) -> Outcome {
//!         match returned {
//!             Ok(_) => Outcome::Ok,
//!             Err(error) if error.is_timeout() => Outcome::Error("timeout"),
//!             Err(error) if error.is_io_error() => Outcome::Error("io"),
//!             Err(error) if matches!(error.kind(), ErrorKind::Server(_)) => Outcome::Error("server"),
//!             Err(_) => Outcome::Error("other"),
//!         }
//!     }
//! }
//!
//! async fn user_of(redis: &mut MultiplexedConnection, token: &str) -> RedisResult<Option<String>> {
//!     measure_async(SESSIONS.operation("GET"), ByRedis, redis.get(token)).await
//! }
//! ```
//!
//! Use [`DatabaseClient`] for operations and transactions, and [`PoolMeter`] for any kind of pool.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `db_client_operation_duration_seconds` | once per operation, at its end, whatever the outcome; its `_count` is the number of operations |
//! | `db_client_slow_operations_total` | with an operation that took at least the threshold of its client |
//! | `db_client_response_returned_rows` | if enabled: with an operation that succeeded |
//! | `db_client_transactions_total` | once per transaction, at its end; a savepoint is not a transaction |
//! | `db_client_connections`, `db_client_connection_max`, `db_client_connection_idle_min`, `db_client_connection_pending_requests` | at each exposition, read from the pools |
//! | `db_client_connection_wait_time_seconds` | when a wait for a connection ends: a connection, a timeout, an error or a drop |
//! | `db_client_connection_timeouts_total` | when a wait timed out |
//! | `db_client_connection_use_time_seconds` | when a connection is returned to the pool |
//! | `db_client_connection_create_time_seconds` | when a connection was opened for a waiting caller |
//! | `db_replication_lag_seconds`, `db_replication_last_check_timestamp_seconds` | when a replica answers a probe |
//!
//! The label `error_type` is empty if the operation succeeded. Otherwise it is `cancelled` (dropped before its end),
//! `panic`, or a word for the error, which is never a message.
//!
//! A slow operation is also a `tracing` event of the target `mme_metrics::database` (feature `tracing`), at most once a second for
//! each client. It has the names of operation and table, the duration, and the ids of the [trace](crate::trace).
//!
//! # What becomes a label
//!
//! Two words of a statement become labels. `db_operation_name` is one of about sixty verbs, or `_OTHER`; several
//! statements in one text are a `BATCH`. `db_collection_name` is a table registered at set-up, else `_other`; it is
//! absent if none was registered. Literals, comments, column names and other tables are skipped. Of the connect
//! options, only the name of the database becomes a label; user, password and host are not read.
//!
//! # What it costs
//!
//! An operation on a table has a histogram of 12 lines for each `error_type` that occurs. Each operation has one series
//! for slow operations. There are at most 256 operations, 1 000 tables and 64 databases, all from the program's source
//! and set-up; later ones count as `_OTHER` or `_other`. A pool has 6 gauges, a counter and up to 36 lines of
//! histograms.
//!
//! An operation costs about 100 ns and no allocation. Its statement is parsed up to the first table, at about 10 ns a
//! byte. The result is cached by the statement's hash, with up to 1 024 entries for each client. A cache hit takes
//! about 30 ns.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family come with the others in `assets/`.

mod call;
mod client;
mod label;
mod memo;
mod meter;
mod metrics;
mod operation_meter;
mod pool;
mod pools;
mod series;
mod shape;
mod slow;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod transaction;

pub use self::call::DatabaseCall;
pub use self::client::DatabaseClient;
pub use self::label::{
    CollectionName, ConnectionState, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, PoolName,
    Replica, TransactionOutcome,
};
pub use self::meter::PoolFigures;
pub use self::metrics::{DATABASE, DatabaseMetrics};
pub use self::pool::{PoolMeter, PoolUse, PoolWait};
pub use self::pools::report_pools;
pub use self::transaction::TransactionGuard;
