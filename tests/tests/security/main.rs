//! The security family: every outcome counts once, brute-force sources are found, and secrets stay secret.

mod audit;
mod canary;
mod endpoint;
mod ends;
mod laws;
mod limit;
mod memory;
mod sources;
mod spoofing;

use mme_metrics::security::{
    AuthMethod, AuthResult, Authenticator, Decision, FailureReason, MfaFactor, MfaMethod, Policy, PolicyName,
    RateLimit, SECURITY,
};
use mme_metrics::testing::{Emission, Expectation};

static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
static CODE: MfaFactor = MfaFactor::new(MfaMethod::TOTP);
const SHARE_NAME: PolicyName = PolicyName::new("share");
static SHARE: Policy = Policy::new(SHARE_NAME);
const LOGINS_NAME: PolicyName = PolicyName::new("logins");
static LOGINS: RateLimit = RateLimit::new(LOGINS_NAME);

/// Expects `count` attempts by password that ended so.
fn attempts(emission: &Emission, result: AuthResult, count: u64) -> Expectation<'_> {
    let expected = emission.expect().counter(&SECURITY.auth_requests, (AuthMethod::PASSWORD, result), count);
    let expected = expected.histogram(&SECURITY.auth_duration, (AuthMethod::PASSWORD,), count);
    let refused = if result == AuthResult::Failure { count } else { 0 };
    expected.counter(&SECURITY.failed_logins, (FailureReason::CREDENTIALS,), refused)
}

/// Expects one evaluation with this decision.
fn decided(emission: &Emission, decision: Decision) -> Expectation<'_> {
    let expected =
        emission.expect().counter(&SECURITY.evaluations, (SHARE_NAME, mme_metrics::operation::ResultLabel::Ok), 1);
    let expected = expected.histogram(&SECURITY.evaluation_duration, (SHARE_NAME,), 1);
    expected.counter(&SECURITY.decisions, (SHARE_NAME, decision), 1)
}
