//! How far a replica of PostgreSQL is behind.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::sqlx::{Error, Executor, Postgres};

use crate::database::label::{DatabaseSystem, Replica};
use crate::database::metrics::DATABASE;

/// Asks a server how far it is behind.
///
/// A replica that has applied all it received is not behind, as long as somebody sends to it: without a receiver it cannot
/// know what it lacks, and then the age of the last transaction it applied is told, which grows. A clock that is behind the
/// primary's makes no negative lag. A server that is no replica is not behind. One that has never applied a transaction has no
/// age, which `GREATEST` would take for none.
const LAG: &str = "SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        WHEN age < 0 THEN 0
        ELSE age
    END::float8
    FROM (SELECT EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS age) AS replay";

/// Asks a replica of PostgreSQL how far it is behind, whenever it is told to.
///
/// It is a plain call without a task or a timer of its own. Run it every so often, for instance in a task of the service that
/// is supervised like its others:
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
///         // A probe that fails sets nothing, and the alert on its age tells of it.
///         let _ = probe.ask(&replica).await;
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReplicationProbe {
    replica: Replica,
}

impl ReplicationProbe {
    /// Names the replica, as the service calls it; a program has at most 100.
    pub fn new(replica: &str) -> Self {
        Self { replica: Replica::register(replica).unwrap_or(Replica::FALLBACK) }
    }

    /// Asks the replica, and sets `db_replication_lag_seconds` and the time of the answer.
    ///
    /// Returns nothing where nobody can tell: a replica that has never applied a transaction, and lacks what was sent or has no
    /// sender. Then, and when it fails, neither is set.
    ///
    /// # Errors
    ///
    /// Those of the query.
    pub async fn ask<'c>(&self, replica: impl Executor<'c, Database = Postgres>) -> Result<Option<Duration>, Error> {
        let seconds: Option<f64> = ::sqlx::query_scalar(LAG).fetch_one(replica).await?;
        let Some(seconds) = seconds else { return Ok(None) };
        DATABASE.replication_lag.set((DatabaseSystem::Postgresql, self.replica), seconds);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        DATABASE.replication_checked.set((DatabaseSystem::Postgresql, self.replica), now.as_secs_f64());
        Ok(Duration::try_from_secs_f64(seconds).ok())
    }
}
