//! A counted event allocates nothing.

use mme_metrics::Recorder;
use mme_metrics::log::LogLayer;
use mme_metrics_tests::isolated_process::run_alone;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

#[test]
fn neither_a_hidden_event_nor_a_visible_one_allocates() {
    run_alone(|| {
        Recorder::builder().install().expect("this process has no recorder yet");
        let layer = LogLayer::new().target("shop").expect("a target");
        let subscriber = registry().with(LevelFilter::WARN).with(layer);
        let log = || {
            tracing::warn!(target: "shop::till", "no change left");
            tracing::debug!("a detail");
        };
        with_default(subscriber, || {
            log();
            let allocations = allocation_counter::measure(|| (0..1000).for_each(|_| log()));
            assert_eq!(allocations.count_total, 0);
        });
    });
}
