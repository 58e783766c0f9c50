//! The embedded database: in memory unless `DATABASE_URL` names a file.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

/// Connections to a file; `SQLite` has one writer at a time, so more would only wait for each other.
const CONNECTIONS: u32 = 4;

/// Longest time that a request waits for a connection, and a connection for a lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens the database and creates what is missing in it.
pub(crate) async fn open(url: &str) -> Result<SqlitePool, OpenError> {
    let failed = |source| OpenError { url: url.to_owned(), source };
    let options = SqliteConnectOptions::from_str(url)
        .map_err(failed)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(PATIENCE);
    // A database in memory lives as long as its one connection.
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let connections = if in_memory { 1 } else { CONNECTIONS };
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(failed)?;
    sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await.map_err(failed)?;
    Ok(pool)
}

/// The database could not be opened.
#[derive(Debug)]
pub(crate) struct OpenError {
    url: String,
    source: sqlx::Error,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot open the database `{}`: set DATABASE_URL to sqlite://FILE in a folder that can be written, or leave it out",
            self.url
        )
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
