//! Parses the files that list the documented metrics of an exporter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::asset::{AssetFile, AssetKind};

/// A file that lists the metrics of one exporter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exporter {
    /// The name of the exporter.
    #[serde(rename = "exporter")]
    name: String,
    /// The version of the exporter that has these metrics.
    #[serde(rename = "version")]
    _version: String,
    /// The URL of the exporter's documentation.
    #[serde(rename = "documentation")]
    _documentation: String,
    pub(super) metrics: BTreeMap<String, Metric>,
}

impl Exporter {
    /// Returns whether this is a list of what the service itself exposes, and not an exporter beside it.
    pub(super) fn is_service(&self) -> bool {
        self.name == "service"
    }
}

/// A metric, as in the exporter's exposition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metric {
    #[serde(rename = "type")]
    pub(super) kind: MetricType,
    /// Labels that every version has.
    #[serde(default)]
    labels: Vec<String>,
    /// Labels that depend on the version or on its configuration.
    #[serde(default)]
    optional_labels: Vec<String>,
}

/// The type that an exposition declares.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MetricType {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Untyped,
}

impl Metric {
    /// Returns every label that a series may have.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().chain(&self.optional_labels).map(String::as_str)
    }
}

/// Parses a list of metrics.
pub(super) fn parse(text: &str) -> Result<Exporter, String> {
    serde_saphyr::from_str(text).map_err(|error| format!("not a list of an exporter's metrics: {error}"))
}

/// Lists the histograms of exporters in `files`, without those of the service itself.
pub(in crate::asset) fn histograms<'f>(files: impl Iterator<Item = &'f AssetFile>) -> BTreeSet<String> {
    let lists = files.filter(|file| file.kind() == AssetKind::Exporter).filter_map(|file| parse(file.text()).ok());
    let metrics = lists.filter(|list| !list.is_service()).flat_map(|list| list.metrics);
    metrics.filter(|(_, metric)| matches!(metric.kind, MetricType::Histogram)).map(|(name, _)| name).collect()
}
