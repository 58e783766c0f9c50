//! The command `mme-metrics assets keep`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mme_metrics::asset::AssetUse;
use serde_json::json;

use super::source::Sources;
use super::used;
use crate::outcome::Outcome;

/// Longest line of a regular expression in the YAML output.
const WIDTH: usize = 100;

#[derive(Args)]
pub(crate) struct Keep {
    /// Rules, dashboards and runbooks, or directories with them: all that Prometheus and Grafana load [default: the bundled ones]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    sources: Sources,

    /// Also drop every label that no used metric declares. Name labels that you add to targets by `--target-label`.
    #[arg(long)]
    labels: bool,

    /// Write the list like this.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "relabel")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// `metric_relabel_configs` of Prometheus.
    Relabel,
    /// One name a line.
    List,
    /// A list of objects, with the labels of each series and the files that read it.
    Json,
}

impl Keep {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let metrics = self.sources.read()?;
        let uses = used::list(&self.paths, &metrics)?;
        Ok(Outcome::success(match self.format {
            Format::List => uses.iter().map(|used| used.series.as_str()).collect::<Vec<_>>().join("\n"),
            Format::Json => json(&uses),
            Format::Relabel => {
                let mut text = names(&uses);
                if self.labels {
                    text += &labels(&uses, &metrics.target_labels)?;
                }
                text
            }
        }))
    }
}

fn json(uses: &[AssetUse]) -> String {
    let list = uses.iter().map(|used| json!({ "series": used.series, "labels": used.labels, "files": used.files }));
    format!("{:#}\n", json!(list.collect::<Vec<_>>()))
}

/// Returns the rule that keeps the used metrics. A histogram is kept as a whole, because half of one is refused or useless.
fn names(uses: &[AssetUse]) -> String {
    let mut names = BTreeSet::new();
    for used in uses {
        match ["_bucket", "_sum", "_count"].iter().find_map(|suffix| used.series.strip_suffix(suffix)) {
            Some(stem) => names.extend(["_bucket", "_sum", "_count"].map(|suffix| format!("{stem}{suffix}"))),
            None => drop(names.insert(used.series.clone())),
        }
    }
    format!(
        "# Keeps the metrics that the rules, dashboards and runbooks read: {} names. Put it into a scrape configuration.\n\
         metric_relabel_configs:\n{}",
        names.len(),
        rule("keep", Some("__name__"), &names)
    )
}

/// Returns the rule that drops undeclared labels.
fn labels(uses: &[AssetUse], target_labels: &[String]) -> Result<String, String> {
    let unknown: Vec<_> = uses.iter().filter(|used| used.labels.is_none()).map(|used| used.series.as_str()).collect();
    if !unknown.is_empty() {
        return Err(format!(
            "the labels of {} are unknown, so none can be dropped: name a page that has them by --metrics, or leave out --labels",
            unknown.join(", ")
        ));
    }
    let fixed = ["__name__", "job", "instance", "cluster", "namespace", "le", "quantile"].map(str::to_owned);
    let own = uses.iter().filter_map(|used| used.labels.as_ref()).flatten().cloned();
    let all: BTreeSet<_> = fixed.into_iter().chain(own).chain(target_labels.iter().cloned()).collect();
    Ok(rule("labelkeep", None, &all))
}

/// Writes a rule, with its regular expression on lines of bounded width.
fn rule(action: &str, source: Option<&str>, names: &BTreeSet<String>) -> String {
    let mut text = String::from("  -");
    // Writing to a string cannot fail, here and below.
    if let Some(source) = source {
        let _ = write!(text, " source_labels: [{source}]\n   ");
    }
    let _ = write!(text, " action: {action}\n    regex: \"");
    let mut width = 0;
    for (at, name) in names.iter().enumerate() {
        let bar = if at == 0 { "" } else { "|" };
        if width + name.len() > WIDTH {
            // YAML drops a line end after a backslash, and the spaces that follow.
            text.push_str("\\\n      ");
            width = 0;
        }
        let _ = write!(text, "{bar}{name}");
        width += name.len() + bar.len();
    }
    text + "\"\n"
}
