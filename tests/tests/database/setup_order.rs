//! A pool may be used before the recorder is installed.

use mme_metrics::database::sqlx::Measure;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;

use super::{in_memory, one_connection};

#[test]
fn an_operation_before_install_has_its_zero_series_right_after_it() {
    run_alone(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _pool = runtime.block_on(async {
            let pool = Measure::new().name("early").connect_with(one_connection(), in_memory()).await.unwrap();
            sqlx::query("SELECT 1").execute(&pool).await.unwrap();
            pool
        });
        let recorder = Recorder::builder().install().expect("no other test runs here");
        let text = recorder.render(Format::Text);
        let samples = Samples::parse(&text);
        let slow: Vec<_> =
            samples.of("db_client_slow_operations_total").filter(|(of, _)| of.contains("SELECT")).collect();
        assert!(matches!(slow[..], [(_, 0.0)]), "{text}");
        assert!(samples.of("db_client_connection_timeouts_total").any(|(of, _)| of.contains("early")), "{text}");
    });
}
