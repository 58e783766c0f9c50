//! Every outcome of certificate operations.

use std::future::{pending, ready};
use std::io;
use std::panic::catch_unwind;

use mme_metrics::certificate::{self, CERTIFICATE, CertificateOperation};
use mme_metrics::operation::{AlwaysOk, ByErrorType, ByResult, ErrorType, Outcome};
use mme_metrics::operation::{measure, measure_async};
use mme_metrics::testing::{Emission, record};
use mme_metrics::{Format, instrument_metrics};
use mme_metrics_tests::future::{poll_once, yield_once};

const SIGNING: CertificateOperation = CertificateOperation::Signing;

/// Asserts that one operation ended as `outcome`, and nothing else.
#[track_caller]
fn ended(emission: &Emission, operation: CertificateOperation, outcome: Outcome) {
    emission
        .expect()
        .counter(&CERTIFICATE.operations, (operation, outcome.result_label(), outcome.error_word()), 1)
        .histogram(&CERTIFICATE.operation_duration, (operation,), 1)
        .only();
}

enum Invalid {
    Expired,
}

impl ErrorType for Invalid {
    const ERROR_TYPES: &'static [&'static str] = &["expired", "revoked"];

    fn error_type(&self) -> &'static str {
        "expired"
    }
}

#[test]
fn a_guard_ends_as_it_is_told() {
    ended(&record(|| certificate::start_operation(SIGNING).end(Outcome::Ok)), SIGNING, Outcome::Ok);
    let failed = Err::<(), _>(io::Error::from(io::ErrorKind::TimedOut));
    ended(&record(|| certificate::start_operation(SIGNING).end_with(&failed)), SIGNING, Outcome::Error("timed_out"));
}

#[test]
fn a_guard_dropped_without_an_end_was_cancelled() {
    ended(&record(|| drop(certificate::start_operation(SIGNING))), SIGNING, Outcome::Cancelled);
}

#[test]
fn a_guard_in_an_unwinding_scope_saw_a_panic() {
    let emission = record(|| {
        let panics = || {
            let _guard = certificate::start_operation(SIGNING);
            panic!("on purpose");
        };
        assert!(catch_unwind(panics).is_err());
    });
    ended(&emission, SIGNING, Outcome::Panic);
}

#[test]
fn a_closure_ends_as_what_it_returns() {
    let invalid = || measure(CertificateOperation::Validation, ByErrorType, || Err::<(), _>(Invalid::Expired));
    ended(&record(|| drop(invalid())), CertificateOperation::Validation, Outcome::Error("expired"));
    let refused = || measure(CertificateOperation::Issuance, ByResult, || Err::<(), _>("refused"));
    ended(&record(|| assert!(refused().is_err())), CertificateOperation::Issuance, Outcome::OTHER);
    ended(&record(|| measure(SIGNING, AlwaysOk, || ())), SIGNING, Outcome::Ok);
}

#[test]
fn a_closure_that_panics_is_an_error() {
    let panics = || measure(CertificateOperation::Revocation, AlwaysOk, || panic!("on purpose"));
    let emission = record(|| assert!(catch_unwind(panics).is_err()));
    ended(&emission, CertificateOperation::Revocation, Outcome::Panic);
}

#[test]
fn a_future_ends_when_it_does_or_is_dropped() {
    let emission = Emission::new();
    let mut done = Box::pin(emission.record_async(measure_async(SIGNING, AlwaysOk, ready(()))));
    assert!(poll_once(done.as_mut()).is_ready());
    ended(&emission, SIGNING, Outcome::Ok);

    let emission = Emission::new();
    let mut waiting = Box::pin(emission.record_async(measure_async(SIGNING, AlwaysOk, pending::<()>())));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(waiting);
    ended(&emission, SIGNING, Outcome::Cancelled);
}

#[test]
fn a_future_that_was_never_polled_never_began() {
    let emission = Emission::new();
    drop(emission.record_async(measure_async(SIGNING, AlwaysOk, pending::<()>())));
    emission.expect().only();
}

#[instrument_metrics(record = CertificateOperation::Renewal)]
async fn renews(fail: bool) -> Result<(), Invalid> {
    yield_once().await;
    if fail { Err(Invalid::Expired) } else { Ok(()) }
}

#[test]
fn an_attribute_measures_the_same() {
    for (polls, fail, outcome) in
        [(2, false, Outcome::Ok), (2, true, Outcome::Error("expired")), (1, true, Outcome::Cancelled)]
    {
        let emission = Emission::new();
        let mut future = Box::pin(emission.record_async(renews(fail)));
        for _ in 0..polls {
            let _ = poll_once(future.as_mut());
        }
        drop(future);
        ended(&emission, CertificateOperation::Renewal, outcome);
    }
}

#[instrument_metrics(record = CertificateOperation::Issuance)]
fn issues() -> Result<(), Invalid> {
    Ok(())
}

#[test]
fn every_end_exists_at_zero_once_the_operation_was_begun() {
    let text = record(|| drop(issues())).recorder().render(Format::Text);
    for labels in [
        r#"operation="issuance",result="cancelled""#,
        r#"error_type="panic",operation="issuance",result="error""#,
        r#"error_type="expired",operation="issuance",result="error""#,
        r#"error_type="revoked",operation="issuance",result="error""#,
    ] {
        assert!(text.contains(&format!("certificate_operations_total{{{labels}}} 0\n")), "{labels}: {text}");
    }
}
