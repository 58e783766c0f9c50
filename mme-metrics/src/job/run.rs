//! A job, and one run of it.

use std::time::{Duration, SystemTime};

use super::label::JobName;
use super::metrics::JOB;
use crate::clock::unix_seconds;
use crate::label::RegisterError;
use crate::metric::InFlight;
use crate::operation::{Operation, Outcome};

/// A job that runs from time to time, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    name: JobName,
    interval: Option<Duration>,
}

impl Job {
    /// Registers a job; at most 200.
    ///
    /// The series of its runs exist at zero from then on. Call this after the recorder is installed, so that an alert notices a
    /// job that never succeeds.
    ///
    /// # Errors
    ///
    /// When the name cannot be exported, or there are too many jobs.
    pub fn register(name: &str) -> Result<Self, RegisterError> {
        let job = Self { name: JobName::register(name)?, interval: None };
        job.touch(&[]);
        Ok(job)
    }

    /// Says that the job starts at this interval. Each start then sets the time at which the next run is due.
    #[must_use = "this returns the job with an interval and changes no other copy of it"]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Returns the value of the label `job_name`.
    pub const fn name(&self) -> JobName {
        self.name
    }

    /// Sets the time at which the next run is due to start, for a job that does not run at a fixed interval.
    ///
    /// `MmeJobOverdue` fires if no run has started an hour after that time.
    pub fn set_next_due(&self, time: SystemTime) {
        JOB.next_due.set((self.name,), unix_seconds(time));
    }

    /// Returns one run. Measure it with the module [`operation`](crate::operation) or with `#[instrument_metrics(record = …)]`. The
    /// functions and the guard of this module also send the metrics at its end.
    pub const fn run(self) -> JobRun {
        JobRun { job: self, running: None }
    }

    /// Makes its series exist at zero.
    fn touch(&self, error_types: &'static [&'static str]) {
        let errors = error_types.iter().map(|word| Outcome::Error(word));
        for outcome in [Outcome::Ok, Outcome::Cancelled, Outcome::Panic, Outcome::OTHER].into_iter().chain(errors) {
            JOB.runs.touch((self.name, outcome.result_label(), outcome.error_word()));
        }
        JOB.run_duration.touch((self.name, Outcome::Ok.result_label(), Outcome::Ok.error_word()));
    }
}

/// One run of a [`Job`]. It succeeds only if it returns without an error.
#[derive(Debug)]
#[must_use = "a run is recorded by a function or the guard of `job`, or by those of `operation`"]
pub struct JobRun {
    job: Job,
    running: Option<InFlight>,
}

impl Operation for JobRun {
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.job.touch(error_types);
        let now = SystemTime::now();
        // A run that has started and is not running counts as failed, so it is running before its start is known.
        self.running = Some(JOB.running.track((self.job.name,)));
        JOB.last_start.set((self.job.name,), unix_seconds(now));
        // A time past the end of the calendar is no time that anything is due.
        if let Some(next) = self.job.interval.and_then(|interval| now.checked_add(interval)) {
            self.job.set_next_due(next);
        }
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        let job = self.job.name;
        let labels = (job, outcome.result_label(), outcome.error_word());
        JOB.runs.increment(labels);
        JOB.run_duration.record(labels, seconds);
        if outcome == Outcome::Ok {
            JOB.last_success.set((job,), unix_seconds(SystemTime::now()));
        }
        // After the success is known, for the reason at the start.
        drop(self.running);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::operation::{ByErrorType, Guard, measure, measure_async};
    use crate::recorder::{Format, Recorder};
    use crate::testing::record;

    /// Returns the value of a gauge of `job`, if it has one.
    fn gauge(recorder: &Recorder, name: &str, job: &str) -> Option<f64> {
        let series = format!("{name}{{job_name=\"{job}\"}} ");
        recorder.render(Format::Text).lines().find_map(|line| line.strip_prefix(&series)?.parse().ok())
    }

    #[test]
    fn a_run_counts_once_whatever_its_end() {
        let job = Job::register("run-ends").unwrap();
        let recorder = Recorder::builder().build().unwrap();
        metrics::with_local_recorder(&recorder, || {
            _ = measure(job.run(), ByErrorType, || Ok::<_, io::Error>(7));
            _ = measure(job.run(), ByErrorType, || Err::<u8, _>(io::Error::from(io::ErrorKind::TimedOut)));
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                measure(job.run(), ByErrorType, || -> Result<(), io::Error> { panic!("the import is on fire") })
            }));
            assert!(panicked.is_err());
            drop(Guard::start(job.run()));
            drop(measure_async(job.run(), ByErrorType, async { Ok::<_, io::Error>(()) }));
        });
        let text = recorder.render(Format::Text);
        for (result, error_type) in [("ok", ""), ("error", "timed_out"), ("error", "panic"), ("cancelled", "")] {
            let error_type =
                if error_type.is_empty() { String::new() } else { format!("error_type=\"{error_type}\",") };
            for name in ["job_runs_total", "job_run_duration_seconds_count"] {
                let line = format!("{name}{{{error_type}job_name=\"run-ends\",result=\"{result}\"}} 1\n");
                assert!(text.contains(&line), "{line}{text}");
            }
        }
        assert_eq!(text.lines().filter(|line| line.starts_with("job_runs_total{") && line.ends_with(" 1")).count(), 4);
        // A zero series for each kind of error, and for what has no kind.
        assert!(
            text.contains("job_runs_total{error_type=\"other\",job_name=\"run-ends\",result=\"error\"} 0\n"),
            "{text}"
        );
        assert!(text.contains("error_type=\"storage_full\""), "{text}");
        assert_eq!(gauge(&recorder, "job_running_runs", "run-ends"), Some(0.0));
    }

    #[test]
    fn only_a_success_moves_the_time_of_the_last_success() {
        let job = Job::register("run-times").unwrap();
        let recorder = Recorder::builder().build().unwrap();
        let time = |name| gauge(&recorder, name, "run-times");
        metrics::with_local_recorder(&recorder, || {
            let before = unix_seconds(SystemTime::now());
            Guard::start(job.run()).end(Outcome::Error("io"));
            drop(Guard::start(job.run()));
            assert_eq!(time("job_last_success_timestamp_seconds"), None);
            assert!(time("job_last_start_timestamp_seconds").unwrap() >= before);
            let guard = Guard::start(job.run());
            assert_eq!(time("job_running_runs"), Some(1.0));
            guard.end(Outcome::Ok);
            let success = time("job_last_success_timestamp_seconds").unwrap();
            assert!(success >= time("job_last_start_timestamp_seconds").unwrap());
            Guard::start(job.run()).end(Outcome::Panic);
            assert_eq!(time("job_last_success_timestamp_seconds"), Some(success));
            assert!(time("job_last_start_timestamp_seconds").unwrap() >= success);
            assert_eq!((time("job_running_runs"), time("job_next_due_timestamp_seconds")), (Some(0.0), None));
        });
    }

    #[test]
    fn a_start_or_the_service_says_when_the_next_run_is_due() {
        let job = Job::register("run-due").unwrap();
        let recorder = Recorder::builder().build().unwrap();
        let time = |name| gauge(&recorder, name, "run-due");
        metrics::with_local_recorder(&recorder, || {
            Guard::start(job.every(Duration::from_hours(24)).run()).end(Outcome::OTHER);
            let start = time("job_last_start_timestamp_seconds").unwrap();
            assert!((time("job_next_due_timestamp_seconds").unwrap() - start - 86_400.0).abs() < 1e-3);
            job.set_next_due(SystemTime::UNIX_EPOCH + Duration::from_secs(7));
            assert_eq!(time("job_next_due_timestamp_seconds"), Some(7.0));
            // Of no effect, and no panic either.
            Guard::start(job.every(Duration::MAX).run()).end(Outcome::OTHER);
            assert_eq!(time("job_next_due_timestamp_seconds"), Some(7.0));
        });
    }

    #[test]
    fn a_job_has_zero_series_from_its_registration_on() {
        // Zeros only.
        record(|| _ = Job::register("run-zero").unwrap()).expect().only();
        let recorder = Recorder::builder().build().unwrap();
        let job = metrics::with_local_recorder(&recorder, || Job::register("run-zero").unwrap());
        let text = recorder.render(Format::Text);
        for series in [
            r#"job_runs_total{job_name="run-zero",result="ok"} 0"#,
            r#"job_runs_total{job_name="run-zero",result="cancelled"} 0"#,
            r#"job_runs_total{error_type="panic",job_name="run-zero",result="error"} 0"#,
            r#"job_run_duration_seconds_count{job_name="run-zero",result="ok"} 0"#,
        ] {
            assert!(text.contains(series), "{series}\n{text}");
        }
        assert_eq!(job.name().as_str(), "run-zero");
        assert!(Job::register("a\nb").is_err());
    }
}
