//! The database: `SQLite` in memory by default. `DATABASE_URL` can name an `SQLite` file or a `PostgreSQL` server
//! instead.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use sqlx::Any;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};

/// The connection pool. It is wrapped once, and then every statement is measured. A service with one kind of database
/// would use a type such as `MeasuredPool<Postgres>`.
pub(crate) type Database = MeasuredPool<Any>;

/// Number of connections to a server or a file. `SQLite` allows one writer at a time, so more connections would only
/// wait for each other.
const CONNECTIONS: u32 = 4;

/// Longest time that a request waits for a connection, and that a connection to a file waits for a lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tables that are values of a label. All others read `_other`.
const TABLES: [&str; 5] = ["users", "sessions", "documents", "tags", "certificates"];

/// Statements that each connection to a file runs first. With them a reader does not wait for the writer.
const PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;";

/// Opens the database and creates the missing tables.
pub(crate) async fn open(url: &str) -> Result<Database, OpenError> {
    install_default_drivers();
    let mut options = AnyConnectOptions::from_str(url).map_err(OpenError)?;
    let address = &mut options.database_url;
    let is_file = address.scheme() == "sqlite";
    let is_memory = is_file && (url.contains(":memory:") || url.contains("mode=memory"));
    if is_file && !url.contains("mode=") && !is_memory {
        address.query_pairs_mut().append_pair("mode", "rwc");
    }
    let mut pool = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    if is_memory {
        // A database in memory lives as long as its only connection. A request cancelled during the test of the
        // connection would close it.
        pool = pool.max_connections(1).test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    } else if is_file {
        pool = pool.after_connect(|connection, _| {
            Box::pin(async { sqlx::raw_sql(PRAGMAS).execute(connection).await.map(drop) })
        });
    }
    let database = Measure::new().tables(TABLES).connect_with(pool, options).await.map_err(OpenError)?;
    let schema = if is_file { include_str!("schema/sqlite.sql") } else { include_str!("schema/postgres.sql") };
    sqlx::raw_sql(schema).execute(&database).await.map_err(OpenError)?;
    Ok(database)
}

/// Returns whether the database is embedded: in memory or in a file, not on a server.
pub(crate) fn is_embedded(database: &Database) -> bool {
    database.connect_options().database_url.scheme() == "sqlite"
}

/// The error of opening the database. It does not contain the address, which may include a password.
#[derive(Debug)]
pub(crate) struct OpenError(sqlx::Error);

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "cannot open the database: set DATABASE_URL to sqlite://FILE in a folder that can be written, or to \
             postgres://USER:PASSWORD@HOST/NAME of a server that is running, or leave it out",
        )
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
