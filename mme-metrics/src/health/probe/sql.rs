//! A probe of SQL databases.

use std::fmt;

use sqlx::{Connection, Database, Pool};

use super::DependencyProbe;
use crate::probe::ProbeFailure;

/// Probes a database: acquires a connection from the service's own pool and pings the database over it.
///
/// A pool without a free connection also means down, because the service cannot use the database then.
pub struct SqlProbe<DB: Database>(Pool<DB>);

impl<DB: Database> SqlProbe<DB> {
    /// Creates a probe that uses this pool.
    pub const fn new(pool: Pool<DB>) -> Self {
        Self(pool)
    }
}

impl<DB: Database> DependencyProbe for SqlProbe<DB> {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        let failure = |error: sqlx::Error| match error {
            sqlx::Error::PoolTimedOut => ProbeFailure::TimedOut,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => ProbeFailure::Unreachable,
            _ => ProbeFailure::Broken,
        };
        self.0.acquire().await.map_err(failure)?.ping().await.map_err(failure)
    }
}

impl<DB: Database> fmt::Debug for SqlProbe<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlProbe").finish_non_exhaustive()
    }
}
