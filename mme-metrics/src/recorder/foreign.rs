//! Buckets and descriptions for a service that keeps the exporter of `metrics-exporter-prometheus`.
//!
//! ```
//! use metrics_exporter_prometheus::PrometheusBuilder;
//! use mme_metrics::{catalog, recorder::foreign};
//!
//! let recorder = foreign::configure(PrometheusBuilder::new(), catalog::FAMILIES)?.build_recorder();
//! foreign::describe(&recorder, catalog::FAMILIES);
//! # Ok::<(), metrics_exporter_prometheus::BuildError>(())
//! ```
//!
//! Families then emit into that exporter. Polled gauges need a call of [`Family::collect`] for each family, as often as the exporter
//! is scraped. Budgets, the refusal of poisoned values and the exactness described in [`recorder`](crate::recorder) exist only
//! in our recorder.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

use crate::catalog;
use crate::metric::{Family, Kind};

/// Sets the buckets of every histogram of `families`.
///
/// # Errors
///
/// Those of [`PrometheusBuilder::set_buckets_for_metric`]; the buckets of a declared metric cause none.
pub fn configure(
    mut builder: PrometheusBuilder,
    families: &[&'static dyn Family],
) -> Result<PrometheusBuilder, BuildError> {
    let specs = families.iter().flat_map(|family| family.specs());
    for spec in specs.filter(|spec| spec.kind == Kind::Histogram) {
        builder = builder.set_buckets_for_metric(Matcher::Full(spec.name.to_owned()), spec.buckets)?;
    }
    Ok(builder)
}

/// Sets the help texts of `families`.
pub fn describe(recorder: &PrometheusRecorder, families: &[&'static dyn Family]) {
    catalog::describe(families, recorder);
}
