//! Where the metrics go at the end of a run.

use std::error::Error;
use std::fmt;

use super::run::Job;

/// A receiver of the metrics at the end of a run: an `otlp::OtlpExporter` (feature `otlp`), a `pushgateway::Pushgateway` (feature
/// `pushgateway`), an [`Option`] of one of these, or `()` where a scrape collects them.
pub trait BatchFlush: sealed::Sealed + Sync {
    /// Sends the metrics and waits until they have arrived, or cannot.
    fn flush_run(&self, job: Job) -> impl Future<Output = Result<(), FlushError>> + Send;

    /// Does the same and blocks the thread, also on one of a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the metrics did not arrive.
    fn flush_run_blocking(&self, job: Job) -> Result<(), FlushError>;

    /// Sends the metrics of a run that was dropped. On a thread of a tokio runtime it does not wait, because it would block others.
    fn flush_dropped_run(&self, job: Job);
}

/// Keeps the trait to the types of this crate, so that it can grow.
pub(crate) mod sealed {
    pub trait Sealed {}

    impl Sealed for () {}
    impl<F: Sealed> Sealed for Option<F> {}
}

/// Sends nothing: the process is scraped, or exports by itself before it ends.
impl BatchFlush for () {
    async fn flush_run(&self, _: Job) -> Result<(), FlushError> {
        Ok(())
    }

    fn flush_run_blocking(&self, _: Job) -> Result<(), FlushError> {
        Ok(())
    }

    fn flush_dropped_run(&self, _: Job) {}
}

/// Sends nothing if there is no receiver.
impl<F: BatchFlush> BatchFlush for Option<F> {
    async fn flush_run(&self, job: Job) -> Result<(), FlushError> {
        match self {
            Some(receiver) => receiver.flush_run(job).await,
            None => Ok(()),
        }
    }

    fn flush_run_blocking(&self, job: Job) -> Result<(), FlushError> {
        self.as_ref().map_or(Ok(()), |receiver| receiver.flush_run_blocking(job))
    }

    fn flush_dropped_run(&self, job: Job) {
        if let Some(receiver) = self {
            receiver.flush_dropped_run(job);
        }
    }
}

/// The metrics of a run did not arrive. The run itself ended as it did.
#[derive(Debug)]
pub struct FlushError {
    receiver: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl FlushError {
    /// Makes an error of this receiver, such as `the Pushgateway`.
    #[cfg(any(feature = "otlp", feature = "pushgateway"))]
    pub(crate) fn new(receiver: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self { receiver, source: Box::new(source) }
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the metrics of the run did not arrive at {}: {}", self.receiver, self.source)
    }
}

impl Error for FlushError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
