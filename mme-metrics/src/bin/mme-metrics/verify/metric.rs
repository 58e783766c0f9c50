//! Checks that the metrics of this crate are there.

use std::collections::BTreeSet;

use mme_metrics::catalog::FAMILIES;
use mme_metrics::metric::{Kind, Spec};
use mme_metrics::process::MME;

use super::check::State;
use super::target::Expectation;
use crate::prometheus::Prometheus;

/// Returns the metric that every service with our recorder has.
fn proof() -> &'static str {
    MME.series.spec().name
}

/// Returns the name of a family if there is one.
pub(super) fn family(name: &str) -> Result<String, String> {
    if FAMILIES.iter().any(|family| family.name() == name) {
        return Ok(name.to_owned());
    }
    let names: Vec<_> = FAMILIES.iter().map(|family| family.name()).collect();
    Err(format!("the families are {}", names.join(", ")))
}

pub(super) fn check(prometheus: &Prometheus, jobs: &[Expectation], families: &[String]) -> Result<State, String> {
    let proof = proof();
    let specs: Vec<&Spec> = FAMILIES.iter().flat_map(|family| family.specs()).collect();
    let names: Vec<_> = specs.iter().map(|spec| series(spec)).collect();
    let all = format!("group by (job, __name__) ({{__name__=~\"{}\"}})", names.join("|"));
    let samples = prometheus.query(&all, None)?;
    let seen: BTreeSet<_> = samples.iter().map(|sample| (sample.label("job"), sample.label("__name__"))).collect();
    let ours: BTreeSet<_> = seen.iter().filter(|(_, name)| *name == proof).map(|(job, _)| *job).collect();
    let mut problems = Vec::new();
    if ours.is_empty() {
        problems.push(format!(
            "no target has the metrics of this crate ({proof}): scrape the path at which the service serves them"
        ));
    }
    for Expectation { job, .. } in jobs.iter().filter(|expected| !ours.contains(expected.job.as_str())) {
        if !ours.is_empty() {
            problems.push(format!("no target of job `{job}` has the metrics of this crate ({proof})"));
        }
    }
    let wanted: Vec<&str> =
        if jobs.is_empty() { ours.iter().copied().collect() } else { jobs.iter().map(|e| e.job.as_str()).collect() };
    for spec in specs.iter().filter(|spec| !spec.optional && families.iter().any(|family| family == spec.family)) {
        let series = series(spec);
        if !wanted.iter().any(|job| seen.contains(&(*job, series.as_str()))) {
            problems.push(format!(
                "no target has `{}` of the family `{}`: record it, or switch it on",
                spec.name, spec.family
            ));
        }
    }
    let covered = FAMILIES
        .iter()
        .filter(|family| family.specs().iter().any(|spec| seen.iter().any(|(_, name)| *name == series(spec))));
    let covered: Vec<_> = covered.map(|family| family.name()).collect();
    let jobs: Vec<_> = ours.into_iter().collect();
    Ok(State::of(problems, format!("job {} with the families {}", jobs.join(", "), covered.join(", "))))
}

/// Returns the name of a series that a metric always has.
fn series(spec: &Spec) -> String {
    let suffix = if spec.kind == Kind::Histogram { "_count" } else { "" };
    format!("{}{suffix}", spec.name)
}
