//! The command `mme-metrics catalog`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use mme_metrics::catalog::{self, FAMILIES};
use mme_metrics::label::Cardinality;
use mme_metrics::metric::{Kind, Spec};

use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Catalog {
    /// Write it like this.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    format: Format,

    /// Print how many lines each metric can have at most, instead of what it means.
    #[arg(long, conflicts_with = "format")]
    size: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Columns for a terminal.
    Table,
    /// What `assets check --catalog` reads.
    Json,
    /// The page METRICS.md.
    Markdown,
}

impl Catalog {
    pub(crate) fn run(&self) -> Outcome {
        Outcome::success(match self.format {
            _ if self.size => size(),
            Format::Table => table(),
            Format::Json => catalog::json(FAMILIES),
            Format::Markdown => catalog::table(FAMILIES),
        })
    }
}

fn specs() -> impl Iterator<Item = &'static Spec> {
    FAMILIES.iter().flat_map(|family| family.specs())
}

fn table() -> String {
    let mut text = String::new();
    for spec in specs() {
        let labels: Vec<_> = spec.labels.iter().map(|label| label.key).collect();
        let line = format!("{:<56} {:<9} {}", spec.name, spec.kind.as_str(), labels.join(", "));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Lists the lines of each metric: of one series, of all values of its closed labels, and of its budgets used up.
fn size() -> String {
    let mut text = format!("{:<56} {:>6} {:>10} {:>12}  multiplied by\n", "metric", "lines", "closed", "at most");
    for spec in specs() {
        let lines = lines(spec);
        let closed: usize = spec.labels.iter().map(|label| closed(&label.values)).fold(lines, usize::saturating_mul);
        let most = spec.labels.iter().map(|label| label.values.limit()).fold(lines, usize::saturating_mul);
        let open = spec.labels.iter().filter(|label| !matches!(label.values, Cardinality::Closed(_)));
        let open: Vec<_> = open.map(|label| format!("{} ({})", label.key, label.values.limit())).collect();
        let line = format!("{:<56} {lines:>6} {closed:>10} {most:>12}  {}", spec.name, open.join(" × "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str(
        "\nlines: of one series. closed: of every combination of closed labels. at most: of every combination, which the budgets \
         of the family (10 000 series) and of the process (100 000) bound again.\n",
    );
    text
}

fn lines(spec: &Spec) -> usize {
    match spec.kind {
        Kind::Histogram => spec.buckets.len() + 3,
        _ => 1,
    }
}

fn closed(values: &Cardinality) -> usize {
    match values {
        Cardinality::Closed(values) => values.len(),
        _ => 1,
    }
}
