//! Security: authentication, policy decisions, rate limits, audit, and detection of brute-force sources.
//!
//! Declare authenticators, policies and rate limits as `static` items, which keep their series. Record events with a
//! guard, a closure, an attribute or one call:
//!
//! ```
//! use mme_metrics::operation::{Guard, measure};
//! use mme_metrics::operation::ByOperation;
//! use mme_metrics::security::{
//!     AuditEvent, AuthMethod, Authenticator, BlockReason, Control, Decision, EventOutcome, EventType, FailureReason, Framework,
//!     Policy, PolicyName, RateLimit, ClassifyRefusal, SECURITY, TokenType,
//! };
//!
//! static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
//! static SHARE: Policy = Policy::new(PolicyName::new("share"));
//! static LOGINS: RateLimit = RateLimit::new(PolicyName::new("logins"));
//!
//! struct WrongPassword;
//!
//! impl ClassifyRefusal<FailureReason> for WrongPassword {
//!     fn refusal(&self) -> Option<FailureReason> {
//!         Some(FailureReason::CREDENTIALS)
//!     }
//! }
//!
//! # let emission = mme_metrics::testing::record(|| {
//! // A closure, whose result says how it ended:
//! let entered = measure(PASSWORD.attempt(), ByOperation, || Err::<(), _>(WrongPassword));
//!
//! // A guard; left by `return`, `?` or a panic, the attempt would count as an error:
//! let attempt = Guard::start(PASSWORD.attempt());
//! attempt.success();
//!
//! Guard::start(SHARE.evaluation()).decided(Decision::Allow);
//! LOGINS.allowed();
//!
//! // One call each, where there is nothing to keep:
//! SECURITY.jwt_issued.increment((TokenType::ACCESS,));
//! SECURITY.events.increment((EventType::SUSPICIOUS, EventOutcome::Failure));
//! SECURITY.blocks.increment((BlockReason::BRUTE_FORCE,));
//! SECURITY.violations.increment((Framework::new("gdpr"), Control::new("retention")));
//! AuditEvent::new(EventType::LOGIN, EventOutcome::Success).record();
//! # });
//! # let (method, reason) = (AuthMethod::PASSWORD, FailureReason::CREDENTIALS);
//! # let expected = emission.expect().counter(&SECURITY.failed_logins, (reason,), 1);
//! # use mme_metrics::security::AuthResult;
//! # expected.counter(&SECURITY.auth_requests, (method, AuthResult::Failure), 1).among_others();
//! ```
//!
//! As an attribute, use `#[instrument_metrics(record = PASSWORD.attempt())]` on a function that returns a `Result`
//! whose error is a [`ClassifyRefusal`]. Use `#[instrument_metrics(record = SHARE.evaluation())]` on a function that returns a
//! [`Decision`] or a `bool`.
//!
//! With the feature `security`, a `SourceTracker` detects sources and accounts with too many failures.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `auth_requests_total`, `auth_request_duration_seconds` | once per [`AuthAttempt`], at its end |
//! | `auth_failed_logins_total` | with each attempt that was refused |
//! | `auth_requests_by_country_total` | with each attempt whose country is known: [`AuthAttempt::country`], or the tracker's resolver |
//! | `auth_active_sessions` | up and down with each [`SessionGuard`], or as it is set |
//! | `auth_jwt_tokens_issued_total` | with each call |
//! | `auth_jwt_validations_total` | once per [`JwtValidation`], at its end |
//! | `auth_mfa_challenges_total` | once per [`MfaChallenge`], at its end |
//! | `auth_source_failures_max`, `auth_sources_over_limit`, `auth_distinct_failing_sources`, `auth_accounts_over_limit` | at each exposition, if there is a tracker |
//! | `auth_failures_by_source_bucket_total` | with each failure reported to the tracker |
//! | `policy_evaluations_total`, `policy_evaluation_duration_seconds` | once per [`PolicyEvaluation`], at its end |
//! | `policy_errors_total` | with each evaluation that failed |
//! | `authz_decisions_total` | with each evaluation that returned a decision, and with [`Policy::decided`] |
//! | `policy_cache_requests_total`, `policy_cache_hits_total` | both with [`Policy::cache_hit`]; only the first with [`Policy::cache_miss`] |
//! | `rate_limit_requests_total` | with each request counted by a [`RateLimit`] or a `RateLimitLayer` |
//! | `security_events_total`, `security_blocks_total`, `security_threat_matches_total`, `compliance_violations_total` | with each call; the tracker also reports events |
//! | `audit_events_total`, `audit_write_failures_total` | the first with each [`AuditEvent`]; the second with each that no subscriber received |
//!
//! Authentication, second factors and token checks have three results:
//!
//! | what happens | `result` |
//! |---|---|
//! | [`success`](crate::operation::Guard::success), or `Ok` | `success` |
//! | [`failure`](crate::operation::Guard::failure), or an error that is a [`ClassifyRefusal`] | `failure` |
//! | any other error, a panic, or a drop before the end | `error`: the caller was neither accepted nor refused |
//!
//! An evaluation ends as `ok` with a decision, as `error`, or as `cancelled` if it was dropped.
//!
//! # What it costs
//!
//! | what | series |
//! |---|---|
//! | an [`Authenticator`] | 3, one for each reason to refuse, and a histogram of 18 lines |
//! | a [`Policy`] | 8, one for each kind of error, and a histogram of 18 lines |
//! | an [`MfaFactor`], a [`RateLimit`] | 3, 2 |
//! | token checks | 12 |
//! | the tracker | 7 gauges and 64 buckets |
//!
//! Reasons, policies, event types and the like are words in the source code of the program. Each label takes 20 to 200
//! words. A text that is not a word becomes `_other`, so no address, name or secret can become a label value. Countries
//! are two letters or `_unknown`, at most 250.
//!
//! An event of a `static` takes no lock and no allocation. A call with a word looks up its series, which takes about
//! 0.2 µs. A handle of [`Counter::with`](crate::Counter::with) keeps the series and avoids the lookup.
//!
//! # Assets
//!
//! `assets/` contains the rules, alerts and runbooks for these metrics, and the dashboard `security`.

mod audit;
mod authenticator;
mod label;
mod limit;
mod metrics;
mod mfa;
mod policy;
mod proof;
mod session;
#[cfg(feature = "security")]
mod source;
mod token;

pub use self::audit::{AuditEvent, Pseudonym};
pub use self::authenticator::{AuthAttempt, Authenticator};
pub use self::label::{
    AuthMethod, AuthResult, BlockReason, Control, Decision, EventOutcome, EventType, FailureReason, Feed, Framework,
    JwtReason, LimitResult, MfaMethod, PolicyCacheResult, PolicyName, SourceBucket, ThreatCategory, TokenType, Window,
};
pub use self::limit::RateLimit;
#[cfg(feature = "http")]
pub use self::limit::{LimitExchange, LimitWatch, RateLimitLayer};
pub use self::metrics::{SECURITY, SecurityMetrics};
pub use self::mfa::{MfaChallenge, MfaFactor};
pub use self::policy::{Policy, PolicyEvaluation};
pub use self::proof::{ClassifyRefusal, Proof};
pub use self::session::SessionGuard;
#[cfg(feature = "security")]
pub use self::source::{
    CountryResolver, SecurityClient, SourceStanding, SourceTracker, SourceTrackerBuilder, SourceTrackerError,
};
pub use self::token::JwtValidation;
