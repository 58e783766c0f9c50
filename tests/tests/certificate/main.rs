//! The certificate family: operations, expiry, rotation and hostile input.

mod ends;
mod expiry;
mod hostile;
mod rotation;

use std::path::Path;

use mme_metrics::certificate::{CERTIFICATE, CertificateName, CertificateReadError, CertificateWatch};
use mme_metrics::testing::{Emission, Expectation};

/// Looks at everything once, under a recorder that is new.
fn look(watch: &CertificateWatch) -> Emission {
    mme_metrics::testing::record(|| watch.look())
}

/// Watches one file, under a name that is the test's own.
fn file(name: &str, path: &Path) -> CertificateWatch {
    CertificateWatch::new().file(name, path).expect("the name is this test's own")
}

/// Expects a period, and no other, under a name.
fn holds<'a>(expected: Expectation<'a>, name: &str, not_before: i64, not_after: i64) -> Expectation<'a> {
    let name = CertificateName::find(name);
    let expected = expected.gauge(&CERTIFICATE.not_before, (name,), not_before as f64);
    expected.gauge(&CERTIFICATE.not_after, (name,), not_after as f64)
}

/// Expects so many errors of a kind under a name.
fn fails<'a>(expected: Expectation<'a>, name: &str, error: CertificateReadError, times: u64) -> Expectation<'a> {
    expected.counter(&CERTIFICATE.read_errors, (CertificateName::find(name), error), times)
}
