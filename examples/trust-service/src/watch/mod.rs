//! Background checks. The service always checks its database and its data. With `--demo` it also checks the isolation
//! of tenants, a dependency that fails from time to time, and a backup.

mod backup;
mod breach;
mod canary;
mod ledger;

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use mme_metrics::health::{
    ConsistencyCheck, Dependency, DependencyKind, HealthMonitor, HttpProbe, Readiness, SqlProbe,
};
use mme_metrics::probe::SupervisedTask;

use crate::database::{self, Database};
use crate::state::App;

/// Time between two checks of the data. Five minutes are enough for a service; a demonstration is shorter.
const DATA_EVERY: Duration = Duration::from_mins(1);

/// Watches the database: the service is ready if it answers.
pub(crate) fn database(database: &Database) -> Result<(HealthMonitor, Readiness), Box<dyn Error>> {
    let documents = Dependency::register("documents", DependencyKind::Database)?;
    let monitor = HealthMonitor::new().probe(documents, SqlProbe::new(database.unmeasured().clone()));
    let readiness = Readiness::new().monitor(&monitor);
    Ok((monitor, readiness))
}

/// The running background checks. They run until this is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Watch(Vec<SupervisedTask>);

impl Watch {
    /// Starts the checks of `monitor` and others. `address` is the address of the service itself.
    pub(crate) async fn start(
        monitor: HealthMonitor,
        app: &App,
        address: SocketAddr,
        demo: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let database = app.database.clone();
        let tags = ConsistencyCheck::register("tags_have_documents")?;
        let mut monitor = monitor.consistency(tags, DATA_EVERY, move || stray_tags(database.clone()));
        let mut running = Vec::new();
        if demo {
            let (ledger, neighbour) = ledger::start().await?;
            let dependency = Dependency::register("ledger", DependencyKind::Http)?;
            monitor = monitor.every(Duration::from_secs(5)).at_once(true).probe(dependency, HttpProbe::new(&ledger)?);
            running.push(neighbour);
            if database::is_embedded(&app.database) {
                running.push(backup::start(app.database.clone())?);
            }
            breach::set_up();
            running.push(canary::sentinel(app, address).start());
        }
        running.push(monitor.start());
        Ok(Self(running))
    }

    /// Stops the checks.
    pub(crate) async fn stop(self) {
        for supervised in self.0 {
            supervised.stop().await;
        }
    }
}

/// Counts the tags whose document does not exist for their tenant.
async fn stray_tags(database: Database) -> Result<u64, sqlx::Error> {
    let stray: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM tags WHERE NOT EXISTS
             (SELECT 1 FROM documents WHERE documents.id = tags.document AND documents.tenant = tags.tenant)",
    )
    .fetch_one(&database)
    .await?;
    Ok(stray.unsigned_abs())
}
