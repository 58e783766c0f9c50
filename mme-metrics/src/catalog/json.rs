//! Formats the catalogue as JSON, for tools.

use serde_json::{Value, json};

use crate::label::Cardinality;
use crate::metric::{Family, Spec};

/// Formats `families` as JSON: what `mme-metrics assets check --catalog` reads.
///
/// ```
/// use mme_metrics::catalog;
///
/// let text = catalog::json(catalog::FAMILIES);
/// assert!(text.contains("\"name\": \"http_server_request_duration_seconds\""));
/// ```
pub fn json(families: &[&'static dyn Family]) -> String {
    with_buckets(families, &[])
}

/// Formats `families` as JSON, with buckets that replace the declared ones.
pub(crate) fn with_buckets(families: &[&'static dyn Family], buckets: &[(String, Vec<f64>)]) -> String {
    let families = families.iter().map(|family| {
        let metrics: Vec<_> = family.specs().into_iter().map(|spec| metric(spec, buckets)).collect();
        json!({ "name": family.name(), "help": family.help(), "metrics": metrics })
    });
    let catalog = json!({ "format": 1, "families": families.collect::<Vec<_>>() });
    format!("{catalog:#}\n")
}

fn metric(spec: &Spec, buckets: &[(String, Vec<f64>)]) -> Value {
    // The last of several lists holds, as in the recorder.
    let replaced = buckets.iter().rev().find(|(name, _)| name == spec.name);
    let bounds = replaced.map_or(spec.buckets, |(_, bounds)| bounds);
    let labels: Vec<_> = spec.labels.iter().map(|label| self::label(label.key, &label.values)).collect();
    json!({
        "name": spec.name,
        "type": spec.kind.as_str(),
        "unit": spec.unit.as_str(),
        "help": spec.help,
        "labels": labels,
        "buckets": bounds,
        "optional": spec.optional,
    })
}

fn label(key: &str, values: &Cardinality) -> Value {
    match values {
        Cardinality::Closed(values) => json!({ "name": key, "at_most": values.len(), "values": values }),
        Cardinality::Bounded(limit) => json!({ "name": key, "at_most": limit }),
        Cardinality::Registered { fallback, .. } => {
            json!({ "name": key, "at_most": values.limit(), "fallback": fallback })
        }
        Cardinality::Capped { .. } => {
            json!({ "name": key, "at_most": values.limit(), "fallback": crate::label::OVERFLOW })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::FAMILIES;

    #[test]
    fn every_metric_is_listed_with_its_labels_and_buckets() {
        let name = "http_server_request_duration_seconds";
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let catalog = read(&json(FAMILIES));
        let metrics =
            catalog["families"].as_array().unwrap().iter().flat_map(|family| family["metrics"].as_array().unwrap());
        assert_eq!(metrics.clone().count(), FAMILIES.iter().map(|family| family.specs().len()).sum::<usize>());
        let http = metrics.clone().find(|metric| metric["name"] == name).unwrap();
        assert_eq!(http["type"], "histogram");
        assert!(http["buckets"].as_array().unwrap().len() > 5);
        assert!(
            http["labels"]
                .as_array()
                .unwrap()
                .iter()
                .any(|label| label["fallback"] == "_overflow" || label["at_most"].is_u64())
        );
        let replaced = read(&with_buckets(FAMILIES, &[(name.to_owned(), vec![0.5])]));
        assert_eq!(
            replaced["families"][0]["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .find(|metric| metric["name"] == name)
                .unwrap()["buckets"],
            json!([0.5])
        );
    }
}
