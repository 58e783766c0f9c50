//! Databases: how long operations take and how they end, what is slow, how transactions end, and what pools hold.
//!
//! With sqlx one line measures a pool and all that is done with it; [`sqlx`](mod@sqlx) says how:
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
//! With any other driver an operation is measured where it is called. For Redis:
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
//! /// Reads how a command ended. An error's message can have a key in it; these words cannot.
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
//! The pieces are there one by one: [`DatabaseClient`] for operations and transactions, [`PoolMeter`] for a pool of any make.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `db_client_operation_duration_seconds` | once per operation, at its end, whatever the end; its `_count` is the number of operations |
//! | `db_client_slow_operations_total` | with an operation that took as long as the threshold of its client, or longer |
//! | `db_client_response_returned_rows` | if asked for: with an operation that succeeded |
//! | `db_client_transactions_total` | once per transaction, at its end; a savepoint is none |
//! | `db_client_connections`, `db_client_connection_max`, `db_client_connection_idle_min`, `db_client_connection_pending_requests` | at each exposition, to what the pools say then |
//! | `db_client_connection_wait_time_seconds` | when somebody stops waiting for a connection: got one, timed out, failed or was dropped |
//! | `db_client_connection_timeouts_total` | when the pool had none in time |
//! | `db_client_connection_use_time_seconds` | when a connection is given back |
//! | `db_client_connection_create_time_seconds` | when a connection was opened for somebody who waited |
//! | `db_replication_lag_seconds`, `db_replication_last_check_timestamp_seconds` | when a replica is asked, and answers |
//!
//! How an operation ended reads in `error_type`: empty if it succeeded, `cancelled` if it was dropped before its end, `panic`,
//! or the word of its error, which is never a message.
//!
//! # What becomes a label
//!
//! Of a statement, two words. What it does is one of some sixty verbs, or `_OTHER`; several statements in one text are a
//! `BATCH`. What it does it to is a table that the service named at set-up, or `_other`; if it named none, nothing. Literals,
//! comments, column names and tables nobody named are read over. Of the options to connect with, the name of the database;
//! user, password and host are not looked at.
//!
//! # What it costs
//!
//! An operation on a table has a histogram of 12 lines for each way it ends that occurs, and each operation one series for
//! slow ones. There are at most 256 operations, 1 000 tables and 64 databases, all from the program's own source and set-up;
//! what comes after those reads `_OTHER` or `_other`. A pool has 6 gauges, a counter and up to 36 lines of histograms.
//!
//! An operation takes about 100 ns and no allocation. Its statement is read up to the first table, which takes about 10 ns a
//! byte, and once: of those that come again, hashes are kept for up to 1 024 a client, and finding one takes about 30 ns.
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
