//! The example service as a target of a Prometheus that has every bundled rule and alert.

use mme_metrics::asset::{AssetKind, FILES};

use crate::prometheus::{Prometheus, Setup};
use crate::service::Service;

/// The job under which the service is scraped.
pub const JOB: &str = "trust-service";

/// Prepares a Prometheus that scrapes `service` every second and evaluates all bundled rules as often.
///
/// The rules are the bundled ones but for time: see `hurried`.
pub fn watching(service: &Service) -> Setup {
    watching_target(&service.address().to_string(), "/metrics")
}

/// Prepares a Prometheus that scrapes `path` of `target`, which is `host:port`, like [`watching`].
pub fn watching_target(target: &str, path: &str) -> Setup {
    let rules = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
    rules.fold(Prometheus::setup().scrape(JOB, target, path), |setup, file| setup.rules(hurried(file.text())))
}

/// Shortens how long an alert waits (`for:`) and outlasts its condition (`keep_firing_for:`), and how often a group is evaluated
/// (`interval:`), to a second each, on the lines that say so. Expressions stay as they are, with their ranges and thresholds.
pub fn hurried(rules: &str) -> String {
    let hurry = |line: &str| match line.split_once(':') {
        Some((key, _)) if matches!(key.trim_start(), "for" | "keep_firing_for" | "interval") => format!("{key}: 1s\n"),
        _ => format!("{line}\n"),
    };
    rules.lines().map(hurry).collect()
}
