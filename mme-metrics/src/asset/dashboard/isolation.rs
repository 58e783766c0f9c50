//! The separation of tenants.

use super::Row;
use super::panel::{DisplayUnit, Panel, View};
use super::query::Series;
use crate::isolation::ISOLATION;

/// Returns the row of the isolation sentinel.
pub(super) fn isolation() -> Row {
    let by = ["job", "instance"];
    let legend = "{{job}} {{instance}}";
    let since = |series: Series| format!("1000 * {}", series.value().max_by(&by));
    Row::new("Separation of tenants")
        .panel(
            Panel::new("Isolation sentinel", DisplayUnit::UpDown, "Down is a breach; absent is not known.")
                .view(View::Stat)
                .query(Series::of(ISOLATION.sentinel.spec()).value().min_by(&by), legend),
        )
        .panel(
            Panel::new(
                "Last round",
                DisplayUnit::Since,
                "When the last round of checks ended, and the last that passed: a gap between them is rounds that found nothing out.",
            )
            .view(View::Stat)
            .query(since(Series::of(ISOLATION.last_check.spec())).as_str().into(), "ended {{instance}}")
            .query(since(Series::of(ISOLATION.last_pass.spec())).as_str().into(), "passed {{instance}}"),
        )
        .panel(
            Panel::new("Checks", DisplayUnit::Short, "What checks found; `unknown` is never taken for a pass.")
                .query(Series::of(ISOLATION.checks.spec()).increase().sum_by(&["result"]), "{{result}}"),
        )
        .panel(
            Panel::new("Duration of a check", DisplayUnit::Seconds, "Both of its reads together.")
                .quantiles(&Series::buckets(ISOLATION.check_duration.spec()), &[]),
        )
}
