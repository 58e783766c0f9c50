//! Backs up the embedded database every minute, to a directory that is removed when the process ends. A real backup
//! goes to another machine. A database server makes its own backups.

use std::io;
use std::path::Path;
use std::time::Duration;

use mme_metrics::health::Backup;
use mme_metrics::operation::Guard;
use mme_metrics::operation::Outcome;
use mme_metrics::probe::{PeriodicTask, SupervisedTask};
use tempfile::TempDir;

use crate::database::Database;

/// Time between two backups.
const EVERY: Duration = Duration::from_mins(1);

/// Makes backups until the returned task is dropped.
pub(super) fn start(database: Database) -> Result<SupervisedTask, Box<dyn std::error::Error>> {
    let (backup, folder) = (Backup::register("documents")?, tempfile::tempdir()?);
    Ok(SupervisedTask::spawn(
        PeriodicTask::every(EVERY).at_once(true).run(move || run(backup, database.clone(), path(&folder))),
    ))
}

fn path(folder: &TempDir) -> Box<Path> {
    folder.path().join("documents.db").into()
}

async fn run(backup: Backup, database: Database, path: Box<Path>) {
    // The guard records the outcome in every case. If it is dropped before the end, the backup counts as cancelled.
    let mut guard = Guard::start(backup.run());
    match copy(&database, &path).await {
        Ok(bytes) => {
            if let Some(run) = guard.operation() {
                run.bytes(bytes);
            }
            guard.end(Outcome::Ok);
        }
        Err(error) => {
            tracing::warn!(%error, "the database could not be copied");
            guard.end(Outcome::OTHER);
        }
    }
}

/// Replaces the previous copy atomically by a new one, and returns its size.
async fn copy(database: &Database, path: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    let unfinished = path.with_extension("unfinished");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let name = unfinished.to_str().ok_or("the name of the folder for temporary files is not valid UTF-8")?;
    // The name is a URI, because the copy of a database in memory would otherwise be in memory too.
    let name = format!("file:{}?mode=rwc", name.replace('%', "%25").replace('?', "%3f").replace('#', "%23"));
    sqlx::query("VACUUM INTO $1").bind(name).execute(database).await?;
    std::fs::rename(&unfinished, path)?;
    Ok(std::fs::metadata(path)?.len())
}
