//! `axum-otel-metrics`, with the version of OpenTelemetry that it builds on. It ends at the head of the response.

use axum_otel_metrics::HttpMetricsLayerBuilder;
use opentelemetry_sdk_0_32::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

use super::{AXUM_OTEL_METRICS, app};
use crate::contest::Contestant;
use crate::load;

pub(super) fn contestant() -> Contestant {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus_0_32::exporter().with_registry(registry.clone()).build();
    let exporter = exporter.expect("the registry is empty");
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let layer = HttpMetricsLayerBuilder::new().with_provider(provider.clone()).build();
    super::contestant(AXUM_OTEL_METRICS, app().layer(layer), move || {
        let _alive = &provider;
        let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text");
        load::total(&text, "http_server_request_duration_seconds")
    })
}
