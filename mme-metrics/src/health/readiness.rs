//! Readiness: whether the service can serve requests now.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Serialize, Serializer};

use super::monitor::{HealthMonitor, LIMIT, shared};
use super::probe::DependencyProbe;
use crate::probe::{CheckAnswer, ProbeFailure, SharedCheck};

/// Decides whether the service is ready to serve requests, from the probes of a [`HealthMonitor`] and from checks of your own.
///
/// The service is ready if every check succeeds and no [`drain`](Self::drain) has begun. All checks run at the same time, each with its
/// own time limit. A success is reused for a second, a failure never. One run of a check serves everything that asks meanwhile: any
/// number of questions, and the monitor.
///
/// Clones share the results and the drain.
///
/// ```
/// use std::time::Duration;
/// use mme_metrics::health::{Dependency, DependencyKind, HealthMonitor, Readiness, RedisProbe, TcpProbe};
/// use mme_metrics::probe::ProbeFailure;
///
/// let monitor = HealthMonitor::new()
///     .probe(Dependency::register("ledger", DependencyKind::Grpc)?, TcpProbe::new("ledger", 50051))
///     // The service works without its cache, if slowly.
///     .required(false)
///     .probe(Dependency::register("pages", DependencyKind::Cache)?, RedisProbe::new("redis", 6379));
/// let readiness = Readiness::new()
///     .monitor(&monitor)
///     .limit(Duration::from_secs(1))
///     .check("price_list", async || Err(ProbeFailure::Other("not loaded yet")));
/// # Ok::<(), mme_metrics::label::RegisterError>(())
/// ```
///
/// A check must not block its thread. One that does is reported as failed after its time limit, but keeps one thread of the runtime.
#[derive(Clone)]
#[must_use = "readiness does nothing until it is asked"]
pub struct Readiness {
    checks: Vec<Arc<SharedCheck>>,
    limit: Duration,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    started: AtomicBool,
    draining: AtomicBool,
    /// Whether the last report was good. Only a change is logged.
    ready: AtomicBool,
}

impl Readiness {
    /// Makes readiness without checks: the service is ready until it drains.
    pub fn new() -> Self {
        Self { checks: Vec::new(), limit: LIMIT, state: Arc::default() }
    }

    /// Sets the time limit of the checks added after this, 5 s by default.
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Adds a check: a probe, or a closure that returns a future.
    ///
    /// The name is shown to callers with credentials only. It is no label.
    pub fn check(mut self, name: &str, check: impl DependencyProbe) -> Self {
        self.checks.push(Arc::new(shared(name, self.limit, check)));
        self
    }

    /// Adds the probes that `monitor` has so far, each with its own time limit, except those that are not
    /// [`required`](HealthMonitor::required).
    ///
    /// They run when readiness is asked, whether or not the monitor is started; the metrics show what the monitor finds.
    pub fn monitor(mut self, monitor: &HealthMonitor) -> Self {
        self.checks.extend_from_slice(monitor.checks());
        self
    }

    /// Runs the checks that have not succeeded within the last second, and returns the results.
    ///
    /// It takes at most the longest time limit of a check. During a drain it returns at once.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// The runs that it has begun go on to their end or their time limit.
    pub async fn report(&self) -> ReadinessReport {
        if self.is_draining() {
            return ReadinessReport { status: ReadinessStatus::Draining, checks: Vec::new() };
        }
        let checks =
            join_all(self.checks.iter().map(async |check| CheckReport::new(check, check.answer().await))).await;
        let failure = checks.iter().find(|check| check.result.is_err());
        self.note(failure);
        let status = if self.is_draining() {
            ReadinessStatus::Draining
        } else if failure.is_none() {
            ReadinessStatus::Ready
        } else if self.is_started() {
            ReadinessStatus::NotReady
        } else {
            ReadinessStatus::Starting
        };
        ReadinessReport { status, checks }
    }

    /// Says whether the service is ready by successes of the last second, without running a check.
    pub fn is_known_ready(&self) -> bool {
        !self.is_draining() && self.is_started() && self.checks.iter().all(|check| check.has_passed())
    }

    /// Says whether the service was ready once.
    pub fn is_started(&self) -> bool {
        // Relaxed, like all here: no other memory access depends on these flags.
        self.state.started.load(Ordering::Relaxed)
    }

    /// Makes the service not ready for good, because it is about to stop.
    pub fn drain(&self) {
        self.state.draining.store(true, Ordering::Relaxed);
    }

    /// Says whether a drain has begun.
    pub fn is_draining(&self) -> bool {
        self.state.draining.load(Ordering::Relaxed)
    }

    fn note(&self, failure: Option<&CheckReport>) {
        let before = self.state.ready.swap(failure.is_none(), Ordering::Relaxed);
        match failure {
            None => {
                if !self.state.started.swap(true, Ordering::Relaxed) {
                    tracing::info!(target: "mme::health", "the service is ready");
                } else if !before {
                    tracing::info!(target: "mme::health", "the service is ready again");
                }
            }
            Some(CheckReport { name, result: Err(failure), .. }) if before => {
                tracing::warn!(target: "mme::health", check = &**name, %failure, "the service is not ready");
            }
            Some(_) => {}
        }
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness")
            .field("checks", &self.checks)
            .field("is_started", &self.is_started())
            .field("is_draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}

/// Whether the service can serve, and what each check says. It is also JSON.
#[derive(Clone, Debug, Serialize)]
pub struct ReadinessReport {
    status: ReadinessStatus,
    checks: Vec<CheckReport>,
}

impl ReadinessReport {
    /// Returns whether the service can serve.
    pub fn status(&self) -> ReadinessStatus {
        self.status
    }

    /// Says whether the service is ready.
    pub fn is_ready(&self) -> bool {
        self.status == ReadinessStatus::Ready
    }

    /// Returns the results of the checks, in the order in which they were added. There are none during a drain.
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }
}

/// Whether the service can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadinessStatus {
    /// Every check succeeded.
    Ready,
    /// A check failed, and the service was never ready.
    Starting,
    /// A check failed, and the service was ready once.
    NotReady,
    /// The service is about to stop.
    Draining,
}

/// The result of one check.
#[derive(Clone, Debug)]
pub struct CheckReport {
    name: Arc<str>,
    result: Result<(), ProbeFailure>,
    seconds: f64,
}

impl CheckReport {
    fn new(check: &SharedCheck, answer: CheckAnswer) -> Self {
        Self { name: Arc::clone(check.name()), result: answer.result, seconds: answer.seconds }
    }

    /// Returns the name of the check or the dependency.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the result.
    ///
    /// # Errors
    ///
    /// The reason why the check failed.
    pub fn result(&self) -> Result<(), ProbeFailure> {
        self.result
    }
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut object = serializer.serialize_struct("CheckReport", 4)?;
        object.serialize_field("name", &*self.name)?;
        object.serialize_field("status", if self.result.is_ok() { "up" } else { "down" })?;
        match self.result {
            Ok(()) => object.skip_field("reason")?,
            Err(failure) => object.serialize_field("reason", &failure.to_string())?,
        }
        // Microseconds are exact enough.
        object.serialize_field("seconds", &((self.seconds * 1e6).round() / 1e6))?;
        object.end()
    }
}
