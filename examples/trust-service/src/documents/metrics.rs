//! The metric family of this domain. It is described, linted and checked like the families of the library.

use mme_metrics::{Counter, Histogram, LabelValue, Unit, buckets, family};

use super::Kind;
use crate::tenant::Tenant;

/// The outcome of processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
#[label(key = "outcome")]
pub(crate) enum Outcome {
    /// Text and tags were stored.
    Completed,
    /// There was an error in the document or in the service.
    Failed,
    /// The client left before the end.
    Cancelled,
}

family! {
    /// Documents and what becomes of them.
    pub(crate) static DOCUMENTS: DocumentMetrics {
        /// Documents that were stored.
        created: Counter<(Tenant, Kind)> = Counter::new("trust_documents_created_total", Unit::None);
        /// Attempts to process a document, by outcome.
        processed: Counter<(Kind, Outcome)> = Counter::new("trust_documents_processed_total", Unit::None);
        /// Size of the text of documents when they are stored.
        body_size: Histogram<(Kind,)> = Histogram::new("trust_document_body_size_bytes", Unit::Bytes, buckets::SIZE);
    }
}

/// One attempt to process a document. It is counted when it is dropped, so that every outcome is counted.
#[derive(Debug)]
#[must_use = "dropping this ends the attempt"]
pub(super) struct Attempt {
    kind: Kind,
    outcome: Outcome,
}

impl Attempt {
    pub(super) fn start(kind: Kind) -> Self {
        // The default outcome, because axum drops the future of a request whose client has left.
        Self { kind, outcome: Outcome::Cancelled }
    }

    /// Sets the outcome from the result, and returns the result.
    pub(super) fn end<T, E>(mut self, result: Result<T, E>) -> Result<T, E> {
        self.outcome = if result.is_ok() { Outcome::Completed } else { Outcome::Failed };
        result
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        DOCUMENTS.processed.increment((self.kind, self.outcome));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str, outcome: &str) -> bool {
        text.contains(&format!("trust_documents_processed_total{{kind=\"scan\",outcome=\"{outcome}\"}} 1\n"))
    }

    fn emitted(code: impl FnOnce()) -> String {
        let recorder = mme_metrics::Recorder::builder().family(&DOCUMENTS).build().expect("the families fit together");
        mme_metrics::metrics::with_local_recorder(&recorder, code);
        recorder.render(mme_metrics::Format::Text)
    }

    #[test]
    fn an_attempt_that_nobody_ends_is_cancelled() {
        assert!(count(&emitted(|| drop(Attempt::start(Kind::Scan))), "cancelled"));
    }

    #[test]
    fn an_attempt_ends_as_its_result_says() {
        assert!(count(&emitted(|| _ = Attempt::start(Kind::Scan).end(Ok::<(), ()>(()))), "completed"));
        assert!(count(&emitted(|| _ = Attempt::start(Kind::Scan).end(Err::<(), ()>(()))), "failed"));
    }
}
