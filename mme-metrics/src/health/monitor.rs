//! The task that keeps asking.

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
use crate::clock::Moment;
use crate::probe::{Attempts, PeriodicTask, ProbeFailure, SupervisedTask};

/// Time between two questions to a dependency unless it is said otherwise.
const EVERY: Duration = Duration::from_secs(15);

/// Time that an answer may take unless it is said otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// Time between two looks at backup files.
const FILES_EVERY: Duration = Duration::from_mins(1);

/// Time that a check of data may take; it reads more than a question asks.
const CONSISTENCY_LIMIT: Duration = Duration::from_mins(1);

type Watch = Pin<Box<dyn Future<Output = Infallible> + Send>>;

/// Keeps asking dependencies, looking at backup files and checking data, each at its own pace and none in the way of another.
///
/// See the [module](super) for an example. What is set applies to what is added after it.
#[must_use = "a monitor asks nothing until it is started or run"]
pub struct HealthMonitor {
    every: Duration,
    limit: Duration,
    at_once: bool,
    watches: Vec<Watch>,
}

impl Default for HealthMonitor {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthMonitor {
    /// Starts with nothing to ask.
    pub const fn new() -> Self {
        Self { every: EVERY, limit: LIMIT, at_once: false, watches: Vec::new() }
    }

    /// Sets how often the dependencies added after this are asked: every 15 s unless said otherwise. An alert on one whose
    /// probe has stopped expects it at least every 2 minutes.
    pub const fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Sets how long the dependencies added after this may take to answer: 5 s unless said otherwise.
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Begins what is added after this at once, instead of after a random part of the interval. Off by default.
    pub const fn at_once(mut self, on: bool) -> Self {
        self.at_once = on;
        self
    }

    /// Asks a dependency. It is up with an answer and down with a failure, with no answer in time and with a panic.
    pub fn probe(self, dependency: Dependency, probe: impl DependencyProbe) -> Self {
        let asked =
            Asked { dependency, probe: Arc::new(probe), attempts: one(self.limit), before: AtomicU8::new(UNKNOWN) };
        let pace = self.pace(self.every);
        self.watch(async move { pace.run(|| asked.ask()).await })
    }

    /// Looks for the newest file of a backup each minute. Its runs are not counted, because they are not seen.
    pub fn backup_files(self, backup: Backup, files: BackupFiles) -> Self {
        let (attempts, files) = (one(CONSISTENCY_LIMIT), Arc::new(files));
        let pace = self.pace(FILES_EVERY);
        self.watch(async move {
            backup.touch();
            pace.run(|| look(&attempts, &files, backup)).await
        })
    }

    /// Runs a check of data at this interval. It returns how many things disagree: none is a pass; an error, a panic and a minute
    /// without an answer are unknown.
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

    /// Runs for ever.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops what runs; figures stay as they are.
    pub async fn run(self) -> Infallible {
        let mut watches: FuturesUnordered<Watch> = self.watches.into_iter().collect();
        match watches.next().await {
            Some(never) => match never {},
            None => pending().await,
        }
    }

    /// Runs on a task of its own, until what is returned is dropped or told to stop.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start(self) -> SupervisedTask {
        SupervisedTask::spawn(self.run())
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

/// What a dependency was when it was last asked; only a change is worth a line in the log.
const UNKNOWN: u8 = 0;
const UP: u8 = 1;
const DOWN: u8 = 2;

struct Asked<P> {
    dependency: Dependency,
    probe: Arc<P>,
    attempts: Attempts,
    before: AtomicU8,
}

impl<P: DependencyProbe> Asked<P> {
    async fn ask(&self) {
        let (begun, probe) = (Moment::now(), Arc::clone(&self.probe));
        let answer = self.attempts.run(async move { probe.probe().await }).await;
        let answer = answer.unwrap_or_else(Err);
        self.dependency.checked(begun.seconds());
        self.dependency.mark(answer.is_ok());
        self.log(answer);
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

/// One question at a time: what hangs is not asked again.
fn one(limit: Duration) -> Attempts {
    Attempts::new(1, limit)
}

async fn look(attempts: &Attempts, files: &Arc<BackupFiles>, backup: Backup) {
    let files = Arc::clone(files);
    // A file system that hangs blocks a thread made for that, and one only: the place is kept until it ends.
    let found = attempts.run(async move { tokio::task::spawn_blocking(move || files.newest(SystemTime::now())).await });
    match found.await {
        Ok(Ok(Ok(Some((made, bytes))))) => backup.found(made, bytes),
        // Whatever was found before gets older, and that is what the alert goes by.
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
