//! Formats the catalogue as a Markdown page.

use std::fmt::Write as _;

use crate::label::Cardinality;
use crate::metric::{Family, Kind, Spec};

/// Formats `families` as Markdown, with a section for each family and a row for each metric.
pub fn table(families: &[&'static dyn Family]) -> String {
    let mut page = String::new();
    for family in families {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(page, "## {}\n\n{}\n", family.name(), family.help());
        page.push_str("| metric | type | labels | what it says |\n|---|---|---|---|\n");
        for spec in family.specs() {
            let off = if spec.optional { ", opt" } else { "" };
            let help = spec.help.replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {}{off} | {} | {help} |", spec.name, kind(spec), labels(spec));
        }
        page.push('\n');
    }
    page
}

fn kind(spec: &Spec) -> String {
    match spec.kind {
        Kind::Counter | Kind::Gauge => spec.kind.as_str().to_owned(),
        Kind::Histogram => {
            let bounds: Vec<_> = spec.buckets.iter().map(ToString::to_string).collect();
            format!("histogram: {}", bounds.join(" "))
        }
    }
}

fn labels(spec: &Spec) -> String {
    let describe = |values: &Cardinality| match values {
        Cardinality::Closed(values) => {
            let shown: Vec<_> = values.iter().map(|value| if value.is_empty() { "(none)" } else { value }).collect();
            shown.join(", ")
        }
        Cardinality::Bounded(limit) => format!("at most {limit}"),
        Cardinality::Registered { budget, fallback } => format!("registered, at most {budget}, else `{fallback}`"),
        Cardinality::Capped { budget } => format!("the first {budget}, then `_overflow`"),
    };
    let labels = spec.labels.iter().map(|label| format!("`{}`: {}", label.key, describe(&label.values)));
    labels.collect::<Vec<_>>().join("<br>")
}
