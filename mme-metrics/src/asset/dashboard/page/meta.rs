//! The dashboard of targets, processes and the monitoring itself.

use super::process::each;
use super::{process, state};
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};
use crate::log::LOG;
use crate::metric::Spec;
use crate::process::{BUILD, MME};

const EACH: [&str; 2] = ["job", "instance"];
const LEGEND: &str = "{{job}} {{instance}}";
const COLLECTOR_LEGEND: &str = "{{job}} {{instance}} {{collector}}";

/// Returns the dashboard of targets, processes and the monitoring itself.
pub fn meta() -> Dashboard {
    Dashboard::new(
        "mme-meta",
        "Processes and monitoring",
        "Targets, processes, the library itself, Prometheus, Alertmanager and Grafana.",
    )
    .row(state::state())
    .row(targets())
    .row(process::process())
    .row(process::container())
    .row(process::runtime())
    .row(log())
    .row(library())
    .row(prometheus())
    .row(alertmanager())
}

/// Returns the table of targets with their state.
pub(super) fn up() -> Panel {
    Panel::new("Service health", DisplayUnit::UpDown, "Whether Prometheus reaches each target now.")
        .view(View::Table)
        .query(Series::of_target("up").value().max_by(&EACH), "")
}

fn targets() -> Row {
    Row::new("Targets")
        .panel(up())
        .panel(
            Panel::new(
                "Duration of scrapes",
                DisplayUnit::Seconds,
                "As Prometheus measures it; it gives up after 10 s.",
            )
            .query(Series::of_target("scrape_duration_seconds").value().max_by(&EACH), LEGEND),
        )
        .panel(
            Panel::new("Versions", DisplayUnit::Short, "The version, revision and compiler of each instance.")
                .view(View::Labels)
                .query(Series::of(BUILD.info.spec()).value(), ""),
        )
}

fn log() -> Row {
    let events = Series::of(LOG.events.spec());
    Row::new("Log and panics")
        .panel(
            Panel::new(
                "Log events",
                DisplayUnit::EventsPerSecond,
                "Events by level, including those that a filter hides from the log.",
            )
            .query(events.rate().sum_by(&["level"]), "{{level}}"),
        )
        .panel(
            Panel::new(
                "Errors in the log",
                DisplayUnit::EventsPerSecond,
                "Events of the level `error`, by the part of the service that logs them.",
            )
            .query(events.matching("level=\"error\"").rate().sum_by(&["job", "target"]), "{{job}} {{target}}"),
        )
        .panel(
            Panel::new("Panics", DisplayUnit::Short, "Panics by kind of thread, including those that were caught.")
                .view(View::Counts)
                .sum(&Series::of(LOG.panics.spec()).counts(), &["thread"])
                .warning("MmePanics", 0.0),
        )
}

fn library() -> Row {
    Row::new("Instrumentation")
        .panel(
            Panel::new(
                "Series by family",
                DisplayUnit::Short,
                "Series that the service holds; each costs memory in the service and in Prometheus.",
            )
            .sum(&Series::of(MME.series.spec()).value(), &["family"]),
        )
        .panel(
            Panel::new(
                "Series past their budget",
                DisplayUnit::Short,
                "Observations that were folded into an overflow series.",
            )
            .view(View::Counts)
            .sum(&Series::of(MME.series_overflow.spec()).counts(), &["family"]),
        )
        .panel(
            Panel::new(
                "Rejected observations",
                DisplayUnit::Short,
                "Values that no series can hold, by reason: not a number, negative, a conflict of names.",
            )
            .view(View::Counts)
            .sum(&Series::of(MME.rejected_observations.spec()).counts(), &["reason"]),
        )
        .panel(
            Panel::new(
                "Exemplars",
                DisplayUnit::EventsPerSecond,
                "Observations that were kept with the ids of their trace; none if no request is traced.",
            )
            .query(Series::of(MME.exemplars.spec()).rate().sum_by(&EACH), LEGEND),
        )
        .panel(
            Panel::new(
                "Duration of an exposition",
                DisplayUnit::Seconds,
                "How long the service takes to render its metrics.",
            )
            .query(each(MME.render_duration.spec()), LEGEND)
            .warning("MmeRenderSlow", 0.5),
        )
        .panel(
            Panel::new(
                "Age of collected values",
                DisplayUnit::Seconds,
                "Time since each collector of the service last ended without a panic; none if the service has no collectors.",
            )
            .query(of_collector(MME.collector_age.spec()), COLLECTOR_LEGEND)
            .warning("MmeCollectorStale", 300.0),
        )
        .panel(
            Panel::new("Duration of collectors", DisplayUnit::Seconds, "How long the last run of each collector took.")
                .query(of_collector(MME.collector_duration.spec()), COLLECTOR_LEGEND),
        )
        .panel(
            Panel::new(
                "Expositions without a collector",
                DisplayUnit::Short,
                "Expositions that went on with the earlier values of a collector that was still running.",
            )
            .view(View::Counts)
            .sum(&Series::of(MME.collector_timeouts.spec()).counts(), &["collector"]),
        )
        .panel(
            Panel::new(
                "Exports by OTLP",
                DisplayUnit::Short,
                "Exports that ended, by outcome; none if the service sends nothing by OTLP.",
            )
            .view(View::Counts)
            .sum(&Series::of(MME.otlp_exports.spec()).counts(), &["result"]),
        )
}

/// Returns the value of a metric of each collector.
fn of_collector(spec: &Spec) -> Promql {
    Series::of(spec).value().max_by(&["job", "instance", "collector"])
}

/// Returns the row of the metrics of Prometheus about itself, for a Prometheus that scrapes itself.
fn prometheus() -> Row {
    let own = |name: &str| Series::foreign(name);
    Row::new("Prometheus")
        .panel(
            Panel::new(
                "Failed rule evaluations",
                DisplayUnit::Short,
                "Each leaves a rule without a result and an alert unjudged.",
            )
            .view(View::Counts)
            .sum(&own("prometheus_rule_evaluation_failures_total").counts(), &["rule_group"])
            .critical("MmePrometheusRuleFailures", 0.0),
        )
        .panel(
            Panel::new(
                "Series in Prometheus",
                DisplayUnit::Short,
                "Series in the head block, about 3 KiB of memory each.",
            )
            .query(own("prometheus_tsdb_head_series").value().max_by(&EACH), LEGEND),
        )
        .panel(
            Panel::new("Samples stored", DisplayUnit::EventsPerSecond, "Samples that Prometheus appends.")
                .query(own("prometheus_tsdb_head_samples_appended_total").rate().sum_by(&EACH), LEGEND),
        )
        .panel(
            Panel::new(
                "Configuration loaded",
                DisplayUnit::FailedOk,
                "Failed means that the last reload was refused and the old configuration is in force.",
            )
            .view(View::Stat)
            .query(own("prometheus_config_last_reload_successful").value().min_by(&EACH), LEGEND),
        )
        .panel(
            Panel::new(
                "Alertmanagers known",
                DisplayUnit::Short,
                "Alertmanagers that Prometheus sends alerts to. Without one no alert reaches anyone.",
            )
            .view(View::Stat)
            .query(own("prometheus_notifications_alertmanagers_discovered").value().min_by(&EACH), LEGEND)
            .critical_below("MmePrometheusNoAlertmanager", 1.0),
        )
}

/// Returns the row of the metrics of Alertmanager and Grafana about themselves, if Prometheus scrapes them.
fn alertmanager() -> Row {
    let by = ["integration"];
    let sent = Series::foreign("alertmanager_notifications_total").rate().sum_by(&by);
    let failed = Series::foreign("alertmanager_notifications_failed_total").rate().sum_by(&by);
    Row::new("Alertmanager and Grafana")
        .panel(
            Panel::new("Notifications", DisplayUnit::EventsPerSecond, "Notifications that Alertmanager sent.")
                .sum(&Series::foreign("alertmanager_notifications_total").rate(), &by),
        )
        .panel(
            Panel::new("Failed notifications", DisplayUnit::Share, "Share of notifications that did not go out.")
                .query(failed.share_of(&sent), "{{integration}}")
                .critical("MmeNotificationsFailing", 0.01),
        )
        .panel(
            Panel::new(
                "Grafana requests",
                DisplayUnit::RequestsPerSecond,
                "Requests that Grafana answered, by status.",
            )
            .sum(&Series::foreign("grafana_http_request_duration_seconds_count").rate(), &["status_code"]),
        )
        .panel(
            Panel::new("Dashboards opened", DisplayUnit::EventsPerSecond, "Dashboards that people opened in Grafana.")
                .sum(&Series::foreign("grafana_api_dashboard_get_milliseconds_count").rate(), &[]),
        )
        .panel(
            Panel::new(
                "Grafana users",
                DisplayUnit::Short,
                "Users that were active in the last 30 days, and dashboards.",
            )
            .view(View::Stat)
            .query(Series::foreign("grafana_stat_active_users").value().max_by(&[]), "active users")
            .query(Series::foreign("grafana_stat_totals_dashboard").value().max_by(&[]), "dashboards"),
        )
}
