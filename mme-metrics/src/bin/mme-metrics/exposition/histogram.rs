//! Checks the series of histograms: their buckets only grow, and the last one counts everything.

use std::collections::BTreeMap;

use super::{Family, Problem, Sample};

/// The series of one histogram with the same labels.
#[derive(Default)]
struct Series {
    line: usize,
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    has_sum: bool,
}

pub(super) fn check(name: &str, family: &Family<'_>, problems: &mut Vec<Problem>) {
    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for (line, sample) in &family.samples {
        let series = all.entry(key(sample)).or_default();
        series.line = series.line.max(*line);
        match sample.name.strip_prefix(name) {
            Some("_bucket") => match sample.label("le").map(str::parse::<f64>) {
                Some(Ok(bound)) => series.buckets.push((bound, sample.value)),
                Some(Err(_)) => problems.push(problem(*line, "the label `le` of this bucket is not a number")),
                None => problems.push(problem(*line, "this bucket has no label `le`: add its upper bound")),
            },
            Some("_count") => series.count = Some(sample.value),
            Some("_sum") => series.has_sum = true,
            _ => {}
        }
    }
    for series in all.values_mut() {
        series.buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        if let Some(message) = wrong(name, series) {
            problems.push(Problem { line: series.line, message });
        }
    }
}

fn wrong(name: &str, series: &Series) -> Option<String> {
    let last = series.buckets.last().filter(|(bound, _)| bound.is_infinite());
    let Some((_, all)) = last else {
        return Some(format!(
            "the histogram `{name}` has no bucket with le=\"+Inf\": add it, with the count of all events"
        ));
    };
    if let Some(pair) = series.buckets.windows(2).find(|pair| pair[0].1 > pair[1].1) {
        return Some(format!(
            "the buckets of `{name}` are not cumulative: le=\"{}\" has {} and le=\"{}\" has {}",
            pair[0].0, pair[0].1, pair[1].0, pair[1].1
        ));
    }
    match series.count {
        None => Some(format!("the histogram `{name}` has no `{name}_count`: add it")),
        // Counts are whole numbers, so equal ones are equal bit for bit.
        Some(count) if count.to_bits() != all.to_bits() => {
            Some(format!("`{name}_count` is {count}, and the bucket le=\"+Inf\" has {all}: they count the same events"))
        }
        Some(_) if !series.has_sum => Some(format!("the histogram `{name}` has no `{name}_sum`: add it")),
        Some(_) => None,
    }
}

/// Returns the labels without `le`.
fn key(sample: &Sample<'_>) -> String {
    let mut labels: Vec<_> = sample.labels.iter().filter(|(key, _)| *key != "le").collect();
    labels.sort_unstable();
    format!("{labels:?}")
}

fn problem(line: usize, message: &str) -> Problem {
    Problem { line, message: message.to_owned() }
}
