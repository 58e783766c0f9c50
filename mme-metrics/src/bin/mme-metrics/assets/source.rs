//! The metrics of a user: from a running service, a saved exposition or a JSON catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use mme_metrics::asset::{AssetCheck, AssetFile, AssetKind};
use mme_metrics::catalog::FAMILIES;
use serde_json::{Value, json};

use crate::disk;
use crate::exposition::{self, Exposition};
use crate::fetch::Access;

/// Where the metrics of a user are listed.
#[derive(Args)]
pub(crate) struct Sources {
    /// Know the metrics of this `/metrics` page too: of a running service, or a saved one.
    #[arg(long, value_name = "URL|FILE")]
    metrics: Vec<String>,

    /// Know the metrics of this catalogue too, as `RecorderBuilder::catalog_json` writes it.
    #[arg(long, value_name = "FILE")]
    catalog: Vec<PathBuf>,

    /// Know this label of every series too: one that your Prometheus adds to its targets.
    #[arg(long, value_name = "LABEL")]
    target_label: Vec<String>,

    #[command(flatten)]
    access: Access,
}

/// The metrics of a user.
pub(crate) struct Metrics {
    /// The lists of metrics, as files that the asset check reads.
    pub(crate) lists: Vec<AssetFile>,
    /// The expositions.
    pub(crate) expositions: Vec<String>,
    pub(crate) target_labels: Vec<String>,
    /// The families of catalogues, with the names of their metrics.
    families: Vec<(String, Vec<String>)>,
}

impl Sources {
    pub(crate) fn read(self) -> Result<Metrics, String> {
        let mut metrics = Metrics {
            lists: Vec::new(),
            expositions: Vec::new(),
            target_labels: self.target_label,
            families: Vec::new(),
        };
        for source in &self.metrics {
            let text = exposition::read(source, &self.access)?;
            let name = exposition::name(source);
            metrics.lists.push(list(name.clone(), &of_exposition(&name, &text)?));
            metrics.expositions.push(text);
        }
        for path in &self.catalog {
            let text = disk::text(path)?;
            let name = path.display().to_string();
            let catalog: Value = serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
            let found = of_catalog(&catalog)
                .ok_or_else(|| format!("{name} is not a catalogue: write one with `RecorderBuilder::catalog_json`"))?;
            metrics.lists.push(list(name, &found));
            metrics.families.extend(families(&catalog));
        }
        Ok(metrics)
    }
}

impl Metrics {
    /// Returns the check that knows the metrics of this crate and the labels of the user's targets.
    pub(crate) fn check(&self) -> AssetCheck {
        let check = self.target_labels.iter().cloned().fold(AssetCheck::new(FAMILIES), AssetCheck::target_label);
        self.families.iter().fold(check, |check, (family, metrics)| {
            check.named_family(family, &metrics.iter().map(String::as_str).collect::<Vec<_>>())
        })
    }

    /// Returns the lists of metrics and then `files`, as the check takes them.
    pub(crate) fn with<'a>(&'a self, files: &'a [AssetFile]) -> impl Iterator<Item = AssetFile> + 'a {
        self.lists.iter().chain(files).cloned()
    }
}

/// Writes metrics as the list of an exporter. JSON is YAML.
fn list(name: String, metrics: &BTreeMap<String, Value>) -> AssetFile {
    let text = json!({ "exporter": "service", "version": "", "documentation": "", "metrics": metrics }).to_string();
    AssetFile::new(AssetKind::Exporter, name, text)
}

fn of_exposition(name: &str, text: &str) -> Result<BTreeMap<String, Value>, String> {
    let exposition = Exposition::parse(text);
    if let Some(problem) = exposition.problems.first() {
        return Err(format!("{name}:{}: {}", problem.line, problem.message));
    }
    let mut metrics = BTreeMap::new();
    for (family, content) in exposition.families.iter().filter(|(_, content)| !content.samples.is_empty()) {
        let (name, kind) = match content.kind {
            // A counter of OpenMetrics is declared without its suffix.
            "counter"
                if !family.ends_with("_total") && content.samples.iter().any(|(_, s)| s.name.ends_with("_total")) =>
            {
                (format!("{family}_total"), "counter")
            }
            kind @ ("counter" | "gauge" | "histogram" | "summary") => ((*family).to_owned(), kind),
            "info" => (format!("{family}_info"), "gauge"),
            _ => ((*family).to_owned(), "untyped"),
        };
        let own = |key: &&str| !(*key == "le" && kind == "histogram" || *key == "quantile" && kind == "summary");
        let labels =
            content.samples.iter().flat_map(|(_, sample)| sample.labels.iter().map(|(key, _)| *key)).filter(own);
        let labels: BTreeSet<_> = labels.collect();
        metrics.insert(name, json!({ "type": kind, "labels": labels }));
    }
    Ok(metrics)
}

fn of_catalog(catalog: &Value) -> Option<BTreeMap<String, Value>> {
    let mut metrics = BTreeMap::new();
    for family in catalog["families"].as_array()? {
        for metric in family["metrics"].as_array()? {
            let labels = metric["labels"].as_array()?.iter().map(|label| label["name"].as_str());
            let labels: Option<Vec<_>> = labels.collect();
            let kind = metric["type"].as_str().filter(|kind| matches!(*kind, "counter" | "gauge" | "histogram"))?;
            metrics.insert(metric["name"].as_str()?.to_owned(), json!({ "type": kind, "labels": labels? }));
        }
    }
    Some(metrics)
}

/// Lists the families of a catalogue, with the names of their metrics.
fn families(catalog: &Value) -> Vec<(String, Vec<String>)> {
    let families = catalog["families"].as_array().into_iter().flatten();
    let named = families.filter_map(|family| {
        let metrics = family["metrics"].as_array()?.iter().filter_map(|metric| metric["name"].as_str());
        Some((family["name"].as_str()?.to_owned(), metrics.map(str::to_owned).collect()))
    });
    named.collect()
}
