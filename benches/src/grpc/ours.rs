//! This library's layer, under its own recorder and with everything on.

use mme_metrics::grpc::{CallType, GRPC, GrpcServerLayer};
use tower::Layer;

use super::{Call, OURS, desk::Desk};
use crate::contest::Contestant;
use crate::peer::counted;

fn layer() -> GrpcServerLayer {
    let methods = [(Call::Unary, CallType::Unary), (Call::Stream, CallType::ServerStream)];
    methods.into_iter().fold(GrpcServerLayer::new(), |layer, (call, call_type)| {
        layer.method(call.path(), call_type).expect("they are short and there are two")
    })
}

pub(super) fn contestant(call: Call) -> Contestant {
    let count = counted(GRPC.server_duration.spec().name);
    super::contestant(OURS, call, layer().layer(Desk), count)
}

pub(super) fn with_go_names(call: Call) -> Contestant {
    let count = counted(GRPC.go_server_handling.spec().name);
    super::contestant("mme-metrics, go-grpc-middleware names too", call, layer().go_names(true).layer(Desk), count)
}
