//! Operations on certificates, measured.

use metrics::Key;

use super::CERTIFICATE;
use super::label::CertificateOperation;
use crate::guard::Guard;
use crate::op::{Beforehand, EndKeys, Ends, Operation, Outcome};

/// The kept series of each operation, in the order of their ordinals.
static SERIES: [Ends; 5] = [const { Ends::new() }; 5];

/// Begins an operation, to be ended by [`Guard::end`] or [`Guard::end_with`].
///
/// Dropped before that it is cancelled; dropped while its scope unwinds it is an error of type `panic`.
///
/// ```
/// use mme_metrics::certificate::{self, CertificateOperation};
///
/// fn validate(certificate: &[u8]) -> Result<(), std::io::Error> {
///     let validation = certificate::operation(CertificateOperation::Validation);
///     let checked = if certificate.is_empty() { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(()) };
///     validation.end_with(&checked);
///     checked
/// }
/// # assert!(validate(&[]).is_err());
/// ```
pub fn operation(operation: CertificateOperation) -> Guard<CertificateOperation> {
    Guard::start(operation)
}

impl CertificateOperation {
    fn series(self) -> &'static Ends {
        &SERIES[self as usize]
    }
}

impl EndKeys for CertificateOperation {
    const BEFOREHAND: Beforehand = Beforehand::All;

    fn end(&self, outcome: Outcome) -> Key {
        CERTIFICATE.operations.key_with(&(*self, outcome.ended(), outcome.error_word()), &[])
    }

    fn duration(&self) -> Key {
        CERTIFICATE.operation_duration.key_with(&(*self,), &[])
    }
}

impl Operation for CertificateOperation {
    #[inline]
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.series().announce(self, error_types);
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        self.series().record(&self, outcome, seconds);
    }
}
