//! How each metric is shown.

use crate::business::{BUSINESS, BusinessOperationName, TierName};
use crate::certificate::{CERTIFICATE, CertificateOperation};
use crate::database::{ConnectionState, DATABASE, DatabaseOperationName, PoolName};
use crate::function::{FUNCTION, FunctionName};
use crate::grpc::{GRPC, GrpcCode, GrpcMethod};
use crate::health::HEALTH;
use crate::http::{HTTP, Route};
use crate::isolation::ISOLATION;
use crate::label::{LabelValue, ServerAddress};
use crate::metric::{Kind, Spec};
use crate::process::{BUILD, MME, PROCESS};
use crate::recorder::SampledMetric;
use crate::slo::SLO;

use super::labels;

/// How the series of a metric become lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Observations and failures each second, and quantiles.
    Latency,
    /// Events each second.
    Rate,
    /// The value as it is.
    Level,
    /// The time since the moment that the value is.
    Age,
}

/// How series are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// All of them.
    Sum,
    /// Those with one value of a label.
    Label(&'static str),
    /// Each alone.
    Series,
}

/// How one metric is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) shape: Shape,
    pub(super) by: By,
    /// How many groups have lines of their own.
    pub(super) keep: usize,
    /// Only series with this value of a label count.
    pub(super) only: Option<(&'static str, &'static str)>,
    /// Those that come first get their lines first.
    pub(super) rank: u8,
    /// Its name among the figures at the top of the page, if it is one of them.
    pub(super) tile: Option<&'static str>,
}

/// The rank of the families of the service itself. What each service is looked at for comes before them, in the order of `special`.
pub(super) const OWN: u8 = 100;

/// The rank of all others.
const OTHERS: u8 = 101;

impl Plan {
    const fn new(shape: Shape, by: By, keep: usize, rank: u8) -> Self {
        Self { shape, by, keep, only: None, rank, tile: None }
    }

    /// Returns how a metric is shown, or `None` for one that only tables show.
    pub(super) fn of(metric: &SampledMetric, is_own: bool) -> Option<Self> {
        let special = special().into_iter().zip(0..).find(|((spec, _), _)| spec.name == metric.name());
        if let Some(((_, plan), rank)) = special {
            return Some(Self { rank, ..plan });
        }
        if !is_own && (is_in_tables(metric.name()) || metric.name().ends_with(TIMESTAMP)) {
            return None;
        }
        let rank = if is_own { OWN } else { OTHERS };
        Some(match metric.kind() {
            Kind::Histogram => Self::new(Shape::Latency, By::Sum, 0, rank),
            Kind::Counter => Self::new(Shape::Rate, By::Series, 6, rank),
            Kind::Gauge if metric.name().ends_with(TIMESTAMP) => Self::new(Shape::Age, By::Series, 6, rank),
            Kind::Gauge => Self::new(Shape::Level, By::Series, 6, rank),
        })
    }

    /// Says whether a series counts.
    pub(super) fn admits(&self, text: &str) -> bool {
        self.only.is_none_or(|(key, wanted)| labels::value(text, key).is_some_and(|value| value == wanted))
    }
}

/// The ending of gauges whose value is a moment.
const TIMESTAMP: &str = "_timestamp_seconds";

/// The state of connections that are in use.
pub(super) const USED: &str = "used";

/// The metrics that have a plan of their own.
fn special() -> [(&'static Spec, Plan); 15] {
    let latency = |key, keep| Plan::new(Shape::Latency, By::Label(key), keep, 0);
    let sum = Plan::new(Shape::Level, By::Sum, 0, 0);
    let pools = Plan::new(Shape::Level, By::Label(PoolName::KEY), 12, 0);
    [
        (HTTP.server_duration.spec(), Plan { tile: Some("HTTP"), ..latency(Route::KEY, 64) }),
        (HTTP.server_active.spec(), Plan { tile: Some("HTTP in flight"), ..sum }),
        (GRPC.server_duration.spec(), Plan { tile: Some("gRPC"), ..latency(GrpcMethod::KEY, 40) }),
        (GRPC.server_active.spec(), Plan { tile: Some("gRPC in flight"), ..sum }),
        (HTTP.client_duration.spec(), latency(ServerAddress::KEY, 12)),
        (GRPC.client_duration.spec(), latency(ServerAddress::KEY, 12)),
        (DATABASE.operation_duration.spec(), latency(DatabaseOperationName::KEY, 12)),
        (DATABASE.connections.spec(), Plan { only: Some((ConnectionState::KEY, USED)), ..pools }),
        (DATABASE.connection_pending.spec(), pools),
        (FUNCTION.duration.spec(), latency(FunctionName::KEY, 12)),
        (BUSINESS.operation_duration.spec(), latency(BusinessOperationName::KEY, 8)),
        (BUSINESS.tier_request_duration.spec(), latency(TierName::KEY, 6)),
        (CERTIFICATE.operation_duration.spec(), latency(CertificateOperation::KEY, 5)),
        (PROCESS.cpu.spec(), Plan { tile: Some("Cores in use"), shape: Shape::Rate, ..sum }),
        (PROCESS.resident_memory.spec(), Plan { tile: Some("Memory"), ..sum }),
    ]
}

/// Says whether only tables show a metric, because it hardly changes or means nothing without another.
fn is_in_tables(name: &str) -> bool {
    let metrics = [
        SLO.events.spec(),
        SLO.bad_events.spec(),
        SLO.objective.spec(),
        SLO.threshold.spec(),
        BUILD.info.spec(),
        HEALTH.up.spec(),
        HEALTH.backup_last_duration.spec(),
        HEALTH.backup_size.spec(),
        ISOLATION.sentinel.spec(),
        ISOLATION.interval.spec(),
        DATABASE.connection_max.spec(),
        DATABASE.connection_idle_min.spec(),
        PROCESS.max_fds.spec(),
        PROCESS.start_time.spec(),
        PROCESS.virtual_memory.spec(),
        PROCESS.virtual_memory_max.spec(),
        MME.cpu_cores.spec(),
        MME.render_duration.spec(),
    ];
    metrics.iter().any(|spec| spec.name == name)
}

/// Says whether the series of these labels is of something that failed, as the bundled rules see it.
pub(super) fn is_failure(text: &str) -> bool {
    let Some(code) = labels::value(text, GrpcCode::KEY) else {
        return labels::pairs(text).any(|(key, value)| match key {
            "error_type" => value != "cancelled",
            "result" => value == "error",
            _ => false,
        });
    };
    // A server is not at fault for a method that it does not have. Only a client has the address of a server.
    let is_unknown_method = code == GrpcCode::Unimplemented.as_str()
        && labels::value(text, GrpcMethod::KEY).is_some_and(|method| method == GrpcMethod::FALLBACK.as_str())
        && labels::value(text, ServerAddress::KEY).is_none();
    !is_unknown_method && GrpcCode::ALL.iter().any(|known| known.is_server_fault() && known.as_str() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_in_use_are_those_with_this_label() {
        assert_eq!(&*ConnectionState::Used.label_value(), USED);
    }

    #[test]
    fn failures_are_those_of_the_bundled_rules() {
        for (text, wanted) in [
            (r#"http_route="/",error_type="500""#, true),
            (r#"http_route="/",error_type="cancelled""#, false),
            (r#"http_route="/""#, false),
            (r#"result="error""#, true),
            (r#"result="cancelled""#, false),
            (r#"rpc_method="a/B",rpc_status_code="INTERNAL",error_type="INTERNAL""#, true),
            (r#"rpc_method="a/B",rpc_status_code="NOT_FOUND",error_type="NOT_FOUND""#, false),
            (r#"rpc_method="a/B",rpc_status_code="UNIMPLEMENTED""#, true),
            (r#"rpc_method="_OTHER",rpc_status_code="UNIMPLEMENTED""#, false),
            (r#"error_type="UNIMPLEMENTED",rpc_method="_OTHER",rpc_status_code="UNIMPLEMENTED""#, false),
            (
                r#"error_type="UNIMPLEMENTED",rpc_method="_OTHER",rpc_status_code="UNIMPLEMENTED",server_address="x""#,
                true,
            ),
        ] {
            assert_eq!(is_failure(text), wanted, "{text}");
        }
    }
}
