//! Certificates: how long they hold, and what is done with them.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::{Dashboard, Row};
use crate::certificate::CERTIFICATE;
use crate::metric::Spec;

/// Returns the dashboard of certificates.
pub fn certificates() -> Dashboard {
    Dashboard::new("mme-certificates", "Certificates", "When certificates expire, and how operations on them end.")
        .row(expiry())
        .row(operations())
}

const NAME: [&str; 2] = ["job", "certificate"];
const LEGEND: &str = "{{job}} {{certificate}}";

/// Seconds in a week and in thirty days, below which the alerts fire.
const DAYS: [u32; 2] = [7 * 86_400, 30 * 86_400];

/// Returns when a gauge of moments will have been, or was, as Grafana reads moments.
fn moment(spec: &Spec) -> Promql {
    Series::of(spec).value().max_by(&NAME).times(1000)
}

/// Returns when certificates expire, and what could not be read of them.
pub(super) fn expiry() -> Row {
    let left = |operator: &str| -> Promql {
        let not_after = Series::of(CERTIFICATE.not_after.spec()).value();
        format!("{operator} by (job, certificate) ({not_after}) - time()").as_str().into()
    };
    let [week, month] = DAYS.map(f64::from);
    Row::new("Expiry")
        .panel(
            Panel::new(
                "Time left",
                DisplayUnit::Seconds,
                "Until the first certificate under each name expires, on the instance where that is first.",
            )
            .view(View::Table)
            .query(left("min"), "")
            .below(month, week),
        )
        .panel(
            Panel::new(
                "Time left over time",
                DisplayUnit::Seconds,
                "A jump up is a new certificate; a line that ends is one that cannot be read any more.",
            )
            .query(left("min"), LEGEND)
            .below(month, week),
        )
        .panel(
            Panel::new("Valid since", DisplayUnit::Since, "When the newest certificate under each name began to hold.")
                .view(View::Stat)
                .query(moment(CERTIFICATE.not_before.spec()), LEGEND),
        )
        .panel(
            Panel::new(
                "Read errors",
                DisplayUnit::Short,
                "Looks at a file or chain of which something could not be read: missing, denied, malformed.",
            )
            .query(
                Series::of(CERTIFICATE.read_errors.spec()).increase().sum_by(&["certificate", "error_type"]),
                "{{certificate}} {{error_type}}",
            ),
        )
}

/// Returns validation, signing, issuance, renewal and revocation.
pub(super) fn operations() -> Row {
    let all = Series::of(CERTIFICATE.operations.spec());
    let rate = all.rate().sum_by(&["operation"]);
    let failed = all.clone().matching("result=\"error\"");
    Row::new("Operations")
        .panel(
            Panel::new("Operations", DisplayUnit::EventsPerSecond, "Operations on certificates, by how they ended.")
                .query(all.rate().sum_by(&["operation", "result"]), "{{operation}} {{result}}"),
        )
        .panel(
            Panel::new(
                "Failed operations",
                DisplayUnit::Share,
                "Share that failed; a validation that finds a certificate invalid is one.",
            )
            .query(failed.rate().sum_by(&["operation"]).or_zero_of(&rate).share_of(&rate), "{{operation}}")
            .limits(0.05, 0.1),
        )
        .panel(
            Panel::new("Failures by cause", DisplayUnit::EventsPerSecond, "Why operations failed.")
                .query(failed.rate().sum_by(&["operation", "error_type"]), "{{operation}} {{error_type}}"),
        )
        .panel(Panel::new("Duration", DisplayUnit::Seconds, "The 95th percentile of each operation.").query(
            Series::buckets(CERTIFICATE.operation_duration.spec()).quantile(0.95, &["operation"]),
            "{{operation}}",
        ))
        .panel(issuance())
}

/// Returns how many certificates were made, renewed and revoked.
pub(super) fn issuance() -> Panel {
    let lifecycle = Series::of(CERTIFICATE.operations.spec()).matching("operation=~\"issuance|renewal|revocation\"");
    Panel::new("Certificates issued", DisplayUnit::Short, "Issued, renewed and revoked from one point to the next.")
        .query(lifecycle.increase().sum_by(&["operation", "result"]), "{{operation}} {{result}}")
}
