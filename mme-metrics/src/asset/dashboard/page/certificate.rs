//! The certificate dashboard: the expiry of certificates, and the operations on them.

use super::state;
use crate::asset::dashboard::{Audience, Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};
use crate::certificate::CERTIFICATE;

/// Returns the dashboard of certificates.
pub fn certificates() -> Dashboard {
    Dashboard::new("mme-certificates", "Certificates", "When certificates expire, and how operations on them end.")
        .audience(Audience::Security)
        .row(state::state_of("security"))
        .row(expiry())
        .row(operations())
}

const NAME: [&str; 2] = ["job", "certificate"];
const LEGEND: &str = "{{job}} {{certificate}}";

const DAY: f64 = 86_400.0;

/// Returns the time until the first certificate under each name expires. It is negative after the expiry.
fn left() -> Promql {
    let first = Series::of(CERTIFICATE.not_after.spec()).value().min_by(&NAME);
    first.minus_now()
}

/// Colours the remaining time by the limits of the alerts.
fn judged(panel: Panel) -> Panel {
    panel
        .critical_below("MmeCertificateExpired", 0.0)
        .warning_below("MmeCertificateExpiringSoon", 7.0 * DAY)
        .warning_below("MmeCertificateExpiring", 30.0 * DAY)
}

fn expiry() -> Row {
    Row::new("Expiry")
        .panel(judged(
            Panel::new(
                "Time left",
                DisplayUnit::Seconds,
                "Time until the certificate expires, on the instance where that is first. A negative time has passed since.",
            )
            .view(View::Table)
            .query(left(), ""),
        ))
        .panel(judged(
            Panel::new(
                "Time left over time",
                DisplayUnit::Seconds,
                "A jump up is a new certificate. A line that ends is a certificate that cannot be read any more.",
            )
            .query(left(), LEGEND),
        ))
        .panel(
            Panel::new("Valid since", DisplayUnit::Since, "When the newest certificate under each name became valid.")
                .view(View::Stat)
                .query(Series::of(CERTIFICATE.not_before.spec()).value().times(1000).max_by(&NAME), LEGEND),
        )
        .panel(
            Panel::new(
                "Read errors",
                DisplayUnit::Short,
                "Reads of a file or chain that failed: missing, denied, malformed.",
            )
            .view(View::Counts)
            .sum(&Series::of(CERTIFICATE.read_errors.spec()).counts(), &["certificate", "error_type"])
            .warning("MmeCertificateUnreadable", 0.0),
        )
}

/// Returns the row of certificate operations: validation, signing, issuance, renewal and revocation.
fn operations() -> Row {
    let all = Series::of(CERTIFICATE.operations.spec());
    let failed = all.clone().matching("result=\"error\"");
    let by = ["operation"];
    Row::new("Operations")
        .panel(
            Panel::new("Operations", DisplayUnit::EventsPerSecond, "Operations on certificates, by result.")
                .sum(&all.rate(), &["operation", "result"]),
        )
        .panel(
            Panel::new(
                "Failed operations",
                DisplayUnit::Share,
                "Share that failed. A validation that finds a certificate invalid counts as failed.",
            )
            .judged(&Series::recorded("job_operation:certificate_operation_errors_per_operation:ratio_rate5m"), &by)
            .critical("MmeCertificateValidationErrors", 0.1),
        )
        .panel(
            Panel::new("Failures by cause", DisplayUnit::EventsPerSecond, "The `error_type` of failed operations.")
                .sum(&failed.rate(), &["operation", "error_type"]),
        )
        .panel(
            Panel::new("Duration", DisplayUnit::Seconds, "The 95th percentile of each operation.")
                .p95(&Series::buckets(CERTIFICATE.operation_duration.spec()), &by),
        )
        .panel(issuance())
}

/// Returns the panel with the number of certificates that were issued, renewed and revoked.
pub(super) fn issuance() -> Panel {
    let lifecycle = Series::of(CERTIFICATE.operations.spec()).matching("operation=~\"issuance|renewal|revocation\"");
    Panel::new("Certificates issued", DisplayUnit::Short, "Certificates that were issued, renewed and revoked.")
        .view(View::Counts)
        .sum(&lifecycle.counts(), &["operation", "result"])
}
