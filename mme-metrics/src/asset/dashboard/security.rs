//! Who enters, who is refused, who keeps trying, and what the trail says.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::{Dashboard, Row};
use crate::http::HTTP;
use crate::security::SECURITY;

/// Returns the dashboard of authentication, sources, authorization and security events.
pub fn security() -> Dashboard {
    Dashboard::new(
        "mme-security",
        "Security",
        "Who enters and who is refused, who keeps trying, what was decided, and what the audit trail says.",
    )
    .row(authentication())
    .row(proofs())
    .row(sources())
    .row(authorization())
    .row(events())
}

const WINDOW: [&str; 1] = ["window"];

/// Returns what has a `result` of `failed`, as a share of all.
fn share(all: &Series, failed: &str, by: &[&str]) -> Promql {
    let whole = all.rate().sum_by(by);
    all.clone().matching(failed).rate().sum_by(by).or_zero_of(&whole).share_of(&whole)
}

fn authentication() -> Row {
    let attempts = Series::of(SECURITY.auth_requests.spec());
    Row::new("Authentication")
        .panel(
            Panel::new(
                "Attempts to log in",
                DisplayUnit::RequestsPerSecond,
                "A failure is a refusal; an error is neither: something broke, or nobody waited.",
            )
            .query(attempts.rate().sum_by(&["auth_method", "result"]), "{{auth_method}} {{result}}"),
        )
        .panel(
            Panel::new("Refused", DisplayUnit::Share, "Share of attempts that were refused.")
                .query(share(&attempts, "result=\"failure\"", &["auth_method"]), "{{auth_method}}")
                .limits(0.2, 0.5),
        )
        .panel(
            Panel::new("Refusals by reason", DisplayUnit::RequestsPerSecond, "Why attempts were refused.")
                .query(Series::of(SECURITY.failed_logins.spec()).rate().sum_by(&["reason"]), "{{reason}}"),
        )
        .panel(
            Panel::new("Neither let in nor refused", DisplayUnit::Share, "Above 5 % whoever is right cannot get in.")
                .query(share(&attempts, "result=\"error\"", &["auth_method"]), "{{auth_method}}")
                .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Duration of attempts", DisplayUnit::Seconds, "Password hashing is slow on purpose.")
                .quantiles(&Series::buckets(SECURITY.auth_duration.spec()), &["auth_method"]),
        )
        .panel(
            Panel::new("Active sessions", DisplayUnit::Short, "Sessions that are open.")
                .view(View::Stat)
                .query(Series::of(SECURITY.active_sessions.spec()).value().sum_by(&["job"]), "{{job}}"),
        )
}

fn proofs() -> Row {
    let checks = Series::of(SECURITY.jwt_validations.spec());
    Row::new("Tokens and second factors")
        .panel(
            Panel::new("Tokens issued", DisplayUnit::EventsPerSecond, "JSON Web Tokens by what they are for.")
                .query(Series::of(SECURITY.jwt_issued.spec()).rate().sum_by(&["token_type"]), "{{token_type}}"),
        )
        .panel(
            Panel::new("Token checks", DisplayUnit::EventsPerSecond, "A rise of `signature` is forgery or a lost key.")
                .query(checks.rate().sum_by(&["result", "reason"]), "{{result}} {{reason}}"),
        )
        .panel(
            Panel::new("Refused tokens", DisplayUnit::Share, "Share of checks that a token did not pass.")
                .query(share(&checks, "result=\"failure\"", &["job"]), "{{job}}")
                .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Second factors", DisplayUnit::RequestsPerSecond, "Challenges by method and by how they ended.")
                .query(
                    Series::of(SECURITY.mfa_challenges.spec()).rate().sum_by(&["mfa_method", "result"]),
                    "{{mfa_method}} {{result}}",
                ),
        )
        .panel(countries())
}

/// Returns where attempts to log in come from.
pub(super) fn countries() -> Panel {
    Panel::new(
        "Attempts by country",
        DisplayUnit::Short,
        "Where attempts to log in came from in the time that is shown, as the service's resolver knows it.",
    )
    .view(View::Map)
    .query(Series::of(SECURITY.auth_by_country.spec()).growth().sum_by(&["geo_country_iso_code"]), "")
}

fn sources() -> Row {
    let suspicious = Series::of(SECURITY.events.spec()).matching("event_type=\"suspicious\"");
    let over = Series::of(SECURITY.sources_over_limit.spec()).value();
    Row::new("Who keeps trying")
        .panel(
            Panel::new(
                "Failures of the worst source",
                DisplayUnit::Short,
                "On the instance where it has most; who it is stands in the audit trail and at the admin endpoint.",
            )
            .query(Series::of(SECURITY.source_failures_max.spec()).value().max_by(&WINDOW), "{{window}}"),
        )
        .panel(
            Panel::new("Suspicious activity", DisplayUnit::Short, "Sources over a limit, and suspicious events.")
                .query(over.max_by(&WINDOW), "sources over the limit of {{window}}")
                .query(suspicious.increase().sum_by(&["event_type", "outcome"]), "{{event_type}} {{outcome}}"),
        )
        .panel(
            Panel::new(
                "Accounts under attack",
                DisplayUnit::Short,
                "Accounts with failures from more sources within an hour than the limit.",
            )
            .query(Series::of(SECURITY.accounts_over_limit.spec()).value().max_by(&["job"]), "{{job}}"),
        )
        .panel(
            Panel::new("Failing sources", DisplayUnit::Short, "Distinct sources with a failure, up to 131 072.")
                .query(Series::of(SECURITY.distinct_sources.spec()).value().max_by(&WINDOW), "{{window}}"),
        )
        .panel(
            Panel::new(
                "Failures by bucket of sources",
                DisplayUnit::Short,
                "One dark band is one source, or a few; dark all over are many.",
            )
            .view(View::Heatmap)
            .query(
                Series::of(SECURITY.source_buckets.spec()).increase().sum_by(&["source_bucket"]),
                "{{source_bucket}}",
            ),
        )
}

fn authorization() -> Row {
    let evaluations = Series::of(SECURITY.evaluations.spec());
    let by = ["policy"];
    let lookups = Series::of(SECURITY.cache_requests.spec()).rate().sum_by(&by);
    let limited = Series::of(SECURITY.rate_limited.spec()).matching("result=\"limited\"");
    Row::new("Authorization")
        .panel(Panel::new("Decisions", DisplayUnit::EventsPerSecond, "What policies allowed and denied.").query(
            Series::of(SECURITY.decisions.spec()).rate().sum_by(&["policy", "decision"]),
            "{{policy}} {{decision}}",
        ))
        .panel(
            Panel::new("Evaluations", DisplayUnit::EventsPerSecond, "Evaluations by how they ended.")
                .query(evaluations.rate().sum_by(&["policy", "result"]), "{{policy}} {{result}}"),
        )
        .panel(Panel::new("Failed evaluations", DisplayUnit::EventsPerSecond, "Why evaluations failed.").query(
            Series::of(SECURITY.policy_errors.spec()).rate().sum_by(&["policy", "error_type"]),
            "{{policy}} {{error_type}}",
        ))
        .panel(
            Panel::new("Duration of evaluations", DisplayUnit::Seconds, "The 95th percentile of each policy.")
                .query(Series::buckets(SECURITY.evaluation_duration.spec()).quantile(0.95, &by), "{{policy}}"),
        )
        .panel(
            Panel::new("Decisions from the cache", DisplayUnit::Share, "Share of decisions that were known already.")
                .query(Series::of(SECURITY.cache_hits.spec()).rate().sum_by(&by).share_of(&lookups), "{{policy}}"),
        )
        .panel(
            Panel::new("Limited and blocked", DisplayUnit::RequestsPerSecond, "Who was turned away, and by what.")
                .query(limited.rate().sum_by(&by), "limit {{policy}}")
                .query(Series::of(SECURITY.blocks.spec()).rate().sum_by(&["reason"]), "blocked: {{reason}}"),
        )
}

fn events() -> Row {
    let events = Series::of(SECURITY.events.spec());
    let (kind, legend) = (["event_type", "outcome"], "{{event_type}} {{outcome}}");
    let requests = Series::of(HTTP.server_duration.spec()).rate().sum_by(&["job"]);
    let audited = Series::of(SECURITY.audit_events.spec()).matching("event_type=\"request\"").rate().sum_by(&["job"]);
    Row::new("Events and compliance")
        .panel(
            Panel::new("Security events over time", DisplayUnit::Short, "Events from one point to the next.")
                .query(events.increase().sum_by(&kind), legend),
        )
        .panel(
            Panel::new("Security events", DisplayUnit::Short, "Events in the time that is shown.")
                .view(View::Table)
                .query(events.growth().sum_by(&kind), ""),
        )
        .panel(Panel::new("Threats", DisplayUnit::Short, "Indicators of threat feeds that were met.").query(
            Series::of(SECURITY.threats.spec()).increase().sum_by(&["feed", "category"]),
            "{{feed}} {{category}}",
        ))
        .panel(
            Panel::new("Audit events", DisplayUnit::Short, "Events of the audit trail, and those that were lost.")
                .query(Series::of(SECURITY.audit_events.spec()).increase().sum_by(&["event_type"]), "{{event_type}}")
                .query(Series::of(SECURITY.audit_write_failures.spec()).increase().sum_by(&["job"]), "lost {{job}}"),
        )
        .panel(
            Panel::new(
                "Requests in the audit trail",
                DisplayUnit::Share,
                "Audit events of type `request` for each HTTP request: 1 where the trail has them all.",
            )
            .view(View::Gauge)
            .query(audited.share_of(&requests), "{{job}}"),
        )
        .panel(
            Panel::new("Compliance", DisplayUnit::Short, "Breaches of controls in the time that is shown.")
                .view(View::Table)
                .query(Series::of(SECURITY.violations.spec()).growth().sum_by(&["framework", "control"]), ""),
        )
}
