//! The replication lag of a PostgreSQL replica.

use std::time::{Duration, SystemTime};

use ::sqlx::{Error, Executor, Postgres};

use crate::clock::unix_seconds;
use crate::database::label::{DatabaseSystem, Replica};
use crate::database::metrics::DATABASE;

/// The query for the replication lag of a server.
///
/// The lag of a replica that has applied everything it received is 0, as long as its WAL receiver runs. Without a
/// receiver it cannot know what it lacks; then the lag is the age of the last applied transaction, which grows. A clock
/// that is behind the primary's clock does not make the lag negative. The lag of a server that is not a replica is 0. A
/// replica that has never applied a transaction has the age NULL, which `GREATEST` would ignore.
const LAG: &str = "SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        WHEN age < 0 THEN 0
        ELSE age
    END::float8
    FROM (SELECT EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS age) AS replay";

/// Measures the replication lag of a PostgreSQL replica.
///
/// The probe has no task and no timer. Call [`ask`](Self::ask) regularly, for instance in a task that the service
/// supervises like its other tasks:
///
/// ```no_run
/// use std::time::Duration;
///
/// use mme_metrics::database::sqlx::{MeasuredPool, ReplicationProbe};
/// use sqlx::Postgres;
///
/// async fn watch(replica: MeasuredPool<Postgres>) {
///     let probe = ReplicationProbe::new("reports");
///     let mut turns = tokio::time::interval(Duration::from_secs(15));
///     loop {
///         turns.tick().await;
///         // A probe that fails sets no gauge. The alert `MmeReplicationCheckStale` reports a check that is too old.
///         let _ = probe.ask(&replica).await;
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReplicationProbe {
    replica: Replica,
}

impl ReplicationProbe {
    /// Makes a probe for a replica with this name. A program has at most 100 names.
    pub fn new(replica: &str) -> Self {
        Self { replica: Replica::register(replica).unwrap_or(Replica::FALLBACK) }
    }

    /// Queries the lag of the replica, and sets `db_replication_lag_seconds` and the time of the answer.
    ///
    /// Returns nothing if the lag is unknown. This is the case for a replica that has never applied a transaction, and
    /// that has not applied everything it received or has no WAL receiver. If the lag is unknown or the query fails,
    /// neither gauge is set.
    ///
    /// # Errors
    ///
    /// Those of the query.
    pub async fn ask<'c>(&self, replica: impl Executor<'c, Database = Postgres>) -> Result<Option<Duration>, Error> {
        let seconds: Option<f64> = ::sqlx::query_scalar(LAG).fetch_one(replica).await?;
        let Some(seconds) = seconds else { return Ok(None) };
        DATABASE.replication_lag.set((DatabaseSystem::Postgresql, self.replica), seconds);
        let now = unix_seconds(SystemTime::now());
        DATABASE.replication_checked.set((DatabaseSystem::Postgresql, self.replica), now);
        Ok(Duration::try_from_secs_f64(seconds).ok())
    }
}
