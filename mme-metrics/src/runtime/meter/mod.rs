//! What starts to measure a runtime.

use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::Handle;

use super::label::RuntimeName;
use super::{canary, runtimes};

/// Measures a runtime of tokio under a name that the service chooses: its figures at each exposition, and how late its timers wake.
///
/// ```
/// use mme_metrics::runtime::RuntimeMeter;
/// use tokio::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
/// RuntimeMeter::new("background").start(runtime.handle());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a runtime is measured from `start` on"]
pub struct RuntimeMeter {
    name: RuntimeName,
    canary: bool,
}

impl RuntimeMeter {
    /// Names a runtime. A program has at most 16 names; later runtimes are called `_other`. Runtimes with one name are added up.
    pub fn new(name: &str) -> Self {
        Self { name: RuntimeName::register(name).unwrap_or(RuntimeName::FALLBACK), canary: true }
    }

    /// Sets whether a task of the runtime measures how late its timers wake. It does unless this says otherwise.
    ///
    /// In a test with paused time the canary is a timer like any other, to which the clock advances.
    pub fn canary(mut self, canary: bool) -> Self {
        self.canary = canary;
        self
    }

    /// Starts to measure `runtime`, until it ends. A runtime that is measured already stays as it is.
    ///
    /// One task of the runtime is the canary, or only waits for the end of the runtime. A runtime without timers has no canary: tokio
    /// then writes to the log that timers are disabled. Turn them on with `enable_time`, or the canary off.
    pub fn start(self, runtime: &Handle) {
        let canary = self.canary && has_timers(runtime);
        let Some(place) = runtimes::Place::of(self.name, runtime, canary) else { return };
        runtime.spawn(async move {
            // Dropped with the task when the runtime ends.
            let _place = place;
            if canary {
                canary::sing(self.name).await;
            } else {
                std::future::pending::<()>().await;
            }
        });
    }
}

/// Returns whether the runtime has timers. Tokio says so by a panic only.
fn has_timers(runtime: &Handle) -> bool {
    let runtime = runtime.clone();
    catch_unwind(move || {
        let _entered = runtime.enter();
        drop(tokio::time::sleep(Duration::ZERO));
    })
    .is_ok()
}

#[cfg(test)]
mod tests;
