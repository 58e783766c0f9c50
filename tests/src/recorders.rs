//! Emits the same observations into our recorder and into `metrics-exporter-prometheus`.

use std::collections::BTreeMap;

use metrics_exporter_prometheus::PrometheusBuilder;
use mme_metrics::metric::Family;
use mme_metrics::recorder::foreign;
use mme_metrics::{Format, Recorder, catalog};

use crate::exposition::Samples;

/// Emits into either recorder, each set up with our families and `own`, and hands what it exposes to `check`, with the
/// recorder's name.
///
/// Labels are sorted and bounds written one way, so that `check` can ask both for the same series. Samples that only a
/// recorder itself makes, and series at zero, are left out.
///
/// # Panics
///
/// When a recorder cannot be set up, or `check` panics.
pub fn on_both(own: &[&'static dyn Family], emit: impl Fn(), check: impl Fn(&str, &Samples)) {
    let builder =
        own.iter().fold(Recorder::builder().process_metrics(false), |builder, family| builder.family(*family));
    let ours = builder.build().expect("the families fit together");
    metrics::with_local_recorder(&ours, &emit);
    check("mme-metrics", &comparable(&ours.render(Format::Text)));

    let families: Vec<_> = catalog::FAMILIES.iter().chain(own).copied().collect();
    let theirs =
        foreign::configure(PrometheusBuilder::new(), &families).expect("our buckets are usable").build_recorder();
    foreign::describe(&theirs, &families);
    metrics::with_local_recorder(&theirs, &emit);
    check("metrics-exporter-prometheus", &comparable(&theirs.handle().render()));
}

fn comparable(text: &str) -> Samples {
    let samples = Samples::parse(text).0.into_iter().filter(|(_, value)| *value != 0.0);
    let own = |series: &str| ["mme_series", "mme_render_duration_seconds"].iter().any(|name| series.starts_with(name));
    samples
        .filter(|(series, _)| !own(series))
        .map(|(series, value)| (sorted(&series), value))
        .collect::<BTreeMap<_, _>>()
        .into()
}

/// Sorts the labels of a series, which here have no commas in their values.
fn sorted(series: &str) -> String {
    let Some((name, labels)) = series.trim_end_matches('}').split_once('{') else { return series.to_owned() };
    let mut labels: Vec<_> = labels.split(',').map(bound).collect();
    labels.sort();
    format!("{name}{{{}}}", labels.join(","))
}

fn bound(label: &str) -> String {
    match label.strip_prefix("le=\"").and_then(|label| label.trim_end_matches('"').parse::<f64>().ok()) {
        Some(bound) => format!("le=\"{bound}\""),
        None => label.to_owned(),
    }
}
