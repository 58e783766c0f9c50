//! A layer may be put up before the recorder is installed.

use metrics_exporter_prometheus::PrometheusBuilder;
use mme_metrics::http::HttpLayer;
use mme_metrics::recorder::foreign;
use mme_metrics::slo::Objective;
use mme_metrics::{Format, Recorder, catalog};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{get, hello};

static SOUND: Objective = Objective::success("setup_order", 0.995);

fn layer() -> HttpLayer {
    let layer = HttpLayer::new().route_fn(|_| Some("/")).routes(["POST /orders 201"]).expect("the route is valid");
    layer.listener_on("POST /orders", &SOUND).expect("the route is valid")
}

/// Returns the values of all series with this name and this part among their labels.
fn values(text: &str, name: &str, part: &str) -> Vec<f64> {
    Samples::parse(text).of(name).filter(|(series, _)| series.contains(part)).map(|(_, value)| value).collect()
}

#[test]
fn zero_series_of_a_layer_put_up_first_exist_right_after_install() {
    run_alone(|| {
        let _service = layer().layer(service_fn(hello));
        let recorder = Recorder::builder().install().expect("no other test runs here");
        let text = recorder.render(Format::Text);
        let orders = r#"http_route="/orders""#;
        assert_eq!(values(&text, "http_server_request_duration_seconds_count", orders), [0.0], "{text}");
        assert_eq!(values(&text, "http_server_active_requests", "POST"), [0.0], "{text}");
        assert_eq!(values(&text, "slo_events_total", "setup_order"), [0.0], "{text}");
        assert_eq!(values(&text, "slo_objective_ratio", "setup_order"), [0.995], "{text}");
    });
}

#[test]
fn with_a_foreign_recorder_they_exist_after_the_first_event() {
    run_alone(|| {
        let service = layer().layer(service_fn(hello));
        let builder = foreign::configure(PrometheusBuilder::new(), catalog::FAMILIES).expect("buckets are not empty");
        let handle = builder.install_recorder().expect("no other test runs here");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(service.oneshot(get())).expect("it cannot fail");
        let text = handle.render();
        assert_eq!(values(&text, "http_server_active_requests", "POST"), [0.0], "{text}");
        assert_eq!(values(&text, "slo_events_total", "setup_order"), [0.0], "{text}");
    });
}
