//! The security dashboard: authentication, sources of attacks, authorization, and the audit trail.

use super::ratio::{share, share_of};
use super::state;
use crate::asset::dashboard::link;
use crate::asset::dashboard::{Audience, Dashboard, DisplayUnit, Panel, Row, Series, View};
use crate::http::HTTP;
use crate::security::SECURITY;

/// Returns the dashboard of authentication, sources, authorization and security events.
pub fn security() -> Dashboard {
    Dashboard::new(
        "mme-security",
        "Security",
        "Logins and refusals, sources of attacks, policy decisions, security events and the audit trail.",
    )
    .audience(Audience::Security)
    .row(state::state_of("security"))
    .row(authentication())
    .row(proofs())
    .row(sources())
    .row(authorization())
    .row(events())
    .row(compliance())
    .row(log())
}

/// Selects the log lines of the audit trail.
///
/// Loki refuses a query whose matchers all match an empty value, as that for all jobs does.
const AUDIT_LOG: &str = "{job=~\".+\",job=~\"$job\"} |= \"mme::audit\"";

/// Returns the row of the audit trail in the log, for a Grafana that has Loki.
fn log() -> Row {
    let fields = format!("{AUDIT_LOG} | json");
    Row::new("Audit trail in the log (needs Loki)").collapsed().panel(Panel::logs(
        "Audit trail in the log",
        "Log events of the target `mme::audit`, newest first. A click shows the fields of a line. It needs Loki, log lines in JSON, and their label `job`; the other panels work without.",
        &fields,
    ))
}

const WINDOW: [&str; 1] = ["window"];
const METHOD: [&str; 1] = ["auth_method"];

fn authentication() -> Row {
    let attempts = Series::of(SECURITY.auth_requests.spec());
    Row::new("Authentication")
        .panel(
            Panel::new(
                "Login attempts",
                DisplayUnit::RequestsPerSecond,
                "A failure is a refusal. An error is neither a success nor a refusal: something broke, or the client left.",
            )
            .sum(&attempts.rate(), &["auth_method", "result"]),
        )
        .panel(
            Panel::new("Refused logins", DisplayUnit::Share, "Share of attempts that were refused.")
                .query(share(&attempts, "result=\"failure\"", &METHOD), "{{auth_method}}"),
        )
        .panel(
            Panel::new("Refusals by reason", DisplayUnit::RequestsPerSecond, "The reason of each refused attempt.")
                .sum(&Series::of(SECURITY.failed_logins.spec()).rate(), &["reason"]),
        )
        .panel(
            Panel::new(
                "Login errors",
                DisplayUnit::Share,
                "Share of attempts without an answer. Legitimate users cannot log in either.",
            )
            .query(share(&attempts, "result=\"error\"", &METHOD), "{{auth_method}}")
            .warning("MmeAuthErrorsHigh", 0.05),
        )
        .panel(
            Panel::new("Duration of logins", DisplayUnit::Seconds, "Password hashing is slow on purpose.")
                .quantiles(&Series::buckets(SECURITY.auth_duration.spec()), &METHOD)
                .warning("MmeAuthLatencyHigh", 2.0),
        )
        .panel(sessions())
}

pub(super) fn sessions() -> Panel {
    Panel::new("Active sessions", DisplayUnit::Short, "Sessions that are open.")
        .view(View::Stat)
        .sum(&Series::of(SECURITY.active_sessions.spec()).value(), &[])
}

fn proofs() -> Row {
    let checks = Series::of(SECURITY.jwt_validations.spec());
    Row::new("Tokens and second factors")
        .panel(
            Panel::new("Tokens issued", DisplayUnit::EventsPerSecond, "JSON Web Tokens by type.")
                .sum(&Series::of(SECURITY.jwt_issued.spec()).rate(), &["token_type"]),
        )
        .panel(
            Panel::new(
                "Token validations",
                DisplayUnit::EventsPerSecond,
                "A rise of the reason `signature` is a forgery or a lost key.",
            )
            .sum(&checks.rate(), &["result", "reason"]),
        )
        .panel(
            Panel::new("Refused tokens", DisplayUnit::Share, "Share of validations that failed.")
                .judged(&Series::recorded("job:auth_jwt_validation_failures_per_validation:ratio_rate5m"), &["job"])
                .critical("MmeJwtValidationFailures", 0.05),
        )
        .panel(
            Panel::new("Second factors", DisplayUnit::RequestsPerSecond, "Challenges by method and result.")
                .sum(&Series::of(SECURITY.mfa_challenges.spec()).rate(), &["mfa_method", "result"]),
        )
        .panel(countries())
}

/// Returns the panel with the countries of login attempts.
pub(super) fn countries() -> Panel {
    Panel::new(
        "Logins by country",
        DisplayUnit::Short,
        "Where login attempts came from in the time shown, as the service's resolver knows it.",
    )
    .view(View::Map)
    .sum(&Series::of(SECURITY.auth_by_country.spec()).growth(), &["geo_country_iso_code"])
}

fn sources() -> Row {
    let over = Series::of(SECURITY.sources_over_limit.spec()).value();
    let worst = Series::of(SECURITY.source_failures_max.spec()).value();
    Row::new("Sources of failed logins")
        .panel(
            Panel::new(
                "Failures of the worst source",
                DisplayUnit::Short,
                "Split by instance, a line links to the admin endpoint, which names the source.",
            )
            .max(&worst, &WINDOW)
            .value_link(link::plain(
                "Sources (admin endpoint)",
                "http://${__field.labels.instance}/metrics/security/sources",
            )),
        )
        .panel(
            Panel::new("Sources over the limit", DisplayUnit::Short, "Sources with more failures than the limit.")
                .max(&over, &WINDOW)
                .warning("MmeAuthSourceFailures", 0.0),
        )
        .panel(
            Panel::new(
                "Accounts under attack",
                DisplayUnit::Short,
                "Accounts with failures from more sources within an hour than the limit.",
            )
            .max(&Series::of(SECURITY.accounts_over_limit.spec()).value(), &[])
            .warning("MmeAuthAccountAttacked", 0.0),
        )
        .panel(
            Panel::new("Failing sources", DisplayUnit::Short, "Distinct sources with a failure, up to 131 072.")
                .max(&Series::of(SECURITY.distinct_sources.spec()).value(), &WINDOW),
        )
        .panel(
            Panel::new(
                "Failures by bucket of sources",
                DisplayUnit::Short,
                "One dark band is one source, or a few. Dark bands everywhere are an attack from many sources.",
            )
            .view(View::Heatmap)
            .sum(&Series::of(SECURITY.source_buckets.spec()).counts(), &["source_bucket"]),
        )
}

fn authorization() -> Row {
    let evaluations = Series::of(SECURITY.evaluations.spec());
    let by = ["policy"];
    let (hits, lookups) = (Series::of(SECURITY.cache_hits.spec()), Series::of(SECURITY.cache_requests.spec()));
    Row::new("Authorization")
        .panel(
            Panel::new("Decisions", DisplayUnit::EventsPerSecond, "Decisions of each policy: allow or deny.")
                .sum(&Series::of(SECURITY.decisions.spec()).rate(), &["policy", "decision"]),
        )
        .panel(
            Panel::new("Evaluations", DisplayUnit::EventsPerSecond, "Evaluations of each policy, by result.")
                .sum(&evaluations.rate(), &["policy", "result"]),
        )
        .panel(
            Panel::new("Failed evaluations", DisplayUnit::Share, "Share of evaluations that failed.")
                .judged(&Series::recorded("job_policy:policy_errors_per_evaluation:ratio_rate5m"), &by)
                .warning("MmePolicyErrorsHigh", 0.05),
        )
        .panel(
            Panel::new("Evaluation errors", DisplayUnit::EventsPerSecond, "The `error_type` of failed evaluations.")
                .sum(&Series::of(SECURITY.policy_errors.spec()).rate(), &["policy", "error_type"]),
        )
        .panel(
            Panel::new("Duration of evaluations", DisplayUnit::Seconds, "The 95th percentile of each policy.")
                .p95(&Series::buckets(SECURITY.evaluation_duration.spec()), &by),
        )
        .panel(
            Panel::new("Decisions from the cache", DisplayUnit::Share, "Share of decisions that the cache answered.")
                .query(share_of(&hits, &lookups, &by), "{{policy}}"),
        )
        .panel(
            Panel::new("Rate limiting", DisplayUnit::Share, "Share of requests that a rate limit turned away.")
                .judged(&Series::recorded("job_policy:rate_limited_per_request:ratio_rate5m"), &by)
                .warning("MmeRateLimitingExcessive", 0.1),
        )
        .panel(
            Panel::new(
                "Blocked requests",
                DisplayUnit::RequestsPerSecond,
                "Requests that a block turned away, by reason.",
            )
            .sum(&Series::of(SECURITY.blocks.spec()).rate(), &["reason"]),
        )
}

fn events() -> Row {
    let events = Series::of(SECURITY.events.spec());
    let kind = ["event_type", "outcome"];
    Row::new("Security events")
        .panel(
            Panel::new("Security events over time", DisplayUnit::Short, "Security events, each counted once.")
                .view(View::Counts)
                .sum(&events.counts(), &kind),
        )
        .panel(
            Panel::new("Security events", DisplayUnit::Short, "Security events in the time shown.")
                .view(View::Table)
                .query(events.growth().sum_by(&kind), "")
                .value_link(link::logs("Log lines", AUDIT_LOG)),
        )
        .panel(
            Panel::new("Suspicious activity", DisplayUnit::Short, "Security events of the type `suspicious`.")
                .view(View::Counts)
                .sum(&events.matching("event_type=\"suspicious\"").counts(), &["outcome"])
                .warning("MmeSuspiciousActivity", 0.0),
        )
        .panel(
            Panel::new("Threats", DisplayUnit::Short, "Matches with indicators of threat feeds.")
                .view(View::Counts)
                .sum(&Series::of(SECURITY.threats.spec()).counts(), &["feed", "category"])
                .warning("MmeThreatMatched", 0.0),
        )
}

fn compliance() -> Row {
    let requests = Series::of(HTTP.server_duration.spec()).events().sum_by(&["job"]);
    let audited = Series::of(SECURITY.audit_events.spec()).matching("event_type=\"request\"").events().sum_by(&["job"]);
    Row::new("Audit and compliance")
        .panel(
            Panel::new("Audit events", DisplayUnit::Short, "Events that were written to the audit trail.")
                .view(View::Counts)
                .sum(&Series::of(SECURITY.audit_events.spec()).counts(), &["event_type"]),
        )
        .panel(
            Panel::new("Audit events lost", DisplayUnit::Short, "Events that could not be written to the audit trail.")
                .view(View::Counts)
                .sum(&Series::of(SECURITY.audit_write_failures.spec()).counts(), &[])
                .critical("MmeAuditWriteFailures", 0.0),
        )
        .panel(
            Panel::new(
                "Requests in the audit trail",
                DisplayUnit::Share,
                "Audit events of the type `request` per HTTP request: 100 % where the trail is complete.",
            )
            .view(View::Gauge)
            .query(audited.share_of(&requests), "{{job}}"),
        )
        .panel(
            Panel::new("Compliance violations", DisplayUnit::Short, "Violations of controls in the time shown.")
                .view(View::Table)
                .query(Series::of(SECURITY.violations.spec()).growth().sum_by(&["framework", "control"]), "")
                .critical("MmeComplianceViolation", 0.0),
        )
}
