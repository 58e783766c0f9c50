//! The command `mme-metrics cardinality`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use clap::Args;

use crate::exposition::{self, Exposition, Family};
use crate::fetch::Access;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Cardinality {
    /// The address of a `/metrics` page, or a file with one.
    #[arg(value_name = "URL|FILE")]
    source: String,

    /// List this many metrics.
    #[arg(long, value_name = "N", default_value = "20")]
    top: usize,

    #[command(flatten)]
    access: Access,
}

/// What one metric costs.
struct Cost<'t> {
    name: &'t str,
    lines: usize,
    /// The label with the most values, without those of buckets and quantiles.
    widest: Option<(&'t str, usize)>,
}

impl Cardinality {
    pub(crate) fn run(&self) -> Result<Outcome, String> {
        let text = exposition::read(&self.source, &self.access)?;
        let exposition = Exposition::parse(&text);
        if let Some(problem) = exposition.problems.first() {
            return Err(format!("line {} cannot be read: {}", problem.line, problem.message));
        }
        Ok(Outcome::success(report(&exposition, self.top)))
    }
}

fn report(exposition: &Exposition<'_>, top: usize) -> String {
    let mut costs: Vec<_> = exposition.families.iter().map(|(name, family)| cost(name, family)).collect();
    costs.sort_by_key(|cost| (Reverse(cost.lines), cost.name));
    let total: usize = costs.iter().map(|cost| cost.lines).sum();
    let mut text = format!("{total} lines of {} metrics\n", costs.len());
    // Writing to a string cannot fail, here and below.
    if let Some(worst) = costs.first().filter(|worst| worst.lines > 0) {
        let _ = writeln!(text, "worst metric: {}, {} lines, {}", worst.name, worst.lines, share(worst.lines, total));
    }
    if let Some((label, values, name)) = worst_label(&costs) {
        let _ = writeln!(text, "worst label: {label} of {name}, {values} values");
    }
    let _ = writeln!(text, "\n{:>8}  {:>6}  {:<56} widest label", "lines", "share", "metric");
    for cost in costs.iter().take(top) {
        let widest = cost.widest.map(|(label, values)| format!("{label}: {values}")).unwrap_or_default();
        let line = format!("{:>8}  {:>6}  {:<56} {widest}", cost.lines, share(cost.lines, total), cost.name);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn worst_label<'t>(costs: &[Cost<'t>]) -> Option<(&'t str, usize, &'t str)> {
    let labels = costs.iter().filter_map(|cost| cost.widest.map(|(label, values)| (label, values, cost.name)));
    labels.max_by_key(|(label, values, name)| (*values, Reverse(*label), Reverse(*name)))
}

fn cost<'t>(name: &'t str, family: &Family<'t>) -> Cost<'t> {
    let mut values: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    for (key, value) in family.samples.iter().flat_map(|(_, sample)| &sample.labels) {
        if !matches!(*key, "le" | "quantile") {
            values.entry(key).or_default().insert(value);
        }
    }
    let widest = values.into_iter().map(|(key, values)| (key, values.len()));
    let widest = widest.max_by_key(|(key, values)| (*values, Reverse(*key)));
    Cost { name, lines: family.samples.len(), widest }
}

fn share(part: usize, whole: usize) -> String {
    // There is no line of a total of 0.
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_metric_and_label_are_named() {
        let text = "# TYPE a histogram\na_bucket{x=\"1\",le=\"1\"} 1\na_bucket{x=\"1\",le=\"+Inf\"} 1\na_sum{x=\"1\"} 1\n\
                    a_count{x=\"1\"} 1\nb{y=\"1\"} 1\nb{y=\"2\"} 1\nb{y=\"3\"} 1\n";
        let report = report(&Exposition::parse(text), 1);
        assert_eq!(
            report.lines().take(3).collect::<Vec<_>>(),
            ["7 lines of 2 metrics", "worst metric: a, 4 lines, 57.1 %", "worst label: y of b, 3 values",]
        );
        assert_eq!(
            report.lines().last(),
            Some("       4  57.1 %  a                                                        x: 1")
        );
        assert_eq!(super::report(&Exposition::default(), 5).lines().next(), Some("0 lines of 0 metrics"));
    }
}
