//! Configures the exporter of `metrics-exporter-prometheus` with the buckets and help texts of families, for a service
//! that keeps that exporter.
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
//! Families then emit into that exporter. To update polled gauges, call [`Family::collect`] for each family as often as
//! the exporter is scraped. Budgets, the refusal of invalid values and the exactness described in
//! [`recorder`](crate::recorder) exist only in the recorder of this crate.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

use crate::catalog;
use crate::metric::{Family, Kind};

/// Sets the buckets of every histogram of `families` on a `PrometheusBuilder`.
///
/// # Errors
///
/// Returns the errors of [`PrometheusBuilder::set_buckets_for_metric`]. The buckets of a declared metric never cause
/// one.
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

/// Sets the help texts of `families` on a `PrometheusRecorder`.
pub fn describe(recorder: &PrometheusRecorder, families: &[&'static dyn Family]) {
    catalog::describe(families, recorder);
}
