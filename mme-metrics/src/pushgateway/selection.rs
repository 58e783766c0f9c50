//! Which lines of the exposition belong into the group of a job.

use std::collections::HashSet;

use metrics::Label;

use crate::job::{JOB, JobName};
use crate::label::LabelValue as _;
use crate::memory::MEMORY;
use crate::metric::Family;
use crate::process::{MME, PROCESS};
use crate::recorder::Recorder;
use crate::runtime::RUNTIME;

/// What is pushed.
pub(super) struct Selection {
    /// An exposition in text format 0.0.4.
    pub(super) text: String,
    /// Whether it has the time of the job's last success. If not, the Pushgateway must keep the one that it has.
    pub(super) has_success: bool,
}

/// Selects what is true of `job` after the process has ended.
///
/// - Series of other jobs are left out, since the Pushgateway gives every series of a group the label `job_name` of the group.
/// - What the process was like, such as its memory, is left out, since it would be shown until the next push.
pub(super) fn select(exposition: &str, job: JobName) -> Selection {
    let passing: [&'static dyn Family; 4] = [&PROCESS, &RUNTIME, &MEMORY, &MME];
    let passing: HashSet<_> = passing.iter().flat_map(|family| family.specs()).map(|spec| spec.name).collect();
    let own = Recorder::label_text(&[Label::new(JobName::KEY, job.label_value())]);
    let success = format!("{}{{", JOB.last_success.spec().name);
    let mut selection = Selection { text: String::with_capacity(exposition.len()), has_success: false };
    let mut is_left_out = false;
    for line in exposition.split_inclusive('\n') {
        if let Some(comment) = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE ")) {
            let name = comment.split(' ').next().unwrap_or_default();
            is_left_out = passing.contains(name);
        } else if job_of(line).is_some_and(|label| !label.starts_with(&own)) {
            continue;
        }
        if !is_left_out {
            selection.has_success |= line.starts_with(&success);
            selection.text.push_str(line);
        }
    }
    selection
}

/// Returns a line from its label `job_name` on, if it has one.
///
/// Quotes in values are escaped, so the text with a plain one behind `=` is that of a label.
fn job_of(line: &str) -> Option<&str> {
    let (_, labels) = line.split_once('{')?;
    let key = format!("{}=\"", JobName::KEY);
    if labels.starts_with(&key) {
        return Some(labels);
    }
    let at = labels.find(&format!(",{key}"))?;
    Some(&labels[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Job;
    use crate::operation::{Guard, Outcome};
    use crate::recorder::Format;

    fn job(name: &str) -> Job {
        Job::register(name).unwrap()
    }

    #[test]
    fn a_group_has_what_is_of_its_job_and_of_no_job() {
        let recorder = Recorder::builder().build().unwrap();
        let hostile = r#"x",job_name="other"#;
        metrics::with_local_recorder(&recorder, || {
            Guard::start(job("selected").run()).end(Outcome::OTHER);
            Guard::start(job("selected-2").run()).end(Outcome::Ok);
            metrics::counter!("rows_total", "table" => hostile).increment(7);
            metrics::counter!("rows_total", "job_name" => "selected", "a" => "b").increment(1);
            metrics::counter!("rows_total", "job_name" => "another", "a" => "b").increment(2);
            metrics::gauge!("job_last_success_timestamp_seconds", "job_name" => "another").set(7.0);
        });
        let Selection { text, has_success } = select(&recorder.render(Format::Text), job("selected").name());
        assert!(!has_success, "{text}");
        assert!(!text.contains("selected-2") && !text.contains("another"), "{text}");
        for line in [
            r#"rows_total{table="x\",job_name=\"other"} 7"#,
            r#"rows_total{a="b",job_name="selected"} 1"#,
            r#"job_runs_total{error_type="other",job_name="selected",result="error"} 1"#,
            "# TYPE job_runs_total counter",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let success = select(&recorder.render(Format::Text), job("selected-2").name());
        assert!(success.has_success, "{}", success.text);
    }

    #[test]
    fn what_the_process_was_like_is_left_out() {
        let recorder = Recorder::builder().build_info("1", "2").build().unwrap();
        let whole = recorder.render(Format::Text);
        let Selection { text, .. } = select(&whole, job("selected").name());
        assert!(whole.contains("process_") && whole.contains("mme_series"), "{whole}");
        assert!(!text.contains("process_") && !text.contains("mme_"), "{text}");
        assert!(text.contains("build_info{"), "{text}");
    }
}
