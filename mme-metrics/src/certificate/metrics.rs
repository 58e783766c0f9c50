//! The declaration of every metric of certificates.

use super::label::{CertificateName, CertificateOperation, CertificateReadError};
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::{ErrorWord, ResultLabel};

family! {
    /// Certificates: what is done with them, and how long they hold.
    pub static CERTIFICATE: CertificateMetrics {
        /// Operations on certificates that ended, by outcome.
        operations: Counter<(CertificateOperation, ResultLabel, ErrorWord)> =
            Counter::new("certificate_operations_total", Unit::None);
        /// Time from the start of an operation to its end, whatever the end.
        operation_duration: Histogram<(CertificateOperation,)> =
            Histogram::new("certificate_operation_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// End of the period of validity, in seconds since the Unix epoch: the earliest of all certificates under the name.
        not_after: Gauge<(CertificateName,)> =
            Gauge::new("certificate_not_after_timestamp_seconds", Unit::Seconds);
        /// Beginning of the period of validity, in seconds since the Unix epoch: the latest of all certificates under the name.
        not_before: Gauge<(CertificateName,)> =
            Gauge::new("certificate_not_before_timestamp_seconds", Unit::Seconds);
        /// Times that a certificate could not be read when it was looked at.
        read_errors: Counter<(CertificateName, CertificateReadError)> =
            Counter::new("certificate_read_errors_total", Unit::None);
    }
}
