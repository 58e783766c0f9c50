//! The panels of dependencies, backups and data consistency.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series, View};
use crate::health::HEALTH;

const DEPENDENCY: [&str; 1] = ["dependency"];
const BACKUP: [&str; 1] = ["backup"];

pub(super) fn up() -> Panel {
    Panel::new("Dependencies", DisplayUnit::UpDown, "A dependency is down as soon as one instance cannot reach it.")
        .view(View::StateTimeline)
        .query(Series::of(HEALTH.up.spec()).value().min_by(&["dependency", "kind"]), "{{dependency}} ({{kind}})")
}

/// Returns the row of dependencies, from probes and from calls.
pub(super) fn dependencies() -> Row {
    Row::new("Dependencies")
        .panel(up())
        .panel(
            Panel::new("Duration of probes", DisplayUnit::Seconds, "The 95th percentile of each dependency's probes.")
                .p95(&Series::buckets(HEALTH.check_duration.spec()), &DEPENDENCY),
        )
        .panel(
            Panel::new("Last success", DisplayUnit::Since, "When each dependency last answered a probe or a call.")
                .view(View::Stat)
                .max(&Series::of(HEALTH.last_success.spec()).value().times(1000), &DEPENDENCY),
        )
}

/// Returns the row of backups and of data consistency.
pub(super) fn data() -> Row {
    let age = Series::of(HEALTH.backup_last_success.spec()).value().max_by(&BACKUP);
    Row::new("Backups and data")
        .panel(
            Panel::new("Age of the last good backup", DisplayUnit::Seconds, "Above a day an alert fires.")
                .view(View::Stat)
                .query(format!("time() - {age}").as_str().into(), "{{backup}}")
                .critical("MmeBackupStale", 86_400.0),
        )
        .panel(
            Panel::new("Backups", DisplayUnit::Short, "Backups that ended, by result; each run counts once.")
                .view(View::Counts)
                .sum(&Series::of(HEALTH.backup_runs.spec()).counts(), &["backup", "result"]),
        )
        .panel(
            Panel::new("Size of the last good backup", DisplayUnit::Bytes, "A backup that shrinks may have lost data.")
                .max(&Series::of(HEALTH.backup_size.spec()).value(), &BACKUP),
        )
        .panel(
            Panel::new("Duration of the last good backup", DisplayUnit::Seconds, "How long the last good run took.")
                .max(&Series::of(HEALTH.backup_last_duration.spec()).value(), &BACKUP),
        )
        .panel(
            Panel::new(
                "Consistency checks",
                DisplayUnit::Short,
                "Checks by result: `fail` found data that contradict each other, `unknown` could not look.",
            )
            .view(View::Counts)
            .sum(&Series::of(HEALTH.consistency_checks.spec()).counts(), &["check", "result"]),
        )
}
