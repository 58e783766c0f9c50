//! A layer may be put up before the recorder is installed.

use mme_metrics::grpc::{CallType, GrpcClientLayer};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;
use tower::Layer as _;

use super::layer;

#[test]
fn zero_series_of_layers_put_up_first_exist_right_after_install() {
    run_alone(|| {
        let _server = layer().go_names(true).layer(());
        let client = GrpcClientLayer::new("audit.internal").method("desk.v1.Desk/Ask", CallType::Unary);
        let _client = client.expect("the name is valid").layer(());
        let recorder = Recorder::builder().install().expect("no other test runs here");
        let text = recorder.render(Format::Text);
        let samples = Samples::parse(&text);
        let ask = |name| -> Vec<f64> {
            samples.of(name).filter(|(series, _)| series.contains("Ask\"")).map(|(_, value)| value).collect()
        };
        // One for each code.
        assert_eq!(ask("rpc_server_streams_total"), [0.0; 17], "{text}");
        assert_eq!(ask("rpc_server_call_duration_seconds_count"), [0.0], "{text}");
        assert_eq!(ask("rpc_server_active_calls"), [0.0], "{text}");
        assert_eq!(ask("grpc_server_handled_total"), [0.0; 17], "{text}");
        assert_eq!(ask("rpc_client_call_duration_seconds_count"), [0.0], "{text}");
        assert_eq!(ask("rpc_client_messages_total"), [0.0; 2], "{text}");
    });
}
