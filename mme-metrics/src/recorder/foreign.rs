//! For a host that keeps `metrics-exporter-prometheus`: our buckets and descriptions in its exporter.
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
//! Families then emit into that exporter. What only our recorder gives is missing there: budgets, refusal of what other
//! crates emit, and the exactness described in [`recorder`](crate::recorder).

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

use crate::catalog;
use crate::metric::{Family, Kind};

/// Gives the exporter the buckets of every histogram of `families`.
///
/// # Errors
///
/// Those of [`PrometheusBuilder::set_buckets_for_metric`], which the buckets of a declared metric never meet.
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

/// Tells the exporter the help texts of `families`.
pub fn describe(recorder: &PrometheusRecorder, families: &[&'static dyn Family]) {
    catalog::describe(families, recorder);
}
