//! Measured operations on certificates.

use metrics::Key;

use super::label::CertificateOperation;
use super::metrics::CERTIFICATE;
use crate::operation::Guard;
use crate::operation::{Operation, Outcome, OutcomeKeys, OutcomeSeries, Preregister};

/// The kept series of each operation, in the order of their ordinals.
static SERIES: [OutcomeSeries; 5] = [const { OutcomeSeries::new() }; 5];

/// Starts an operation on a certificate. End it with [`Guard::end`] or [`Guard::end_with`].
///
/// A guard that is dropped before that records a cancelled operation. If it is dropped because its scope unwinds, it
/// records an error of type `panic`.
///
/// ```
/// use mme_metrics::certificate::{self, CertificateOperation};
///
/// fn validate(certificate: &[u8]) -> Result<(), std::io::Error> {
///     let validation = certificate::start_operation(CertificateOperation::Validation);
///     let checked = if certificate.is_empty() { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(()) };
///     validation.end_with(&checked);
///     checked
/// }
/// # assert!(validate(&[]).is_err());
/// ```
pub fn start_operation(operation: CertificateOperation) -> Guard<CertificateOperation> {
    Guard::start(operation)
}

impl CertificateOperation {
    fn series(self) -> &'static OutcomeSeries {
        &SERIES[self as usize]
    }
}

impl OutcomeKeys for CertificateOperation {
    const PREREGISTER: Preregister = Preregister::All;

    fn end(&self, outcome: Outcome) -> Key {
        CERTIFICATE.operations.key_with(&(*self, outcome.result_label(), outcome.error_word()), &[])
    }

    fn duration(&self) -> Key {
        CERTIFICATE.operation_duration.key_with(&(*self,), &[])
    }
}

impl Operation for CertificateOperation {
    #[inline]
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.series().touch(self, error_types);
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        self.series().record(&self, outcome, seconds);
    }
}
