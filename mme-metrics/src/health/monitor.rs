//! The background task that probes dependencies, scans backup files and checks data.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::backup::Backup;
use super::backup_file::BackupFiles;
use super::consistency::ConsistencyCheck;
use super::dependency::Dependency;
use super::label::CheckResult;
use super::probe::DependencyProbe;
use crate::probe::{Attempts, PeriodicTask, ProbeFailure, SharedCheck, SupervisedTask};

/// Default interval between two probes of a dependency.
const EVERY: Duration = Duration::from_secs(15);

/// Default time limit of a probe.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Interval between two scans of backup files.
const FILES_EVERY: Duration = Duration::from_mins(1);

/// Time limit of a consistency check, which reads more than a probe does, and of a scan of backup files.
const CONSISTENCY_LIMIT: Duration = Duration::from_mins(1);

type Watch = Pin<Box<dyn Future<Output = Infallible> + Send>>;

/// Probes dependencies, scans backup files and checks data. Each has its own interval, and none delays another.
///
/// See the [module](super) for an example. A setting applies to everything that is added after it.
#[must_use = "a monitor asks nothing until it is started or run"]
pub struct HealthMonitor {
    every: Duration,
    limit: Duration,
    at_once: bool,
    required: bool,
    watches: Vec<Watch>,
    /// The probes that readiness requires.
    checks: Vec<Arc<SharedCheck>>,
}

impl Default for HealthMonitor {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthMonitor {
    /// Creates a monitor without probes and checks.
    pub const fn new() -> Self {
        Self { every: EVERY, limit: LIMIT, at_once: false, required: true, watches: Vec::new(), checks: Vec::new() }
    }

    /// Sets the interval of the probes added after this, 15 s by default. The alert on a stopped probe expects a result
    /// at least every 2 minutes.
    pub const fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Sets the time limit of the probes added after this, 5 s by default.
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the probes and checks added after this at once, instead of after a random part of the interval. Off by
    /// default.
    pub const fn at_once(mut self, on: bool) -> Self {
        self.at_once = on;
        self
    }

    /// Sets whether a [`Readiness`](super::Readiness) that is made of this monitor requires the probes added after this. On by
    /// default; turn it off for a dependency that the service can do without for a while, such as a cache.
    pub const fn required(mut self, on: bool) -> Self {
        self.required = on;
        self
    }

    /// Adds a probe of a dependency. The dependency is up if the probe succeeds, and down if the probe fails, panics or
    /// exceeds its time limit.
    pub fn probe(mut self, dependency: Dependency, probe: impl DependencyProbe) -> Self {
        let check = Arc::new(shared(dependency.name(), self.limit, probe));
        if self.required {
            self.checks.push(Arc::clone(&check));
        }
        let monitor = DependencyMonitor { dependency, check, before: AtomicU8::new(UNKNOWN) };
        let pace = self.pace(self.every);
        self.watch(async move { pace.run(|| monitor.ask()).await })
    }

    /// Adds a scan for the newest file of a backup, once a minute. The scan does not see the runs of the backup, so
    /// they are not counted.
    pub fn backup_files(self, backup: Backup, files: BackupFiles) -> Self {
        let (attempts, files) = (one(CONSISTENCY_LIMIT), Arc::new(files));
        let pace = self.pace(FILES_EVERY);
        self.watch(async move {
            backup.touch();
            pace.run(|| look(&attempts, &files, backup)).await
        })
    }

    /// Adds a consistency check that runs at this interval. `count` returns the number of inconsistencies; zero is a
    /// pass. An error, a panic and a minute without a result are unknown.
    pub fn consistency<F, R, E>(self, check: ConsistencyCheck, interval: Duration, count: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<u64, E>> + Send + 'static,
        E: Send + 'static,
    {
        let (attempts, count) = (one(CONSISTENCY_LIMIT), Arc::new(count));
        let pace = self.pace(interval);
        self.watch(async move {
            check.touch();
            pace.run(|| compare(&attempts, &count, check)).await
        })
    }

    /// Runs the probes and checks forever.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the running probes and checks. A probe that a [`Readiness`](super::Readiness) shares goes on to its end
    /// or its time limit, and is not recorded. The metrics keep their values.
    pub async fn run(self) -> Infallible {
        let mut watches: FuturesUnordered<Watch> = self.watches.into_iter().collect();
        match watches.next().await {
            Some(never) => match never {},
            None => pending().await,
        }
    }

    /// Starts a background task that runs the probes and checks until the returned handle is stopped or dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start(self) -> SupervisedTask {
        SupervisedTask::spawn(self.run())
    }

    /// Returns the probes that readiness requires.
    pub(super) fn checks(&self) -> &[Arc<SharedCheck>] {
        &self.checks
    }

    fn pace(&self, interval: Duration) -> PeriodicTask {
        PeriodicTask::every(interval).at_once(self.at_once)
    }

    fn watch(mut self, watch: impl Future<Output = Infallible> + Send + 'static) -> Self {
        self.watches.push(Box::pin(watch));
        self
    }
}

impl fmt::Debug for HealthMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthMonitor")
            .field("every", &self.every)
            .field("limit", &self.limit)
            .field("watches", &self.watches.len())
            .finish_non_exhaustive()
    }
}

/// States of a dependency after its last probe. Only a change of the state is logged.
const UNKNOWN: u8 = 0;
const UP: u8 = 1;
const DOWN: u8 = 2;

struct DependencyMonitor {
    dependency: Dependency,
    check: Arc<SharedCheck>,
    before: AtomicU8,
}

impl DependencyMonitor {
    async fn ask(&self) {
        let answer = self.check.run().await;
        self.dependency.checked(answer.seconds);
        self.dependency.mark(answer.result.is_ok());
        self.log(answer.result);
    }

    fn log(&self, answer: Result<(), ProbeFailure>) {
        let now = if answer.is_ok() { UP } else { DOWN };
        // Relaxed: only this loop writes it.
        let before = self.before.swap(now, Ordering::Relaxed);
        let dependency = self.dependency.name();
        match answer {
            Err(failure) if before != DOWN => {
                tracing::warn!(target: "mme::health", dependency, %failure, "a dependency is down");
            }
            Ok(()) if before == DOWN => tracing::info!(target: "mme::health", dependency, "a dependency is up again"),
            _ => {}
        }
    }
}

/// Makes a check of a probe.
pub(super) fn shared(name: &str, limit: Duration, probe: impl DependencyProbe) -> SharedCheck {
    let probe = Arc::new(probe);
    SharedCheck::new(name, limit, move || {
        let probe = Arc::clone(&probe);
        async move { probe.probe().await }
    })
}

/// Allows one attempt at a time, so a probe or check that hangs is not started again.
fn one(limit: Duration) -> Attempts {
    Attempts::new(1, limit)
}

async fn look(attempts: &Attempts, files: &Arc<BackupFiles>, backup: Backup) {
    let files = Arc::clone(files);
    // A file system that hangs blocks one thread of the blocking pool only: no other scan starts until this one ends.
    let found = attempts.run(async move { tokio::task::spawn_blocking(move || files.newest(SystemTime::now())).await });
    match found.await {
        Ok(Ok(Ok(Some((made, bytes))))) => backup.found(made, bytes),
        // The metrics keep the last backup found. The alert fires on its age.
        Ok(Ok(Ok(None))) => {}
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => {
            tracing::warn!(target: "mme::health", backup = backup.name(), "the folder of a backup cannot be read");
        }
    }
}

async fn compare<F, R, E>(attempts: &Attempts, count: &Arc<F>, check: ConsistencyCheck)
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<u64, E>> + Send + 'static,
    E: Send + 'static,
{
    let count = Arc::clone(count);
    let found = attempts.run(async move { count().await }).await;
    let result = found.map_or(CheckResult::Unknown, |found| CheckResult::of(&found));
    check.record(result);
    if result != CheckResult::Pass {
        tracing::warn!(target: "mme::health", check = check.name(), result = result.as_str(), "data may not agree");
    }
}
