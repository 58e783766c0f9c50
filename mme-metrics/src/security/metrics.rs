//! The declarations of all security metrics.

use super::label::{
    AuthMethod, AuthResult, BlockReason, Control, Decision, EventOutcome, EventType, FailureReason, Feed, Framework,
    JwtReason, LimitResult, MfaMethod, PolicyCacheResult, PolicyName, SourceBucket, ThreatCategory, TokenType, Window,
};
use crate::buckets;
use crate::label::CountryCode;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::{ErrorWord, ResultLabel};

family! {
    /// Logins, tokens, policies, rate limits and the audit trail.
    pub static SECURITY: SecurityMetrics {
        /// Attempts to authenticate that ended, by outcome.
        auth_requests: Counter<(AuthMethod, AuthResult)> = Counter::new("auth_requests_total", Unit::None);
        /// Time from the start of an attempt to authenticate to its end, whatever the end.
        auth_duration: Histogram<(AuthMethod,)> =
            Histogram::new("auth_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Sessions that are open.
        active_sessions: Gauge<()> = Gauge::new("auth_active_sessions", Unit::None);
        /// Attempts to authenticate that were refused, by reason.
        failed_logins: Counter<(FailureReason,)> = Counter::new("auth_failed_logins_total", Unit::None);
        /// JSON Web Tokens that were issued.
        jwt_issued: Counter<(TokenType,)> = Counter::new("auth_jwt_tokens_issued_total", Unit::None);
        /// JSON Web Tokens that were checked, by what came of it.
        jwt_validations: Counter<(AuthResult, JwtReason)> = Counter::new("auth_jwt_validations_total", Unit::None);
        /// Challenges for a second factor that ended, by outcome.
        mfa_challenges: Counter<(MfaMethod, AuthResult)> = Counter::new("auth_mfa_challenges_total", Unit::None);
        /// Attempts to authenticate, by the country they came from as the service's resolver has it.
        auth_by_country: Counter<(CountryCode, AuthResult)> =
            Counter::new("auth_requests_by_country_total", Unit::None);

        /// Failures of the source with the most of them within the window.
        source_failures_max: Gauge<(Window,)> = Gauge::new("auth_source_failures_max", Unit::None);
        /// Sources with more failures within the window than its limit.
        sources_over_limit: Gauge<(Window,)> = Gauge::new("auth_sources_over_limit", Unit::None);
        /// Sources with a failure within the window, up to as many as are tracked.
        distinct_sources: Gauge<(Window,)> = Gauge::new("auth_distinct_failing_sources", Unit::None);
        /// Accounts with failures from more sources within an hour than the limit.
        accounts_over_limit: Gauge<()> = Gauge::new("auth_accounts_over_limit", Unit::None);
        /// Failures by the bucket that a keyed hash puts their source into.
        source_buckets: Counter<(SourceBucket,)> =
            Counter::new("auth_failures_by_source_bucket_total", Unit::None);

        /// Authorization decisions, by whether access was allowed.
        decisions: Counter<(PolicyName, Decision)> = Counter::new("authz_decisions_total", Unit::None);
        /// Evaluations of a policy that ended, by outcome.
        evaluations: Counter<(PolicyName, ResultLabel)> = Counter::new("policy_evaluations_total", Unit::None);
        /// Evaluations of a policy that failed, by the kind of error.
        policy_errors: Counter<(PolicyName, ErrorWord)> = Counter::new("policy_errors_total", Unit::None);
        /// Time from the start of an evaluation to its end, whatever the end.
        evaluation_duration: Histogram<(PolicyName,)> =
            Histogram::new("policy_evaluation_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Decisions that were found in a cache.
        cache_hits: Counter<(PolicyName,)> = Counter::new("policy_cache_hits_total", Unit::None);
        /// Decisions that were looked for in a cache.
        cache_requests: Counter<(PolicyName, PolicyCacheResult)> = Counter::new("policy_cache_requests_total", Unit::None);

        /// Requests that a rate limit let through or turned away.
        rate_limited: Counter<(PolicyName, LimitResult)> = Counter::new("rate_limit_requests_total", Unit::None);
        /// Security events, incidents among them.
        events: Counter<(EventType, EventOutcome)> = Counter::new("security_events_total", Unit::None);
        /// Callers that were blocked, by reason.
        blocks: Counter<(BlockReason,)> = Counter::new("security_blocks_total", Unit::None);
        /// Indicators of a threat feed that were met.
        threats: Counter<(Feed, ThreatCategory)> = Counter::new("security_threat_matches_total", Unit::None);
        /// Events of the audit trail.
        audit_events: Counter<(EventType, EventOutcome)> = Counter::new("audit_events_total", Unit::None);
        /// Events of the audit trail that could not be written.
        audit_write_failures: Counter<()> = Counter::new("audit_write_failures_total", Unit::None);
        /// Breaches of a control that some framework asks for.
        violations: Counter<(Framework, Control)> = Counter::new("compliance_violations_total", Unit::None);
    }
}
