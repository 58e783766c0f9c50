//! What the module of a family says about its metrics agrees with the catalogue: which there are, and how many lines they have.

use std::fs;

use mme_metrics::metric::{Kind, Spec};
use mme_metrics::{Cardinality, catalog};

use super::page::root;

/// Returns the documentation of a module of the crate, as one line.
fn docs(module: &str) -> String {
    let path = root().join("mme-metrics/src").join(module).join("mod.rs");
    let text = fs::read_to_string(path).expect("a module has a file");
    text.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Returns the folder of a family.
fn module(family: &'static str) -> &'static str {
    // The families of the library itself are declared beside that of the process.
    if matches!(family, "build" | "mme") { "process" } else { family }
}

/// Closed labels with one value for what the documentation counts the lines of: a dependency has one kind.
const GIVEN: [&str; 4] = ["http_request_method", "kind", "operation", "url_scheme"];

/// Returns the number of lines of a metric for one value of each open label, and of the closed labels in [`GIVEN`].
fn lines(spec: &Spec) -> usize {
    let values = spec.labels.iter().filter(|label| !GIVEN.contains(&label.key)).map(|label| match label.values {
        Cardinality::Closed(values) => values.len(),
        _ => 1,
    });
    let each = if spec.kind == Kind::Histogram { spec.buckets.len() + ["+Inf", "sum", "count"].len() } else { 1 };
    values.product::<usize>() * each
}

/// A number in the documentation of a module: the words, the number, and the metrics whose lines are counted.
type DocumentedCost = (&'static str, &'static str, usize, fn(&Spec) -> bool);

const SAID: [DocumentedCost; 26] = [
    ("cache", "Two series for each of", 2, |_| true),
    ("certificate", "seven series each", 7, |spec| spec.label("operation").is_none()),
    ("certificate", "a histogram of 18 lines", 18, |spec| spec.kind == Kind::Histogram),
    ("connection", "19 lines for each listener", 19, |spec| spec.name.starts_with("http_server_")),
    ("connection", "72 lines more with TLS", 72, |spec| spec.name.starts_with("tls_")),
    ("connection", "18 lines for each server of a client", 18, |spec| spec.name.starts_with("http_client_")),
    ("function", "a histogram of 18 lines", 18, |spec| spec.kind == Kind::Histogram),
    ("health", "200 dependencies with 20 lines each", 20, |spec| spec.label("dependency").is_some()),
    ("health", "100 backups with 6 each", 6, |spec| spec.label("backup").is_some()),
    ("health", "200 checks with 3 each", 3, |spec| spec.label("check").is_some()),
    ("http", "A series of the duration has 18 lines", 18, |spec| {
        spec.name == "http_server_request_duration_seconds" && spec.kind == Kind::Histogram
    }),
    ("isolation", "25 series", 25, |_| true),
    ("log", "Five series for each registered target", 5, |spec| spec.label("target").is_some()),
    ("log", "four for panics", 4, |spec| spec.label("target").is_none()),
    ("memory", "Four series for each allocator", 4, |spec| spec.label("allocator").is_some()),
    ("memory", "eight for the container", 8, |spec| spec.label("allocator").is_none()),
    ("process", "9 series for the process", 9, |spec| spec.family == "process"),
    ("process", "2 for each family", 2, |spec| spec.label("family").is_some()),
    ("process", "14 for the library", 14, |spec| {
        spec.family == "mme" && !spec.optional && spec.label("family").is_none() && spec.label("collector").is_none()
    }),
    ("process", "3 for each collector", 3, |spec| spec.label("collector").is_some()),
    ("process", "6 for an exporter of OTLP", 6, |spec| spec.name.starts_with("mme_otlp_")),
    ("runtime", "22 lines for each runtime", 22, |spec| !spec.optional),
    ("runtime", "of which the histogram has 16", 16, |spec| spec.kind == Kind::Histogram),
    ("runtime", "6 more with `--cfg tokio_unstable`", 6, |spec| spec.optional),
    ("slo", "Five series for each objective", 5, |_| true),
    ("spike", "There are six series", 6, |_| true),
];

#[test]
fn each_number_of_lines_is_that_of_the_catalogue() {
    for (name, words, number, counts) in SAID {
        assert!(docs(name).contains(words), "{name} does not say `{words}`");
        let families = catalog::FAMILIES.iter().filter(|family| module(family.name()) == name);
        let specs = families.flat_map(|family| family.specs()).filter(|spec| counts(spec));
        assert_eq!(specs.map(lines).sum::<usize>(), number, "{name}: {words}");
    }
}

#[test]
fn each_metric_stands_in_the_documentation_of_its_family() {
    let mut missing = Vec::new();
    for spec in catalog::FAMILIES.iter().flat_map(|family| family.specs()) {
        let docs = docs(module(spec.family));
        // `process_*` and `grpc_server_…` stand for all names that begin so.
        let mut prefixes = docs.split('`').filter_map(|part| part.strip_suffix(['*', '…']));
        let is_named = docs.split('`').any(|part| part == spec.name)
            || prefixes.any(|prefix| !prefix.is_empty() && spec.name.starts_with(prefix))
            || docs.contains("| all others |");
        if !is_named {
            missing.push(spec.name);
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
