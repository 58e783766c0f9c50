//! Every outcome of each operation, by guard, closure, future and attribute.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mme_metrics::Format;
use mme_metrics::instrument_metrics;
use mme_metrics::operation::{ByOperation, ErrorType, Outcome, ResultLabel};
use mme_metrics::operation::{Guard, measure, measure_async};
use mme_metrics::security::{
    AuthResult, ClassifyRefusal, Decision, FailureReason, JwtReason, JwtValidation, MfaMethod, SECURITY, SessionGuard,
};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::future::{poll_once, yield_once};
use mme_metrics_tests::isolated_process::run_alone;

use super::{CODE, LOGINS, LOGINS_NAME, PASSWORD, SHARE, SHARE_NAME, attempts, decided};

/// How a login fails.
#[derive(Clone, Copy, Debug)]
enum LoginError {
    Wrong,
    Down,
}

impl ClassifyRefusal<FailureReason> for LoginError {
    fn refusal(&self) -> Option<FailureReason> {
        matches!(self, Self::Wrong).then_some(FailureReason::CREDENTIALS)
    }
}

impl ClassifyRefusal<()> for LoginError {
    fn refusal(&self) -> Option<()> {
        matches!(self, Self::Wrong).then_some(())
    }
}

impl ClassifyRefusal<JwtReason> for LoginError {
    fn refusal(&self) -> Option<JwtReason> {
        matches!(self, Self::Wrong).then_some(JwtReason::Expired)
    }
}

impl ErrorType for LoginError {
    const ERROR_TYPES: &'static [&'static str] = &["wrong", "down"];

    fn error_type(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Down => "down",
        }
    }
}

type Login = Result<(), LoginError>;

const ENDS: [(Login, AuthResult); 3] = [
    (Ok(()), AuthResult::Success),
    (Err(LoginError::Wrong), AuthResult::Failure),
    (Err(LoginError::Down), AuthResult::Error),
];

#[test]
fn a_guard_is_told_the_end() {
    attempts(&record(|| Guard::start(PASSWORD.attempt()).success()), AuthResult::Success, 1).only();
    let refused = || Guard::start(PASSWORD.attempt()).failure(FailureReason::CREDENTIALS);
    attempts(&record(refused), AuthResult::Failure, 1).only();
    attempts(&record(|| Guard::start(PASSWORD.attempt()).end(Outcome::OTHER)), AuthResult::Error, 1).only();
}

#[test]
fn a_result_can_be_handed_over_to_a_guard() {
    for (login, result) in ENDS {
        attempts(&record(|| Guard::start(PASSWORD.attempt()).end_as(&login)), result, 1).only();
    }
}

#[test]
fn an_attempt_that_nobody_ends_is_an_error() {
    attempts(&record(|| drop(Guard::start(PASSWORD.attempt()))), AuthResult::Error, 1).only();
    let panics = || {
        let _attempt = Guard::start(PASSWORD.attempt());
        panic!("no more patience");
    };
    attempts(&record(|| drop(catch_unwind(panics))), AuthResult::Error, 1).only();
}

#[test]
fn an_attempt_that_was_never_made_is_none() {
    record(|| drop(PASSWORD.attempt())).expect().only();
    let emission = Emission::new();
    drop(emission.record_async(measure_async(PASSWORD.attempt(), ByOperation, async { ENDS[0].0 })));
    emission.expect().only();
}

#[test]
fn closures_and_futures_end_as_their_results_say() {
    for (login, result) in ENDS {
        attempts(&record(|| _ = measure(PASSWORD.attempt(), ByOperation, || login)), result, 1).only();
        let emission = Emission::new();
        let mut future = Box::pin(emission.record_async(measure_async(PASSWORD.attempt(), ByOperation, async move {
            yield_once().await;
            login
        })));
        assert!(poll_once(future.as_mut()).is_pending() && poll_once(future.as_mut()).is_ready());
        attempts(&emission, result, 1).only();
    }
}

#[test]
fn a_future_that_is_dropped_is_an_error_and_one_that_panics_too() {
    let emission = Emission::new();
    let waits = async {
        yield_once().await;
        ENDS[0].0
    };
    let mut future = Box::pin(emission.record_async(measure_async(PASSWORD.attempt(), ByOperation, waits)));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    attempts(&emission, AuthResult::Error, 1).only();

    let emission = Emission::new();
    let panics = async { if true { panic!("no more patience") } else { ENDS[0].0 } };
    let mut future = Box::pin(emission.record_async(measure_async(PASSWORD.attempt(), ByOperation, panics)));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
    drop(future);
    attempts(&emission, AuthResult::Error, 1).only();
}

#[instrument_metrics(record = PASSWORD.attempt())]
fn logs_in(login: Login) -> Login {
    login?;
    Ok(())
}

#[instrument_metrics(record = PASSWORD.attempt())]
async fn logs_in_later(login: Login) -> Login {
    yield_once().await;
    login
}

#[test]
fn the_attribute_reads_the_same() {
    for (login, result) in ENDS {
        attempts(&record(|| _ = logs_in(login)), result, 1).only();
        let emission = Emission::new();
        let mut future = Box::pin(emission.record_async(logs_in_later(login)));
        assert!(poll_once(future.as_mut()).is_pending() && poll_once(future.as_mut()).is_ready());
        attempts(&emission, result, 1).only();
    }
}

#[test]
fn the_results_of_an_authenticator_exist_at_zero_from_its_first_attempt_on() {
    let emission = record(|| Guard::start(PASSWORD.attempt()).success());
    let text = emission.recorder().render(Format::Text);
    for line in [
        "auth_requests_total{auth_method=\"password\",result=\"failure\"} 0",
        "auth_requests_total{auth_method=\"password\",result=\"error\"} 0",
        "auth_failed_logins_total{reason=\"credentials\"} 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_second_factor_ends_like_a_first() {
    let ended = |emission: &Emission, result| {
        emission.expect().counter(&SECURITY.mfa_challenges, (MfaMethod::TOTP, result), 1).only();
    };
    for (answer, result) in ENDS {
        ended(&record(|| Guard::start(CODE.challenge()).end_as(&answer)), result);
    }
    ended(&record(|| Guard::start(CODE.challenge()).failure(())), AuthResult::Failure);
    ended(&record(|| drop(Guard::start(CODE.challenge()))), AuthResult::Error);
}

#[instrument_metrics(record = JwtValidation::new())]
fn checks(token: Login) -> Login {
    token
}

#[test]
fn a_token_is_accepted_refused_for_a_reason_or_could_not_be_checked() {
    let ended = |emission: &Emission, result, reason| {
        emission.expect().counter(&SECURITY.jwt_validations, (result, reason), 1).only();
    };
    for (token, result) in ENDS {
        let reason = if result == AuthResult::Failure { JwtReason::Expired } else { JwtReason::None };
        ended(&record(|| _ = checks(token)), result, reason);
    }
    for reason in [JwtReason::Malformed, JwtReason::Signature, JwtReason::NotYetValid, JwtReason::Claims] {
        let emission = record(|| Guard::start(JwtValidation::new()).failure(reason));
        ended(&emission, AuthResult::Failure, reason);
    }
    ended(&record(|| drop(Guard::start(JwtValidation::new()))), AuthResult::Error, JwtReason::None);
}

#[test]
fn every_way_to_refuse_a_token_exists_at_zero() {
    let text = record(|| Guard::start(JwtValidation::new()).success()).recorder().render(Format::Text);
    for reason in ["malformed", "algorithm", "signature", "expired", "issuer", "audience", "revoked", "claims"] {
        let line = format!("auth_jwt_validations_total{{reason=\"{reason}\",result=\"failure\"}} 0\n");
        assert!(text.contains(&line), "{line}: {text}");
    }
}

#[instrument_metrics(record = SHARE.evaluation())]
fn may(decision: Result<Decision, LoginError>) -> Result<Decision, LoginError> {
    decision
}

#[instrument_metrics(record = SHARE.evaluation())]
fn is_allowed(allowed: bool) -> bool {
    allowed
}

#[test]
fn a_decision_is_read_from_what_is_returned() {
    for decision in [Decision::Allow, Decision::Deny] {
        decided(&record(|| _ = may(Ok(decision))), decision).only();
        decided(&record(|| _ = is_allowed(decision == Decision::Allow)), decision).only();
        decided(&record(|| Guard::start(SHARE.evaluation()).decided(decision)), decision).only();
        decided(&record(|| Guard::start(SHARE.evaluation()).end_as(&decision)), decision).only();
    }
}

#[test]
fn an_evaluation_without_a_decision_has_none() {
    let ended = |emission: &Emission, outcome: Outcome| {
        let expected = emission.expect().counter(&SECURITY.evaluations, (SHARE_NAME, outcome.result_label()), 1);
        let expected = expected.histogram(&SECURITY.evaluation_duration, (SHARE_NAME,), 1);
        let failed = u64::from(outcome.result_label() == ResultLabel::Error);
        expected.counter(&SECURITY.policy_errors, (SHARE_NAME, outcome.error_word()), failed).only();
    };
    ended(&record(|| _ = may(Err(LoginError::Down))), Outcome::Error("down"));
    ended(&record(|| drop(Guard::start(SHARE.evaluation()))), Outcome::Cancelled);
    let panics = || -> bool { measure(SHARE.evaluation(), ByOperation, || panic!("no rules")) };
    ended(&record(|| drop(catch_unwind(panics))), Outcome::Panic);
}

#[test]
fn a_cache_of_decisions_counts_what_it_knew() {
    let emission = record(|| {
        SHARE.cache_miss();
        SHARE.cache_hit();
        SHARE.cache_hit();
        SHARE.decided(Decision::Deny);
    });
    use mme_metrics::security::PolicyCacheResult::{Hit, Miss};
    let expected = emission.expect().counter(&SECURITY.cache_hits, (SHARE_NAME,), 2);
    let expected = expected.counter(&SECURITY.cache_requests, (SHARE_NAME, Hit), 2);
    let expected = expected.counter(&SECURITY.cache_requests, (SHARE_NAME, Miss), 1);
    expected.counter(&SECURITY.decisions, (SHARE_NAME, Decision::Deny), 1).only();
}

#[test]
fn the_errors_of_a_policy_exist_at_zero_though_its_cache_was_asked_first() {
    run_alone(|| {
        let recorder = mme_metrics::Recorder::builder().install().expect("nobody else has one in this process");
        SHARE.cache_miss();
        assert!(may(Ok(Decision::Allow)).is_ok());
        let text = recorder.render(Format::Text);
        for error in ["wrong", "down", "panic"] {
            let line = format!("policy_errors_total{{error_type=\"{error}\",policy=\"share\"}} 0\n");
            assert!(text.contains(&line), "{line}: {text}");
        }
    });
}

#[test]
fn a_limit_counts_who_passes_and_who_does_not() {
    use mme_metrics::security::LimitResult::{Allowed, Limited};
    let emission = record(|| {
        LOGINS.allowed();
        LOGINS.limited();
        LOGINS.limited();
    });
    let expected = emission.expect().counter(&SECURITY.rate_limited, (LOGINS_NAME, Allowed), 1);
    expected.counter(&SECURITY.rate_limited, (LOGINS_NAME, Limited), 2).only();
}

#[test]
fn a_session_closes_where_it_was_opened() {
    let emission = Emission::new();
    let sessions = emission.record(|| [SessionGuard::open(), SessionGuard::open()]);
    emission.expect().gauge(&SECURITY.active_sessions, (), 2.0).only();
    // Where another recorder is current, and while something panics.
    drop(catch_unwind(AssertUnwindSafe(move || {
        let _sessions = sessions;
        panic!("the connection broke");
    })));
    emission.expect().gauge(&SECURITY.active_sessions, (), 0.0).only();
}

#[test]
fn threads_lose_nothing() {
    let emission = Emission::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                emission.record(|| {
                    for turn in 0..2_500 {
                        let (login, _) = ENDS[turn % 2];
                        Guard::start(PASSWORD.attempt()).end_as(&login);
                        Guard::start(SHARE.evaluation()).decided(Decision::Allow);
                    }
                });
            });
        }
    });
    let expected = attempts(&emission, AuthResult::Failure, 5_000);
    let method = mme_metrics::security::AuthMethod::PASSWORD;
    let expected = expected.counter(&SECURITY.auth_requests, (method, AuthResult::Success), 5_000);
    let expected = expected.histogram(&SECURITY.auth_duration, (method,), 10_000);
    let expected = expected.counter(&SECURITY.evaluations, (SHARE_NAME, ResultLabel::Ok), 10_000);
    let expected = expected.histogram(&SECURITY.evaluation_duration, (SHARE_NAME,), 10_000);
    expected.counter(&SECURITY.decisions, (SHARE_NAME, Decision::Allow), 10_000).only();
}
