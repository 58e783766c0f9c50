//! A dependency of the service: up or down.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::label::{DependencyKind, DependencyName};
use super::metrics::HEALTH;
use crate::clock::unix_seconds;
use crate::label::RegisterError;
use crate::metric::GaugeHandle;
#[cfg(feature = "probe")]
use crate::metric::HistogramHandle;

/// The number of failed calls in a row from which a dependency is down. A single call can fail for a reason of its own.
const FAILURES: u32 = 3;

/// A dependency, by its name and kind. Clones share its state.
///
/// Either a [monitor](super) probes it, or it is judged by the calls that the service makes anyway. Do not use both,
/// because they overwrite each other's results.
#[derive(Clone)]
pub struct Dependency(Arc<Series>);

struct Series {
    name: DependencyName,
    kind: DependencyKind,
    up: GaugeHandle,
    last_success: GaugeHandle,
    #[cfg(feature = "probe")]
    check_duration: HistogramHandle,
    /// Failed calls since the last successful one.
    failures: AtomicU32,
}

impl Dependency {
    /// Registers a dependency; at most 200.
    ///
    /// # Errors
    ///
    /// When the name cannot be exported, or there are too many dependencies.
    pub fn register(name: &str, kind: DependencyKind) -> Result<Self, RegisterError> {
        let name = DependencyName::register(name)?;
        Ok(Self(Arc::new(Series {
            name,
            kind,
            up: HEALTH.up.with((name, kind)),
            last_success: HEALTH.last_success.with((name,)),
            #[cfg(feature = "probe")]
            check_duration: HEALTH.check_duration.with((name,)),
            failures: AtomicU32::new(0),
        })))
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.0.name.as_str()
    }

    /// Returns its kind.
    pub fn kind(&self) -> DependencyKind {
        self.0.kind
    }

    /// Sets it up or down, whatever it was before.
    pub fn mark(&self, up: bool) {
        // Relaxed: no other memory access depends on the order of this count.
        self.0.failures.store(if up { 0 } else { FAILURES }, Ordering::Relaxed);
        self.show(up);
    }

    /// Reports a successful call: it is up.
    pub fn succeeded(&self) {
        self.mark(true);
    }

    /// Reports a failed call: it is down from the third failure in a row.
    pub fn failed(&self) {
        // Relaxed, as above. It saturates, so that it cannot wrap around to zero.
        let count = |failures: u32| Some(failures.saturating_add(1).min(FAILURES));
        let before = self.0.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
        if before.is_ok_and(|before| before + 1 >= FAILURES) {
            self.show(false);
        }
    }

    /// Reports the result of a call and returns it. Every error is a failure; see [`judge_by`](Self::judge_by) for
    /// errors that are valid answers.
    ///
    /// ```
    /// use mme_metrics::health::{Dependency, DependencyKind};
    ///
    /// # fn ask() -> std::io::Result<u32> { Ok(7) }
    /// let ledger = Dependency::register("ledger", DependencyKind::Http)?;
    /// let balance = ledger.judge(ask());
    /// # Ok::<(), mme_metrics::label::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call, unchanged.
    pub fn judge<T, E>(&self, returned: Result<T, E>) -> Result<T, E> {
        self.judge_by(returned, |_| true)
    }

    /// Reports the result of a call and returns it. An error counts as a failure if `is_failure` returns true.
    /// Otherwise it is a valid answer, so the dependency is up.
    ///
    /// ```
    /// use mme_metrics::health::{Dependency, DependencyKind};
    ///
    /// # fn read() -> std::io::Result<Vec<u8>> { Err(std::io::ErrorKind::NotFound.into()) }
    /// let store = Dependency::register("store", DependencyKind::Storage)?;
    /// let object = store.judge_by(read(), |error| error.kind() != std::io::ErrorKind::NotFound);
    /// # Ok::<(), mme_metrics::label::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call, unchanged.
    pub fn judge_by<T, E>(&self, returned: Result<T, E>, is_failure: impl FnOnce(&E) -> bool) -> Result<T, E> {
        if returned.as_ref().is_err_and(is_failure) {
            self.failed();
        } else {
            self.succeeded();
        }
        returned
    }

    /// Returns whether its last call failed.
    #[cfg(feature = "http")]
    pub(super) fn has_failed(&self) -> bool {
        // Relaxed, as above.
        self.0.failures.load(Ordering::Relaxed) > 0
    }

    fn show(&self, up: bool) {
        self.0.up.set(f64::from(u8::from(up)));
        if up {
            self.0.last_success.set(unix_seconds(SystemTime::now()));
        }
    }

    #[cfg(feature = "probe")]
    pub(super) fn checked(&self, seconds: f64) {
        self.0.check_duration.record(seconds);
    }
}

impl fmt::Debug for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dependency").field("name", &self.name()).field("kind", &self.kind()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Emission, record};

    /// Returns the value of `dependency_up`, if it was ever set.
    fn up(emission: &Emission) -> Option<String> {
        let text = emission.recorder().render(crate::Format::Text);
        let line = text.lines().find(|line| line.starts_with("dependency_up{"));
        line.and_then(|line| line.rsplit_once(' ')).map(|(_, value)| value.to_owned())
    }

    #[test]
    fn one_call_that_fails_says_nothing_and_the_third_in_a_row_that_it_is_down() {
        let dependency = Dependency::register("calls", DependencyKind::Http).unwrap();
        let emission = Emission::new();
        let calls = |results: &[bool]| {
            for succeeds in results {
                let _ = emission.record(|| dependency.judge(if *succeeds { Ok(()) } else { Err(()) }));
            }
            up(&emission)
        };
        assert_eq!(calls(&[false, false]), None);
        assert_eq!(calls(&[true, false, false, true, false, false]).as_deref(), Some("1"));
        assert_eq!(calls(&[false]).as_deref(), Some("0"));
        assert_eq!(calls(&[false, false, true]).as_deref(), Some("1"));
    }

    #[test]
    fn an_error_that_is_an_answer_shows_that_it_is_up() {
        let dependency = Dependency::register("answers", DependencyKind::Storage).unwrap();
        let emission = Emission::new();
        let calls = |error: &'static str| {
            for _ in 0..3 {
                let returned = emission.record(|| dependency.judge_by(Err::<(), _>(error), |error| *error == "gone"));
                assert_eq!(returned, Err(error));
            }
            up(&emission)
        };
        assert_eq!(calls("not found").as_deref(), Some("1"));
        assert_eq!(calls("gone").as_deref(), Some("0"));
        assert_eq!(calls("not found").as_deref(), Some("1"));
    }

    #[test]
    fn a_mark_says_it_at_once_and_only_success_has_a_time() {
        let dependency = Dependency::register("marked", DependencyKind::Pki).unwrap();
        let labels = (dependency.0.name, DependencyKind::Pki);
        record(|| dependency.mark(false)).expect().gauge(&HEALTH.up, labels, 0.0).only();
        let emission = record(|| dependency.mark(true));
        emission.expect().gauge(&HEALTH.up, labels, 1.0).among_others();
        assert!(
            emission
                .recorder()
                .render(crate::Format::Text)
                .contains("dependency_last_success_timestamp_seconds{dependency=\"marked\"} ")
        );
    }
}
