//! Finds what is wrong with an exposition as a whole.

use std::collections::{HashMap, HashSet};

use super::{Exposition, Line, Problem, Sample, histogram, line};

/// The types of the text format and of OpenMetrics.
const KINDS: [&str; 9] =
    ["counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset", "gaugehistogram"];

/// Lists what is wrong with an exposition, by line.
pub(crate) fn lint(text: &str) -> Vec<Problem> {
    let exposition = Exposition::parse(text);
    let mut problems = exposition.problems.clone();
    order(text, &exposition, &mut problems);
    for (name, family) in &exposition.families {
        if family.kind == "histogram" {
            histogram::check(name, family, &mut problems);
        }
        for (number, sample) in &family.samples {
            let counts = family.kind == "counter" && !sample.name.ends_with("_created");
            if counts && (sample.value < 0.0 || sample.value.is_nan()) {
                let message =
                    format!("the counter `{}` has the value {}: it can only grow from 0", sample.name, sample.value);
                problems.push(Problem { line: *number, message });
            }
        }
        if let Some((number, _)) = family.samples.first().filter(|_| family.kind.is_empty()) {
            let message =
                format!("`{name}` has no `# TYPE` line before it: add one, so that tools know how to read it");
            problems.push(Problem { line: *number, message });
        }
        let counter = family.kind == "counter" && family.samples.iter().any(|(_, sample)| !ends_like_a_counter(sample));
        if let Some((number, sample)) = family.samples.first().filter(|_| counter) {
            let message = format!("the counter `{}` should end in `_total`: rename it", sample.name);
            problems.push(Problem { line: *number, message });
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

fn ends_like_a_counter(sample: &Sample<'_>) -> bool {
    sample.name.ends_with("_total") || sample.name.ends_with("_created")
}

/// Checks what depends on the order of lines.
fn order(text: &str, exposition: &Exposition<'_>, problems: &mut Vec<Problem>) {
    let mut types: HashMap<&str, usize> = HashMap::new();
    let mut series: HashMap<String, usize> = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut current, mut ended) = ("", false);
    // Unlike `lines`, this keeps carriage returns.
    for (number, text) in (1..).zip(text.split_terminator('\n')) {
        let mut find = |message: String| problems.push(Problem { line: number, message });
        if text.ends_with('\r') {
            find("the line ends in a carriage return: end lines with a line feed only".to_owned());
        }
        let Ok(line) = line(text) else { continue };
        if ended && !matches!(line, Line::Other) {
            find("this stands after `# EOF`: nothing may follow it".to_owned());
        }
        match line {
            Line::Type { name, kind } => {
                if !KINDS.contains(&kind) {
                    find(format!("{kind:?} is not a type: write counter, gauge, histogram, summary or untyped"));
                }
                if let Some(first) = types.insert(name, number) {
                    find(format!("`{name}` has a type already, on line {first}: remove one of the lines"));
                } else if seen.contains(name) {
                    find(format!("the type of `{name}` stands after its samples: move it before them"));
                }
            }
            Line::Sample(sample) => {
                let family = exposition.family_of(sample.name);
                if family != current {
                    if !seen.insert(family) {
                        find(format!("the samples of `{family}` are not together: write them one after the other"));
                    }
                    current = family;
                }
                if let Some(first) = series.insert(sample.series(), number) {
                    find(format!(
                        "this series of `{}` stands on line {first} already: write each series once",
                        sample.name
                    ));
                }
                if sample.has_timestamp {
                    find(
                        "the sample has a timestamp: leave it out, so that Prometheus notices when the series ends"
                            .to_owned(),
                    );
                }
            }
            Line::End => ended = true,
            Line::Help | Line::Other => {}
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        let message = "the last line does not end: end it with a line feed, or it may be cut off".to_owned();
        problems.push(Problem { line: text.lines().count(), message });
    }
    if text.is_empty() {
        problems.push(Problem {
            line: 1,
            message: "there are no metrics: nothing was recorded, or this is another page".to_owned(),
        });
    }
}
