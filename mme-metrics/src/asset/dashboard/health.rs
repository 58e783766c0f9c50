//! Dependencies, backups and data.

use super::Row;
use super::panel::{DisplayUnit, Panel, View};
use super::query::Series;
use crate::health::HEALTH;

/// Returns the row of what a service depends on, whoever asked it.
pub(super) fn dependencies() -> Row {
    let up = Series::of(HEALTH.up.spec());
    let by = ["dependency"];
    let last = Series::of(HEALTH.last_success.spec()).value().max_by(&by);
    Row::new("Dependencies")
        .panel(
            Panel::new("Dependencies", DisplayUnit::UpDown, "Down as soon as one instance sees it down.")
                .view(View::StateTimeline)
                .query(up.value().min_by(&["dependency", "kind"]), "{{dependency}} ({{kind}})"),
        )
        .panel(
            Panel::new("Time to answer", DisplayUnit::Seconds, "The 95th percentile of the probes of each dependency.")
                .query(Series::buckets(HEALTH.check_duration.spec()).quantile(0.95, &by), "{{dependency}}")
                .limits(0.5, 2.0),
        )
        .panel(
            Panel::new("Last answer", DisplayUnit::Since, "When each dependency last did what it is there for.")
                .view(View::Stat)
                .query(format!("1000 * {last}").as_str().into(), "{{dependency}}"),
        )
}

/// Returns the row of backups and of data that agree.
pub(super) fn data() -> Row {
    let by = ["backup"];
    let last = Series::of(HEALTH.backup_last_success.spec()).value().max_by(&by);
    Row::new("Backups and data")
        .panel(
            Panel::new("Last good backup", DisplayUnit::Since, "More than a day ago is an alert.")
                .view(View::Stat)
                .query(format!("1000 * {last}").as_str().into(), "{{backup}}"),
        )
        .panel(Panel::new("Backups", DisplayUnit::Short, "Runs by how they ended.").query(
            Series::of(HEALTH.backup_runs.spec()).increase().sum_by(&["backup", "result"]),
            "{{backup}} {{result}}",
        ))
        .panel(
            Panel::new("Size of the last good backup", DisplayUnit::Bytes, "One that shrinks has lost something.")
                .query(Series::of(HEALTH.backup_size.spec()).value().max_by(&by), "{{backup}}"),
        )
        .panel(
            Panel::new(
                "Time of the last good backup",
                DisplayUnit::Seconds,
                "How long the last run took that was good.",
            )
            .query(Series::of(HEALTH.backup_last_duration.spec()).value().max_by(&by), "{{backup}}"),
        )
        .panel(
            Panel::new("Checks of data", DisplayUnit::Short, "`fail` is data that do not agree with each other.")
                .query(
                    Series::of(HEALTH.consistency_checks.spec()).increase().sum_by(&["check", "result"]),
                    "{{check}} {{result}}",
                ),
        )
}
