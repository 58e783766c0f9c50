//! gRPC: every call is counted once, with its real status, and passes through unchanged.

mod allocation;
mod axum_router;
mod client;
mod flood;
mod go_names;
mod known;
mod listen;
mod load;
mod messages;
mod polls;
mod python;
mod refusals;
mod resets;
mod setup_order;
mod status;
mod told;
mod uploads;
mod wire;

use mme_metrics::grpc::GrpcServerLayer;
use mme_metrics_tests::desk::METHODS;

/// The layer of these tests, which knows a method of each type.
fn layer() -> GrpcServerLayer {
    METHODS.iter().fold(GrpcServerLayer::new(), |layer, (name, call_type)| {
        layer.method(name, *call_type).expect("they are short and there are few")
    })
}
