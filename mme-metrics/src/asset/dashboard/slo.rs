//! Which objectives hold, and how fast the others spend their error budgets.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::variable::Variable;
use super::{Dashboard, Row};
use crate::slo::SLO;
use crate::spike::SPIKE;

const LEGEND: &str = "{{slo}}";

/// Returns the dashboard of objectives.
pub fn slo() -> Dashboard {
    let slo = Variable::label("slo", "Objective", SLO.objective.spec(), "slo");
    Dashboard::new("mme-slo", "Objectives", "Error budgets, how fast they are spent, and on what.")
        .variable(slo)
        .row(budgets())
        .row(burning())
        .row(events())
        .row(spikes())
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
                "Error budget left",
                DisplayUnit::Share,
                "Of the budget of 14 days: 100 % is untouched, 0 % spent, and below that the objective is missed.",
            )
            .view(View::Stat)
            .query(left(), LEGEND),
        )
        .panel(
            Panel::new("Error budget left over time", DisplayUnit::Share, "A steep fall is an incident.")
                .query(left(), LEGEND),
        )
        .panel(
            Panel::new("Objectives", DisplayUnit::Share, "The share of events that has to be good, as the code says.")
                .view(View::Table)
                .query(chosen(Series::of(SLO.objective.spec())).value().max_by(&["job", "slo"]), ""),
        )
        .panel(
            Panel::new("Thresholds", DisplayUnit::Seconds, "The time that a good event takes at most.")
                .view(View::Table)
                .query(chosen(Series::of(SLO.threshold.spec())).value().max_by(&["job", "slo"]), ""),
        )
        .panel(
            Panel::new(
                "SLA compliance",
                DisplayUnit::Share,
                "Share of the events of a day that met their objectives, all objectives together.",
            )
            .view(View::Stat)
            .query(Series::recorded("job:sla_compliance:ratio_1d").value(), "{{job}}"),
        )
}

fn burning() -> Row {
    let panel = |title: &str, long: &str, short: &str, limit: f64, description: &str| {
        let burn = |window: &str| recorded(&format!("job_slo:slo_burn_rate:ratio_rate{window}"));
        Panel::new(title, DisplayUnit::Short, description)
            .query(burn(long), &format!("{LEGEND} over {long}"))
            .query(burn(short), &format!("{LEGEND} over {short}"))
            .limits(1.0, limit)
    };
    Row::new("Burn rates")
        .panel(panel("Fast", "1h", "5m", 14.4, "Both lines above 14.4 page at once: the budget lasts for a day."))
        .panel(panel("High", "6h", "30m", 6.0, "Both lines above 6 page: the budget lasts for two and a half days."))
        .panel(panel("Elevated", "1d", "2h", 3.0, "Both lines above 3 are work for today."))
        .panel(panel("Slow", "3d", "6h", 1.0, "Both lines above 1 are work for this week."))
}

fn events() -> Row {
    let all = chosen(Series::of(SLO.events.spec())).rate().sum_by(&["slo"]);
    let bad = chosen(Series::of(SLO.bad_events.spec())).rate();
    let seconds = DisplayUnit::EventsPerSecond;
    Row::new("Events")
        .panel(
            Panel::new("Events", seconds, "What each objective counts; nothing means that it guards nothing.")
                .query(all.clone(), LEGEND),
        )
        .panel(
            Panel::new("Bad events", seconds, "What missed its objective: failures, or lateness.")
                .query(bad.sum_by(&["slo", "reason"]), "{{slo}} {{reason}}"),
        )
        .panel(
            Panel::new("Share of bad events", DisplayUnit::Share, "Compare it with the objective.")
                .query(bad.sum_by(&["slo"]).share_of(&all), LEGEND),
        )
}

fn spikes() -> Row {
    let now = Series::recorded("job_http_route:http_server_request_duration_seconds:p95_5m").value();
    let usual = Series::recorded("job_http_route:http_server_request_duration_seconds:p95_5m_avg1h_1d").value();
    Row::new("Spikes")
        .panel(
            Panel::new("Slower than yesterday", DisplayUnit::Short, "p95 as a multiple of yesterday's at this hour.")
                .query(now.share_of(&usual), "{{http_route}}")
                .limits(2.0, 4.0),
        )
        .panel(
            Panel::new("Spike traces", DisplayUnit::EventsPerSecond, "What was kept: `/spikes` says what it was.")
                .query(Series::of(SPIKE.traces.spec()).rate().sum_by(&["cause"]), "{{cause}}"),
        )
        .panel(
            Panel::new(
                "Spike traces lost",
                DisplayUnit::EventsPerSecond,
                "Past the budget is meant to be; what the disk or the queue lost is not.",
            )
            .query(Series::of(SPIKE.lost.spec()).rate().sum_by(&["reason"]), "{{reason}}"),
        )
}
