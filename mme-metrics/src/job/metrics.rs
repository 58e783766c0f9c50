//! The declarations of all metrics of jobs.

use super::label::JobName;
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::{ErrorWord, ResultLabel};

family! {
    /// Jobs that run from time to time, such as a nightly import.
    pub static JOB: JobMetrics {
        /// Runs of a job that ended, by outcome.
        runs: Counter<(JobName, ResultLabel, ErrorWord)> = Counter::new("job_runs_total", Unit::None);
        /// Time from the start of a run to its end, whatever the end.
        run_duration: Histogram<(JobName, ResultLabel, ErrorWord)> =
            Histogram::new("job_run_duration_seconds", Unit::Seconds, buckets::STREAM);
        /// Runs of a job that have started and not ended.
        running: Gauge<(JobName,)> = Gauge::new("job_running_runs", Unit::None);
        /// Unix time at which a run of a job last started.
        last_start: Gauge<(JobName,)> = Gauge::new("job_last_start_timestamp_seconds", Unit::Seconds);
        /// Unix time at which a run of a job last ended with success.
        last_success: Gauge<(JobName,)> = Gauge::new("job_last_success_timestamp_seconds", Unit::Seconds);
        /// Unix time at which the next run of a job is due to start.
        next_due: Gauge<(JobName,)> = Gauge::new("job_next_due_timestamp_seconds", Unit::Seconds);
    }
}
