//! Checks that targets are up, and that there are enough of each job.

use std::collections::BTreeMap;

use serde_json::Value;

use super::check::State;
use crate::prometheus::Prometheus;

/// Seconds after which a scrape is too old.
const STALE: f64 = 180.0;

/// A job that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(super) job: String,
    at_least: usize,
}

/// Reads `job` or `job=2`.
pub(super) fn expectation(text: &str) -> Result<Expectation, String> {
    let (job, number) = text.rsplit_once('=').unwrap_or((text, "1"));
    match number.parse() {
        Ok(at_least) if !job.is_empty() && at_least > 0 => Ok(Expectation { job: job.to_owned(), at_least }),
        _ => Err("write it as JOB, or as JOB=2 with the number of targets".to_owned()),
    }
}

pub(super) fn check(prometheus: &Prometheus, expected: &[Expectation]) -> Result<State, String> {
    let data = prometheus.data("/api/v1/targets", &[("state", "active")])?;
    let targets: Vec<&Value> = data["activeTargets"].as_array().into_iter().flatten().collect();
    let mut problems = Vec::new();
    let mut jobs: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for target in &targets {
        let job = target["labels"]["job"].as_str().unwrap_or_default();
        let (up, all) = jobs.entry(job).or_default();
        *all += 1;
        match target["health"].as_str() {
            Some("up") => *up += 1,
            Some("down") => problems.push(format!("{job}: {} is down: {}", text(target, "instance"), error(target))),
            _ => {
                problems.push(format!("{job}: {} was not scraped yet: wait for an interval", text(target, "instance")));
            }
        }
    }
    if targets.is_empty() {
        problems.push("Prometheus has no target: add `scrape_configs`".to_owned());
    }
    for Expectation { job, at_least } in expected {
        match jobs.get(job.as_str()) {
            None => problems.push(format!("there is no job `{job}`: {}", others(job, &jobs))),
            Some((up, _)) if up < at_least => {
                problems.push(format!("{job}: {up} targets are up, and there have to be {at_least}"));
            }
            Some(_) => {}
        }
    }
    for sample in prometheus.query(&format!("max by (job) (time() - timestamp(up)) > {STALE}"), None)? {
        problems.push(format!("{}: the last scrape was {:.0} s ago", sample.label("job"), sample.value));
    }
    let counts: Vec<_> = jobs.iter().map(|(job, (up, all))| format!("{job} {up}/{all}")).collect();
    Ok(State::of(problems, format!("up: {}", counts.join(", "))))
}

fn text<'t>(target: &'t Value, label: &str) -> &'t str {
    target["labels"][label].as_str().unwrap_or_default()
}

fn error(target: &Value) -> &str {
    target["lastError"].as_str().filter(|error| !error.is_empty()).unwrap_or("without a reason")
}

fn others(job: &str, jobs: &BTreeMap<&str, (usize, usize)>) -> String {
    let near = jobs.keys().find(|other| other.to_lowercase() == job.to_lowercase());
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the jobs are {}", jobs.keys().copied().collect::<Vec<_>>().join(", ")),
    }
}
