//! What the monitoring rests on: targets, processes, the library, the alerts.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::{Dashboard, Row};
use crate::process::{BUILD, MME, PROCESS};

/// Returns the dashboard of targets, processes and the measuring itself.
pub fn meta() -> Dashboard {
    Dashboard::new("mme-meta", "Processes and monitoring", "Targets, processes, the library itself, and firing alerts.")
        .row(health())
        .row(process())
        .row(library())
        .row(monitoring())
}

const EACH: [&str; 2] = ["job", "instance"];
const INSTANCE: &str = "{{instance}}";

fn each(spec: &crate::metric::Spec) -> Promql {
    Series::of(spec).value().max_by(&EACH)
}

fn health() -> Row {
    let up = Series::of_target("up").value().max_by(&EACH);
    let firing = "ALERTS{alertstate=\"firing\",alertname!=\"Watchdog\"}";
    Row::new("Health")
        .panel(
            Panel::new("Service health", DisplayUnit::UpDown, "Whether each target answers its scrapes now.")
                .view(View::Table)
                .query(up.clone(), ""),
        )
        .panel(
            Panel::new("Service health over time", DisplayUnit::UpDown, "When each target did not answer its scrapes.")
                .view(View::StateTimeline)
                .query(up, "{{job}} {{instance}}"),
        )
        .panel(
            Panel::new(
                "Firing alerts",
                DisplayUnit::Short,
                "Every alert that fires now; the runbook is named after it.",
            )
            .view(View::Table)
            .query(firing.into(), ""),
        )
        .panel(
            Panel::new(
                "Duration of scrapes",
                DisplayUnit::Seconds,
                "From Prometheus' side; the default limit is 10 s.",
            )
            .query(Series::of_target("scrape_duration_seconds").value().max_by(&EACH), INSTANCE),
        )
        .panel(
            Panel::new("Versions", DisplayUnit::Short, "What each instance was built from.")
                .view(View::Table)
                .query(Series::of(BUILD.info.spec()).value(), ""),
        )
}

fn process() -> Row {
    let share = |part: &crate::metric::Spec, whole: &crate::metric::Spec| each(part).share_of(&each(whole));
    let cores = Series::of(PROCESS.cpu.spec()).rate().sum_by(&EACH);
    Row::new("Process")
        .panel(
            Panel::new("CPU", DisplayUnit::Share, "Share of the cores that the process may use.")
                .query(cores.share_of(&each(MME.cpu_cores.spec())), INSTANCE)
                .limits(0.8, 0.95),
        )
        .panel(
            Panel::new("Memory", DisplayUnit::Bytes, "Resident memory, and the data segment the heap is part of.")
                .query(each(PROCESS.resident_memory.spec()), "resident {{instance}}")
                .query(each(PROCESS.heap.spec()), "heap {{instance}}"),
        )
        .panel(
            Panel::new("File descriptors", DisplayUnit::Share, "Share of the limit; at 1 no connection is accepted.")
                .query(share(PROCESS.open_fds.spec(), PROCESS.max_fds.spec()), INSTANCE)
                .limits(0.8, 0.95),
        )
        .panel(
            Panel::new("Threads", DisplayUnit::Short, "Threads of the operating system.")
                .query(each(PROCESS.threads.spec()), INSTANCE),
        )
        .panel(Panel::of(PROCESS.start_time.spec()).title("Started").view(View::Stat))
        .panel(
            Panel::new("Virtual memory", DisplayUnit::Bytes, "Address space, and its limit where there is one.")
                .query(each(PROCESS.virtual_memory.spec()), INSTANCE)
                // Without a limit the figure is the largest there is, and would flatten everything else.
                .query(
                    format!("{} < 1e15", each(PROCESS.virtual_memory_max.spec())).as_str().into(),
                    "limit {{instance}}",
                ),
        )
}

fn library() -> Row {
    Row::new("Measuring")
        .panel(
            Panel::new(
                "Series by family",
                DisplayUnit::Short,
                "Series that the service holds; each costs memory here and in Prometheus.",
            )
            .query(Series::of(MME.series.spec()).value().sum_by(&["family"]), "{{family}}"),
        )
        .panel(
            Panel::new(
                "Series past their budget",
                DisplayUnit::Short,
                "Observations that were folded into an overflow series.",
            )
            .query(Series::of(MME.series_overflow.spec()).increase().sum_by(&["family"]), "{{family}}"),
        )
        .panel(
            Panel::new("Refused observations", DisplayUnit::Short, "Values that would have poisoned a series.")
                .query(Series::of(MME.rejected_observations.spec()).increase().sum_by(&["reason"]), "{{reason}}"),
        )
        .panel(
            Panel::new(
                "Duration of an exposition",
                DisplayUnit::Seconds,
                "Time the service took to write its metrics.",
            )
            .query(each(MME.render_duration.spec()), INSTANCE)
            .limits(0.5, 5.0),
        )
}

/// Returns what Prometheus and Alertmanager say of themselves, if the Prometheus that is asked scrapes them.
fn monitoring() -> Row {
    let sent = Series::foreign("alertmanager_notifications_total").rate().sum_by(&["integration"]);
    let failed = Series::foreign("alertmanager_notifications_failed_total").rate().sum_by(&["integration"]);
    let failures = Series::foreign("prometheus_rule_evaluation_failures_total").increase().sum_by(&["rule_group"]);
    Row::new("Prometheus and Alertmanager")
        .panel(
            Panel::new("Failed notifications", DisplayUnit::Share, "Share of notifications that did not go out.")
                .query(failed.share_of(&sent), "{{integration}}")
                .limits(0.01, 0.1),
        )
        .panel(
            Panel::new("Failed rule evaluations", DisplayUnit::Short, "Each is an alert that was not judged.")
                .query(failures, "{{rule_group}}"),
        )
        .panel(
            Panel::new(
                "Series in Prometheus",
                DisplayUnit::Short,
                "Series in its head block; some 3 KiB of memory each.",
            )
            .query(Series::foreign("prometheus_tsdb_head_series").value().max_by(&EACH), INSTANCE),
        )
}
