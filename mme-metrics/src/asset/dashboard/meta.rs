//! What the monitoring rests on: targets, processes, the library, the alerts.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::{Dashboard, Row};
use crate::process::{MME, PROCESS};

/// Returns the dashboard of targets, processes and the measuring itself.
pub fn meta() -> Dashboard {
    Dashboard::new("mme-meta", "Processes and monitoring", "Targets, processes, the library itself, and firing alerts.")
        .row(health())
        .row(process())
        .row(library())
}

const EACH: [&str; 2] = ["job", "instance"];
const INSTANCE: &str = "{{instance}}";

fn each(spec: &crate::spec::Spec) -> Promql {
    Series::of(spec).value().max_by(&EACH)
}

fn health() -> Row {
    let firing = "ALERTS{alertstate=\"firing\",alertname!=\"Watchdog\"}";
    Row::new("Health")
        .panel(
            Panel::new("Targets", DisplayUnit::UpDown, "Whether each target answers its scrapes.")
                .view(View::StateTimeline)
                .query(Series::foreign("up").value().max_by(&EACH), "{{job}} {{instance}}"),
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
            .query(Series::foreign("scrape_duration_seconds").value().max_by(&EACH), INSTANCE),
        )
}

fn process() -> Row {
    let share = |part: &crate::spec::Spec, whole: &crate::spec::Spec| each(part).share_of(&each(whole));
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
        .panel(Panel::of(PROCESS.start_time.spec()).view(View::Stat))
        .panel(Panel::of(PROCESS.virtual_memory.spec()))
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
