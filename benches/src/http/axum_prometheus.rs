//! `axum-prometheus`: looks up a gauge, a counter and a histogram by owned labels, and ends at the head of the response.

use axum_prometheus::PrometheusMetricLayer;

use super::{AXUM_PROMETHEUS, app};
use crate::contest::Contestant;

pub(super) fn contestant() -> Contestant {
    super::through_facade(
        AXUM_PROMETHEUS,
        app().layer(PrometheusMetricLayer::new()),
        "axum_http_requests_duration_seconds",
    )
}
