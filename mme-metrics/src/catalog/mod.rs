//! The catalogue: the metric families of this crate as data, for descriptions, the table of metrics and the lint.

#[cfg(feature = "assets")]
mod json;
mod lint;
mod table;

#[cfg(feature = "assets")]
pub use self::json::json;
#[cfg(feature = "assets")]
pub(crate) use self::json::with_buckets;
pub use self::lint::{CatalogFinding, lint};
pub use self::table::table;

use metrics::{KeyName, Recorder, SharedString};

use crate::metric::{Family, Kind};
use crate::{
    business, cache, certificate, connection, database, function, grpc, health, http, isolation, job, log, memory,
    metric, process, runtime, security, slo, spike,
};

/// Every metric family of this crate. The list does not depend on the enabled features.
pub const FAMILIES: &[&dyn Family] = &[
    &http::HTTP,
    &grpc::GRPC,
    &connection::CONNECTION,
    &database::DATABASE,
    &cache::CACHE,
    &function::FUNCTION,
    &certificate::CERTIFICATE,
    &security::SECURITY,
    &business::BUSINESS,
    &isolation::ISOLATION,
    &health::HEALTH,
    &job::JOB,
    &slo::SLO,
    &spike::SPIKE,
    &log::LOG,
    &runtime::RUNTIME,
    &memory::MEMORY,
    &process::PROCESS,
    &process::BUILD,
    &process::MME,
];

/// The name under which metrics that no family declares share a budget.
pub(crate) const OTHER: &str = "other";

/// Sets the help texts of `families` on any recorder, for a program that keeps the recorder of another crate.
pub fn describe(families: &[&'static dyn Family], recorder: &dyn Recorder) {
    for spec in families.iter().flat_map(|family| family.specs()) {
        let (name, help) = (KeyName::from_const_str(spec.name), SharedString::const_str(spec.help));
        let unit = match spec.unit {
            metric::Unit::Seconds => Some(metrics::Unit::Seconds),
            metric::Unit::Bytes => Some(metrics::Unit::Bytes),
            metric::Unit::None | metric::Unit::Ratio => None,
        };
        match spec.kind {
            Kind::Counter if !spec.fractional => recorder.describe_counter(name, unit, help),
            Kind::Counter | Kind::Gauge => recorder.describe_gauge(name, unit, help),
            Kind::Histogram => recorder.describe_histogram(name, unit, help),
        }
    }
}
