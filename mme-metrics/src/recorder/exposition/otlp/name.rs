//! Names and units of metrics, and keys of attributes, as OpenTelemetry spells them.
//!
//! A receiver that exports to Prometheus makes a name of them: dots become underscores, the unit is appended as a word unless the
//! name has that word already, `_total` is appended to counters, and `_ratio` to gauges of the unit `1`. What is sent here is such
//! that the result is the name of the exposition.

use super::super::super::family::MetricFamily;
use crate::metric::{Kind, Unit};

/// Metrics of the catalogue that OpenTelemetry's semantic conventions name, without the endings that a receiver appends, and the
/// unit of those that count things.
const CONVENTIONS: [(&str, &str); 19] = [
    ("http.server.request.duration", ""),
    ("http.server.active_requests", "{request}"),
    ("http.server.request.body.size", ""),
    ("http.server.response.body.size", ""),
    ("http.client.request.duration", ""),
    ("http.client.active_requests", "{request}"),
    ("http.client.open_connections", "{connection}"),
    ("http.client.connection.duration", ""),
    ("rpc.server.call.duration", ""),
    ("rpc.client.call.duration", ""),
    ("db.client.operation.duration", ""),
    ("db.client.response.returned_rows", "{row}"),
    ("db.client.connection.max", "{connection}"),
    ("db.client.connection.idle.min", "{connection}"),
    ("db.client.connection.pending_requests", "{request}"),
    ("db.client.connection.timeouts", "{timeout}"),
    ("db.client.connection.wait_time", ""),
    ("db.client.connection.use_time", ""),
    ("db.client.connection.create_time", ""),
];

/// Labels that the semantic conventions name.
const ATTRIBUTES: [&str; 18] = [
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "url.scheme",
    "server.address",
    "server.port",
    "network.protocol.name",
    "network.protocol.version",
    "error.type",
    "rpc.method",
    "rpc.system.name",
    "db.system.name",
    "db.operation.name",
    "db.namespace",
    "db.collection.name",
    "db.client.connection.pool.name",
    "db.client.connection.state",
    "geo.country.iso_code",
];

/// The name and the unit of a metric.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MetricName {
    pub(super) name: String,
    pub(super) unit: &'static str,
}

impl MetricName {
    pub(super) fn of(family: &MetricFamily) -> Self {
        Self::translate(&family.name, family.kind, family.spec.map(|spec| spec.unit))
    }

    /// Translates the name of an exposition. `declared` is the unit of a metric of a family; that of any other metric is what its
    /// name says.
    ///
    /// A name that the conventions do not have keeps the word of its unit, which a receiver then does not append. Without it, two
    /// metrics that differ in the unit alone would have one name.
    fn translate(name: &str, kind: Kind, declared: Option<Unit>) -> Self {
        let stem = match kind {
            Kind::Counter => name.strip_suffix("_total").filter(|stem| !stem.is_empty()).unwrap_or(name),
            Kind::Gauge | Kind::Histogram => name,
        };
        let (end, unit) = match declared.unwrap_or_else(|| named(stem)) {
            Unit::None => ("", ""),
            Unit::Seconds => ("_seconds", "s"),
            Unit::Bytes => ("_bytes", "By"),
            Unit::Ratio => ("_ratio", "1"),
        };
        let rest = stem.strip_suffix(end).filter(|_| declared.is_some());
        // A metric without a unit counts things, and the conventions say which.
        let is_known = |(name, counted): &&(&str, &str)| {
            counted.is_empty() != unit.is_empty() && rest.is_some_and(|rest| is_spelling(name, rest))
        };
        if let Some((name, counted)) = CONVENTIONS.iter().find(is_known) {
            return Self { name: (*name).to_owned(), unit: if unit.is_empty() { counted } else { unit } };
        }
        // A receiver keeps one of several words `ratio` in the name of a gauge of this unit.
        let is_ambiguous = unit == "1" && stem.split('_').filter(|word| *word == "ratio").count() > 1;
        Self { name: stem.to_owned(), unit: if is_ambiguous { "" } else { unit } }
    }
}

/// Returns the unit that the end of a foreign name says.
fn named(stem: &str) -> Unit {
    match stem.rsplit('_').next() {
        Some("seconds") => Unit::Seconds,
        Some("bytes") => Unit::Bytes,
        // A name that ends in `ratio` is often a percentage, so it says no unit.
        _ => Unit::None,
    }
}

/// Returns the key of an attribute for the key of a label.
pub(super) fn attribute(key: &str) -> &str {
    ATTRIBUTES.iter().find(|name| is_spelling(name, key)).map_or(key, |name| name)
}

/// Returns whether `name` with underscores in place of its dots is `other`.
fn is_spelling(name: &str, other: &str) -> bool {
    let plain = name.bytes().map(|byte| if byte == b'.' { b'_' } else { byte });
    name.len() == other.len() && plain.eq(other.bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalog;

    /// What Prometheus' OTLP receiver and the Collector's exporter make of a name, by their published rules.
    fn received(name: &MetricName, kind: Kind) -> String {
        let is_word = |character: char| character.is_ascii_alphanumeric() || character == ':';
        let mut words: Vec<&str> =
            name.name.split(|character| !is_word(character)).filter(|word| !word.is_empty()).collect();
        let word = match name.unit {
            "s" => "seconds",
            "By" => "bytes",
            "" | "1" => "",
            unit if unit.starts_with('{') && unit.ends_with('}') => "",
            other => panic!("a unit without a rule: {other}"),
        };
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
        if kind == Kind::Counter {
            words.retain(|word| *word != "total");
            words.push("total");
        }
        if name.unit == "1" && kind == Kind::Gauge {
            words.retain(|word| *word != "ratio");
            words.push("ratio");
        }
        words.join("_")
    }

    #[test]
    fn a_receiver_makes_our_name_of_every_metric_of_the_catalogue() {
        let specs: Vec<_> = catalog::FAMILIES.iter().flat_map(|family| family.specs()).collect();
        for spec in &specs {
            let sent = MetricName::translate(spec.name, spec.kind, Some(spec.unit));
            assert_eq!(received(&sent, spec.kind), spec.name, "{sent:?}");
            assert_eq!(sent.unit == "s", spec.unit == Unit::Seconds, "{sent:?}");
            assert_eq!(sent.unit == "By", spec.unit == Unit::Bytes, "{sent:?}");
        }
        for (name, _) in CONVENTIONS {
            let sent = |spec: &&&crate::metric::Spec| {
                MetricName::translate(spec.name, spec.kind, Some(spec.unit)).name == name
            };
            assert_eq!(specs.iter().filter(sent).count(), 1, "{name}");
        }
    }

    #[test]
    fn no_two_metrics_have_one_name() {
        // OpenTelemetry compares names without regard to case.
        let specs = catalog::FAMILIES.iter().flat_map(|family| family.specs());
        let mut names = HashSet::new();
        for spec in specs {
            let sent = MetricName::translate(spec.name, spec.kind, Some(spec.unit));
            assert!(names.insert(sent.name.to_ascii_lowercase()), "{sent:?}");
        }
        let [seconds, bytes] = [("size_seconds", Unit::Seconds), ("size_bytes", Unit::Bytes)]
            .map(|(name, unit)| MetricName::translate(name, Kind::Gauge, Some(unit)).name);
        assert_ne!(seconds, bytes);
    }

    #[test]
    fn words_for_shares_are_kept_in_families_of_the_user() {
        for (name, kind) in [("ratio_of_hits_ratio", Kind::Gauge), ("hit_ratio_total", Kind::Counter)] {
            let sent = MetricName::translate(name, kind, Some(Unit::Ratio));
            assert_eq!(received(&sent, kind), name, "{sent:?}");
        }
    }

    #[test]
    fn a_receiver_keeps_the_names_of_other_crates() {
        for (name, kind) in [
            ("jobs_total", Kind::Counter),
            ("jobs_seconds_total", Kind::Counter),
            ("sent_bytes_total", Kind::Counter),
            ("hit_ratio_total", Kind::Counter),
            ("hit_ratio", Kind::Gauge),
            ("ratio_of_hits_ratio", Kind::Gauge),
            ("level", Kind::Gauge),
            ("level_total", Kind::Gauge),
            ("seconds", Kind::Gauge),
            ("seconds_in_seconds", Kind::Gauge),
            ("bytes_per_seconds", Kind::Gauge),
            ("hit_ratio", Kind::Histogram),
            ("ratio", Kind::Gauge),
            ("latency_seconds", Kind::Histogram),
            ("size_bytes", Kind::Histogram),
            ("http_server_request_duration", Kind::Histogram),
        ] {
            let sent = MetricName::translate(name, kind, None);
            assert_eq!(received(&sent, kind), name, "{sent:?}");
        }
    }

    #[test]
    fn names_and_units_are_those_of_the_conventions() {
        let sent = |name, kind, unit| {
            let MetricName { name, unit } = MetricName::translate(name, kind, unit);
            (name, unit)
        };
        let of = |name: &str, unit| (name.to_owned(), unit);
        assert_eq!(
            sent("http_server_request_duration_seconds", Kind::Histogram, Some(Unit::Seconds)),
            of("http.server.request.duration", "s")
        );
        assert_eq!(
            sent("http_server_active_requests", Kind::Gauge, Some(Unit::None)),
            of("http.server.active_requests", "{request}")
        );
        assert_eq!(sent("slo_objective_ratio", Kind::Gauge, Some(Unit::Ratio)), of("slo_objective_ratio", "1"));
        assert_eq!(sent("_total", Kind::Counter, None), of("_total", ""));
    }

    #[test]
    fn a_receiver_makes_our_key_of_every_attribute() {
        let keys = catalog::FAMILIES.iter().flat_map(|family| family.specs()).flat_map(|spec| spec.labels);
        let mut known = 0;
        for label in keys {
            let key = attribute(label.key);
            assert_eq!(key.replace('.', "_"), label.key);
            known += usize::from(key.contains('.'));
        }
        assert!(known > ATTRIBUTES.len());
        assert_eq!(attribute("http_request_method"), "http.request.method");
        assert_eq!(attribute("region"), "region");
    }
}
