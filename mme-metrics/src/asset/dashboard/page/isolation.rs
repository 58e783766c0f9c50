//! The panels of tenant isolation.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series, View};
use crate::isolation::ISOLATION;

/// Returns the row of the isolation sentinel.
pub(super) fn isolation() -> Row {
    let by = ["job", "instance"];
    let legend = "{{job}} {{instance}}";
    let since = |series: Series| series.value().times(1000).max_by(&by);
    Row::new("Isolation of tenants")
        .panel(
            Panel::new(
                "Isolation sentinel",
                DisplayUnit::BreachPass,
                "A breach stays until a later complete round of checks passes. Without a value no round has ended.",
            )
            .view(View::Stat)
            .query(Series::of(ISOLATION.sentinel.spec()).value().min_by(&by), legend),
        )
        .panel(
            Panel::new(
                "Last round",
                DisplayUnit::Since,
                "When the last round of checks ended, and when the last one passed. A gap between them is a breach or rounds without a result.",
            )
            .view(View::Stat)
            .query(since(Series::of(ISOLATION.last_check.spec())), "ended {{instance}}")
            .query(since(Series::of(ISOLATION.last_pass.spec())), "passed {{instance}}"),
        )
        .panel(
            Panel::new("Isolation checks", DisplayUnit::Short, "Checks by result; `unknown` never counts as a pass.")
                .view(View::Counts)
                .sum(&Series::of(ISOLATION.checks.spec()).counts(), &["result"]),
        )
        .panel(
            Panel::new("Duration of isolation checks", DisplayUnit::Seconds, "Both reads of a check together.")
                .quantiles(&Series::buckets(ISOLATION.check_duration.spec()), &[]),
        )
}
