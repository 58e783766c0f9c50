//! The dashboard of objectives and their error budgets.

use super::{spike, state};
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, Variable, View};
use crate::slo::SLO;

const LEGEND: &str = "{{job}} {{slo}}";

/// Returns the dashboard of objectives.
pub fn slo() -> Dashboard {
    let slo = Variable::label("slo", "Objective", SLO.objective.spec(), "slo");
    Dashboard::new("mme-slo", "Objectives", "Error budgets, burn rates, and the events that spend the budgets.")
        .variable(slo)
        .row(state::state())
        .row(budgets())
        .row(burning())
        .row(events())
        .row(spike::spikes())
}

fn chosen(series: Series) -> Series {
    series.matching("slo=~\"$slo\"")
}

fn recorded(name: &str) -> Promql {
    chosen(Series::recorded(name)).value()
}

fn budgets() -> Row {
    let left = || recorded("job_slo:slo_error_budget_remaining:ratio_14d");
    Row::new("Error budgets")
        .panel(
            Panel::new(
                "Error budget left over time",
                DisplayUnit::Share,
                "100 % is untouched, below 0 % the objective is missed. A steep fall is an incident.",
            )
            .query(left(), LEGEND)
            .warning_below("MmeSlaBreach", 0.0),
        )
        .panel(
            Panel::new(
                "Objective",
                DisplayUnit::Share,
                "The share of events that has to be good, as the code declares it.",
            )
            .view(View::Table)
            .query(chosen(Series::of(SLO.objective.spec())).value().max_by(&["job", "slo"]), ""),
        )
        .panel(
            Panel::new("Latency threshold", DisplayUnit::Seconds, "The longest duration of a good event.")
                .view(View::Table)
                .query(chosen(Series::of(SLO.threshold.spec())).value().max_by(&["job", "slo"]), ""),
        )
        .panel(
            Panel::new(
                "SLA compliance",
                DisplayUnit::Share,
                "Share of the events of a day that met their objectives, over all objectives.",
            )
            .view(View::Stat)
            .query(Series::recorded("job:sla_compliance:ratio_1d").value(), "{{job}}"),
        )
}

fn burning() -> Row {
    let panel = |title: &str, windows: [&str; 2], description: &str| {
        let [long, short] = windows;
        let burn = |window: &str| recorded(&format!("job_slo:slo_burn_rate:ratio_rate{window}"));
        Panel::new(title, DisplayUnit::Short, description)
            .query(burn(long), &format!("{LEGEND} over {long}"))
            .query(burn(short), &format!("{LEGEND} over {short}"))
    };
    Row::new("Burn rates")
        .panel(
            panel("Fast burn", ["1h", "5m"], "Both lines above 14.4 page at once: the budget lasts for a day.")
                .critical("MmeSloBurnFast", 14.4),
        )
        .panel(
            panel("High burn", ["6h", "30m"], "Both lines above 6 page: the budget lasts for two and a half days.")
                .critical("MmeSloBurnHigh", 6.0),
        )
        .panel(
            panel("Elevated burn", ["1d", "2h"], "Both lines above 3 warn: the budget lasts for five days.")
                .warning("MmeSloBurnElevated", 3.0),
        )
        .panel(
            panel("Slow burn", ["3d", "6h"], "Both lines above 1 warn: the budget does not last for its 14 days.")
                .warning("MmeSloBurnSlow", 1.0),
        )
}

fn events() -> Row {
    let by = ["slo"];
    let all = chosen(Series::of(SLO.events.spec()));
    let bad = chosen(Series::of(SLO.bad_events.spec()));
    Row::new("Events")
        .panel(
            Panel::new(
                "Events",
                DisplayUnit::EventsPerSecond,
                "Events that each objective counts. Without any it guards nothing.",
            )
            .sum(&all.rate(), &by),
        )
        .panel(
            Panel::new(
                "Bad events",
                DisplayUnit::EventsPerSecond,
                "Events that missed their objective: `error` or `latency`.",
            )
            .sum(&bad.rate(), &["slo", "reason"]),
        )
        .panel(
            Panel::new("Share of bad events", DisplayUnit::Share, "Compare it with what the objective allows.")
                .recorded(&chosen(Series::recorded("job_slo:slo_bad_events_per_event:ratio_rate5m")), &by),
        )
}
