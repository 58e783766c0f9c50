//! Lints metric families by the rules of `promtool check metrics` and of Prometheus' naming page, except the rules that
//! the compiler already enforces.

use std::collections::HashMap;
use std::fmt;

use crate::label::Cardinality;
use crate::metric::{Family, Kind, Spec, claimed_names};

/// A finding of the lint: a metric and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogFinding {
    /// The metric's name.
    pub metric: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for CatalogFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.metric, self.message)
    }
}

/// Words that name a unit, with the base unit to use instead.
///
/// Source: <https://prometheus.io/docs/practices/naming/#base-units> and `promtool check metrics`.
const UNITS: &[(&str, &str)] = &[
    ("s", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("ms", "seconds"),
    ("us", "seconds"),
    ("ns", "seconds"),
    ("milliseconds", "seconds"),
    ("microseconds", "seconds"),
    ("nanoseconds", "seconds"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("kb", "bytes"),
    ("mb", "bytes"),
    ("gb", "bytes"),
    ("kilobytes", "bytes"),
    ("megabytes", "bytes"),
    ("gigabytes", "bytes"),
    ("bits", "bytes"),
    ("percent", "ratio"),
    ("pct", "ratio"),
    ("celcius", "celsius"),
    ("fahrenheit", "celsius"),
];

/// Number of possible series of one metric above which the lint checks its budgets.
const MANY_SERIES: usize = 2_000_000;

/// Checks each of `families`, and that their names do not collide.
pub fn lint(families: &[&'static dyn Family]) -> Vec<CatalogFinding> {
    let specs: Vec<_> = families.iter().flat_map(|family| family.specs()).collect();
    let mut findings = Vec::new();
    let mut names = HashMap::new();
    for spec in &specs {
        let mut find = |message: String| findings.push(CatalogFinding { metric: spec.name.to_owned(), message });
        for name in claimed_names(spec.name, spec.kind) {
            if let Some(other) = names.insert(name, spec.name) {
                find(if other == spec.name {
                    "two metrics have this name: rename one of them".to_owned()
                } else {
                    format!("its lines and those of `{other}` would share a name: rename one of them")
                });
                break;
            }
        }
        check_help(spec, &mut find);
        check_words(spec, &mut find);
        check_labels(spec, &mut find);
    }
    findings
}

fn check_help(spec: &Spec, find: &mut impl FnMut(String)) {
    if !spec.help.ends_with('.') || !spec.help.starts_with(|first: char| first.is_uppercase()) {
        find(
            "the help text is not a sentence: begin its doc comment with a capital letter and end it with a full stop"
                .to_owned(),
        );
    }
}

fn check_words(spec: &Spec, find: &mut impl FnMut(String)) {
    for word in spec.name.split('_') {
        if let Some((_, base)) = UNITS.iter().find(|(unit, _)| *unit == word) {
            find(format!("`{word}` is not a base unit: measure in {base} and say so in the name"));
        }
        if matches!(word, "counter" | "gauge" | "histogram" | "summary" | "metric") {
            find(format!("`{word}` is what the metric is, not what it measures: leave it out of the name"));
        }
    }
}

fn check_labels(spec: &Spec, find: &mut impl FnMut(String)) {
    for label in spec.labels {
        // The first word names the subject of the family, so a label may have the same name, as in
        // `cache_requests_total`. So may the word before `duration`, as in `lock_wait_duration_seconds`.
        let words: Vec<_> = spec.name.split('_').chain([""]).collect();
        let stands = |pair: &[&str]| pair[0] == label.key && pair[1] != "duration";
        if words[1..].windows(2).any(stands) && spec.kind != Kind::Gauge {
            find(format!("the label `{}` stands in the name too: leave it out of one", label.key));
        }
        if let Cardinality::Closed(values) = label.values {
            for (at, value) in values.iter().enumerate() {
                if values[..at].contains(value) {
                    find(format!("the label `{}` has the value `{value}` twice: rename one variant", label.key));
                }
            }
        }
    }
    let limit = spec.labels.iter().map(|label| label.values.limit()).fold(1_usize, usize::saturating_mul);
    if limit > MANY_SERIES && spec.labels.iter().all(|label| !matches!(label.values, Cardinality::Capped { .. })) {
        // Registered values are always admitted, so no budget of the recorder limits them.
        let registered =
            spec.labels.iter().filter(|label| matches!(label.values, Cardinality::Registered { .. })).count();
        if registered > 1 {
            find(format!("its labels allow {limit} series: lower the budgets where they are declared"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Counter, Gauge, Unit};

    #[test]
    fn our_own_families_are_clean() {
        let findings = lint(super::super::FAMILIES);
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn each_rule_finds_its_breach() {
        crate::metric::family! {
            /// Everything wrong.
            static WRONG: WrongMetrics {
                /// no sentence
                help: Counter<()> = Counter::new("wrong_help_total", Unit::None);
                /// Time in the wrong unit.
                unit: Gauge<()> = Gauge::new("wrong_delay_ms", Unit::None);
                /// Names its own kind.
                kind: Gauge<()> = Gauge::new("wrong_kind_gauge", Unit::None);
            }
        }
        let found: Vec<_> = lint(&[&WRONG, &WRONG]).into_iter().map(|finding| finding.to_string()).collect();
        for part in ["is not a sentence", "is not a base unit", "not what it measures", "two metrics have this name"] {
            assert!(found.iter().any(|finding| finding.contains(part)), "{part}: {found:#?}");
        }
    }
}
