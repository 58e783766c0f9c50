//! `tonic_prometheus_layer`: two counters, two histograms and a gauge, each looked up by owned labels. It reads the status of
//! the head, where most calls have none, and ends there.

use tonic_prometheus_layer::{MetricsLayer, metrics};
use tower::Layer;

use super::{Call, TONIC_PROMETHEUS_LAYER, desk::Desk};
use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS};

pub(super) fn contestant(call: Call) -> Contestant {
    // Once in a process; the second time says that it is done.
    let settings = metrics::GlobalSettings { histogram_buckets: RECORD_BOUNDS.to_vec(), ..Default::default() };
    let _ = metrics::try_init_settings(settings);
    super::contestant(TONIC_PROMETHEUS_LAYER, call, MetricsLayer::new().layer(Desk), || {
        let text = metrics::encode_to_string().expect("the exposition is text");
        load::total(&text, "grpc_server_handling_seconds")
    })
}
