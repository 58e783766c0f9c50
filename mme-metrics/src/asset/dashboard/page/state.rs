//! The first row of a dashboard: firing alerts, objectives, targets.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series, View};

/// Returns the row of the current state: alerts of the chosen jobs with their start, error budgets of the objectives,
/// and targets that are down.
pub(super) fn state() -> Row {
    Row::new("State now").panel(alerts("")).panel(budgets()).panel(targets())
}

/// Returns the row of the current state for one category: alerts with their start, and error budgets of the objectives.
pub(super) fn state_of(category: &str) -> Row {
    Row::new("State now").panel(alerts(&format!(",category=\"{category}\""))).panel(budgets())
}

/// Returns the table of firing alerts. The value of `ALERTS_FOR_STATE` is the time at which the alert became active.
fn alerts(matcher: &str) -> Panel {
    let chosen = format!("job=~\"$job\",alertname!=\"Watchdog\"{matcher}");
    let since = format!(
        "1000 * (ALERTS_FOR_STATE{{{chosen}}} and ignoring (alertstate) ALERTS{{alertstate=\"firing\",{chosen}}})"
    );
    Panel::new(
        "Firing alerts",
        DisplayUnit::Since,
        "Each firing alert, what it concerns and since when. An empty table is good only while the services are scraped.",
    )
    .view(View::Alerts)
    .wide(true)
    .query(since.as_str().into(), "")
}

fn budgets() -> Panel {
    Panel::new(
        "Error budgets left",
        DisplayUnit::Share,
        "What is left of the error budget of 14 days. Below 0 % the objective is missed.",
    )
    .view(View::Stat)
    .query(Series::recorded("job_slo:slo_error_budget_remaining:ratio_14d").value(), "{{job}} {{slo}}")
    .warning_below("MmeSlaBreach", 0.0)
}

fn targets() -> Panel {
    Panel::new("Targets", DisplayUnit::UpDown, "Whether Prometheus reaches each instance, over time.")
        .view(View::StateTimeline)
        .query(Series::of_target("up").value().max_by(&["job", "instance"]), "{{job}} {{instance}}")
}

/// Returns the panel with the share of bad events by objective, to compare with its error budget.
pub(super) fn burning() -> Panel {
    Panel::new("Bad events by objective", DisplayUnit::Share, "Share of events that missed their objective.")
        .recorded(&Series::recorded("job_slo:slo_bad_events_per_event:ratio_rate5m"), &["slo"])
}
