//! Installs the global recorder of the process.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::builder::RecorderBuilder;
use super::error::InstallError;
use super::handle::Recorder;
#[cfg(feature = "prometheus")]
use crate::metric::is_noop;
use crate::metric::learn_global;

/// The recorder that [`RecorderBuilder::install`] installed in this process.
static INSTALLED: OnceLock<Recorder> = OnceLock::new();

/// Locked during an installation, so that a second, concurrent caller finds the recorder of the first.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Installs a recorder with the families of this crate, the default budgets and no global labels: the usual case.
///
/// Call it once, at the start of `main`. The returned recorder renders the metrics and, with the feature `prometheus`,
/// serves them with [`Recorder::router`]. To set families of your own, global labels, buckets and budgets, use
/// [`Recorder::builder`].
///
/// ```
/// use mme_metrics::Format;
///
/// let recorder = mme_metrics::install()?;
/// metrics::counter!("jobs_total").increment(1);
/// assert!(recorder.render(Format::Text).contains("jobs_total 1\n"));
/// # Ok::<(), mme_metrics::recorder::InstallError>(())
/// ```
///
/// # Errors
///
/// Fails when the process has a recorder already; [`InstallError`] says whose.
pub fn install() -> Result<Recorder, InstallError> {
    Recorder::builder().install()
}

impl RecorderBuilder {
    /// Builds the recorder and installs it as the global recorder of the process. From now on it receives every metric.
    ///
    /// It works inside and outside an async runtime, and leaves no thread running. If there are
    /// [collectors](Self::collect), their threads start with the first exposition.
    ///
    /// # Errors
    ///
    /// Fails when [`build`](Self::build) fails, or when the process has a recorder already; that recorder stays.
    pub fn install(self) -> Result<Recorder, InstallError> {
        let recorder = self.build().map_err(InstallError::Build)?;
        let _held = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::set_global_recorder(recorder.clone()).map_err(|_| refusal(Recorder::installed()))?;
        learn_global();
        // The facade accepts one recorder for the life of the process, so this line runs at most once.
        let _ = INSTALLED.set(recorder.clone());
        #[cfg(all(feature = "settings", feature = "tracing"))]
        if !recorder.settings().is_empty() {
            tracing::info!(target: "mme::settings", "the operator has set: {}", recorder.settings());
        }
        Ok(recorder)
    }
}

impl Recorder {
    /// Returns the global recorder of this process, if [`RecorderBuilder::install`] installed one.
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }
}

/// Returns why the facade refused a recorder. `installed` is the recorder of this crate that the process has already,
/// if any.
fn refusal(installed: Option<&Recorder>) -> InstallError {
    match installed {
        Some(recorder) if recorder.is_forked() => InstallError::Forked,
        Some(_) => InstallError::Taken,
        None => InstallError::Foreign,
    }
}

/// Returns whether another crate's recorder is installed. It receives every metric, and no recorder of this crate does.
#[cfg(feature = "prometheus")]
pub(crate) fn has_foreign_recorder() -> bool {
    Recorder::installed().is_none() && metrics::with_recorder(|recorder| !is_noop(recorder))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_refused_installation_says_whose_recorder_is_there() {
        let mut recorder = Recorder::builder().build().unwrap();
        assert_eq!(refusal(None), InstallError::Foreign);
        assert!(!recorder.is_forked());
        assert_eq!(refusal(Some(&recorder)), InstallError::Taken);
        // A child has another process ID than the process that built the recorder.
        Arc::get_mut(&mut recorder.0).unwrap().process = 0;
        assert!(recorder.is_forked());
        assert_eq!(refusal(Some(&recorder)), InstallError::Forked);
    }

    #[cfg(feature = "prometheus")]
    #[test]
    fn a_recorder_that_is_not_ours_is_noticed() {
        assert!(!has_foreign_recorder(), "the facade's own recorder stands for none");
        let other = Recorder::builder().build().unwrap();
        assert!(metrics::with_local_recorder(&other, has_foreign_recorder));
    }
}
