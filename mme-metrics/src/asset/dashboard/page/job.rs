//! The panels of jobs.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series, View};
use crate::job::JOB;

const JOB_NAME: [&str; 1] = ["job_name"];

/// Returns the row of jobs. The times hold for jobs that are scraped and for those that are pushed.
pub(super) fn jobs() -> Row {
    let success = Series::of(JOB.last_success.spec()).value().max_by(&JOB_NAME);
    let due = Series::of(JOB.next_due.spec()).value().max_by(&JOB_NAME);
    Row::new("Jobs")
        .panel(
            Panel::new(
                "Age of the last success",
                DisplayUnit::Seconds,
                "Above 26 hours an alert fires for a job that does not say when it is due.",
            )
            .view(View::Stat)
            .query(format!("time() - {success}").as_str().into(), "{{job_name}}")
            .warning("MmeJobStale", 93_600.0),
        )
        .panel(
            Panel::new("Lateness of the next run", DisplayUnit::Seconds, "Below 0 it is not due yet.")
                .view(View::Stat)
                .query(format!("time() - {due}").as_str().into(), "{{job_name}}")
                .warning("MmeJobOverdue", 3600.0),
        )
        .panel(
            Panel::new("Last start", DisplayUnit::Since, "When a run of each job last started, whatever its end.")
                .view(View::Stat)
                .max(&Series::of(JOB.last_start.spec()).value().times(1000), &JOB_NAME),
        )
        .panel(
            Panel::new("Running jobs", DisplayUnit::Short, "Runs that have started and not ended.")
                .sum(&Series::of(JOB.running.spec()).value(), &JOB_NAME),
        )
        .panel(
            Panel::new(
                "Runs",
                DisplayUnit::Short,
                "Runs that ended, by result. A process that ends with its run counts to one, so pushed jobs may show nothing.",
            )
            .view(View::Counts)
            .sum(&Series::of(JOB.runs.spec()).counts(), &["job_name", "result"]),
        )
        .panel(
            Panel::new("Duration of runs", DisplayUnit::Seconds, "The 95th percentile of each job's runs.")
                .p95(&Series::buckets(JOB.run_duration.spec()), &JOB_NAME),
        )
}
