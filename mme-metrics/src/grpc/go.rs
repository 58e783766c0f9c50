//! The series of go-grpc-middleware, for existing dashboards and rules.

use super::go_label::{GoCode, GoMethod, GoService, GoType};
use super::label::{CallType, Direction, GrpcCode, GrpcMethod};
use super::metrics::GRPC;
use super::outcome::Side;
use crate::metric::{CounterHandle, HistogramHandle};

/// The handles of one method on one side.
#[derive(Debug)]
pub(super) struct GoSeries {
    pub(super) started: CounterHandle,
    handled: [CounterHandle; GrpcCode::ALL.len()],
    received: CounterHandle,
    sent: CounterHandle,
    handling: HistogramHandle,
}

impl GoSeries {
    pub(super) fn new(side: &Side, method: GrpcMethod, call_type: CallType) -> Self {
        let labels = (GoType(call_type), GoService(method), GoMethod(method));
        let (started, handled, received, sent, handling) = match side {
            Side::Server => (
                &GRPC.go_server_started,
                &GRPC.go_server_handled,
                &GRPC.go_server_received,
                &GRPC.go_server_sent,
                &GRPC.go_server_handling,
            ),
            Side::Client(_) => (
                &GRPC.go_client_started,
                &GRPC.go_client_handled,
                &GRPC.go_client_received,
                &GRPC.go_client_sent,
                &GRPC.go_client_handling,
            ),
        };
        Self {
            started: started.with(labels),
            handled: GrpcCode::ALL.map(|code| handled.with((labels.0, labels.1, labels.2, GoCode(code)))),
            received: received.with(labels),
            sent: sent.with(labels),
            handling: handling.with(labels),
        }
    }

    pub(super) fn messages(&self, direction: Direction) -> &CounterHandle {
        match direction {
            Direction::Received => &self.received,
            Direction::Sent => &self.sent,
        }
    }

    pub(super) fn record(&self, code: GrpcCode, seconds: f64) {
        self.handled[code as usize].increment();
        self.handling.record(seconds);
    }

    /// Makes the zero series exist, as `InitializeMetrics` does in Go.
    pub(super) fn touch(&self) {
        let counters = self.handled.iter().chain([&self.started, &self.received, &self.sent]);
        counters.for_each(CounterHandle::touch);
        self.handling.touch();
    }
}
