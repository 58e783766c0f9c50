//! `axum-metrics`: watches bodies to their end, and records sizes too.

use axum_metrics::MetricLayer;

use super::app;
use crate::contest::Contestant;

pub(super) fn contestant() -> Contestant {
    super::through_facade("axum-metrics", app().layer(MetricLayer::default()), "http_requests_total")
}
