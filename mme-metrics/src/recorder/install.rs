//! Installing a recorder in one call.

use super::{InstallError, Recorder};

/// Installs a recorder with the families of this crate, the default budgets and no global labels: the usual case.
///
/// Call it once, at the start of `main`. What it returns renders the metrics and, with the feature `prometheus`, serves them
/// with [`Recorder::router`]. Families of your own, global labels, buckets and budgets are set with [`Recorder::builder`].
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
/// [`InstallError::Taken`] if the process has a recorder already.
pub fn install() -> Result<Recorder, InstallError> {
    Recorder::builder().install()
}
