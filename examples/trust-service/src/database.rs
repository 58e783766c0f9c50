//! The database: `SQLite` in memory, or what `DATABASE_URL` names, which may be a file or a `PostgreSQL` server.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use sqlx::Any;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};

/// The pool, wrapped once: whatever is done with it is measured. With a single database it would be a
/// `MeasuredPool<Postgres>`.
pub(crate) type Database = MeasuredPool<Any>;

/// Connections to a server, or to a file; `SQLite` has one writer at a time, so more would only wait for each other.
const CONNECTIONS: u32 = 4;

/// Longest time that a request waits for a connection, and a connection to a file for a lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tables that are told apart in metrics; all others read `_other`.
const TABLES: [&str; 5] = ["users", "sessions", "documents", "tags", "certificates"];

/// What each connection to a file begins with. One that reads does not wait for the one that writes.
const PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;";

/// Opens the database and creates what is missing in it.
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
        // It lives as long as its one connection, which is lost when somebody stops waiting while it is being tested.
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

/// Says whether the database lives in this process or in a file of its own, and not on a server.
pub(crate) fn is_embedded(database: &Database) -> bool {
    database.connect_options().database_url.scheme() == "sqlite"
}

/// The database could not be opened. Which one is not said: the address may have a password in it.
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
