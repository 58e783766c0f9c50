//! `tower-otel`, which has a layer of HTTP that is put around gRPC too. It ends at the head of the response.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use tower::Layer;
use tower_otel::metrics::HttpLayer;

use super::{Call, desk::Desk};
use crate::contest::Contestant;
use crate::load;

pub(super) fn contestant(call: Call) -> Contestant {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
    let exporter = exporter.expect("the registry is empty");
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let layer = HttpLayer::server(&provider.meter("bench"));
    super::contestant("tower-otel", call, layer.layer(Desk), move || {
        let _alive = &provider;
        let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text");
        load::total(&text, "http_server_request_duration_seconds")
    })
}
