//! The metrics of gRPC servers and clients.

use super::go_label::{GoCode, GoMethod, GoService, GoType};
use super::label::{CallType, Direction, GrpcCode, GrpcErrorType, GrpcMethod, GrpcSystem};
use crate::buckets;
use crate::label::ServerAddress;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};

family! {
    /// gRPC servers and clients.
    pub static GRPC: GrpcMetrics {
        /// Measures the duration of inbound remote procedure calls (RPC).
        server_duration: Histogram<(GrpcSystem, GrpcMethod, GrpcCode, GrpcErrorType)> =
            Histogram::new("rpc_server_call_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Calls that a server is answering.
        server_active: Gauge<(GrpcMethod,)> = Gauge::new("rpc_server_active_calls", Unit::None);
        /// Whole messages that a server received or sent.
        server_messages: Counter<(GrpcMethod, Direction)> = Counter::new("rpc_server_messages_total", Unit::None);
        /// Calls that a server has finished, by streaming side and status.
        server_streams: Counter<(GrpcMethod, CallType, GrpcCode)> = Counter::new("rpc_server_streams_total", Unit::None);
        /// Duration of the calls in which either side streams, from the request's head to the status.
        server_stream_duration: Histogram<(GrpcMethod, CallType)> =
            Histogram::new("rpc_server_stream_duration_seconds", Unit::Seconds, buckets::STREAM);
        /// Measures the duration of outbound remote procedure calls (RPC).
        client_duration: Histogram<(GrpcSystem, GrpcMethod, ServerAddress, GrpcCode, GrpcErrorType)> =
            Histogram::new("rpc_client_call_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Calls that a client is waiting for.
        client_active: Gauge<(GrpcMethod, ServerAddress)> = Gauge::new("rpc_client_active_calls", Unit::None);
        /// Whole messages that a client received or sent.
        client_messages: Counter<(GrpcMethod, ServerAddress, Direction)> =
            Counter::new("rpc_client_messages_total", Unit::None);
        /// Total number of RPCs started on the server.
        go_server_started: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_server_started_total", Unit::None).optional();
        /// Total number of RPCs completed on the server, regardless of success or failure.
        go_server_handled: Counter<(GoType, GoService, GoMethod, GoCode)> =
            Counter::new("grpc_server_handled_total", Unit::None).optional();
        /// Total number of RPC messages received on the server.
        go_server_received: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_server_msg_received_total", Unit::None).optional();
        /// Total number of gRPC messages sent by the server.
        go_server_sent: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_server_msg_sent_total", Unit::None).optional();
        /// Time until an RPC was completed on the server.
        go_server_handling: Histogram<(GoType, GoService, GoMethod)> =
            Histogram::new("grpc_server_handling_seconds", Unit::Seconds, buckets::REQUEST).optional();
        /// Total number of RPCs started on the client.
        go_client_started: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_client_started_total", Unit::None).optional();
        /// Total number of RPCs completed by the client, regardless of success or failure.
        go_client_handled: Counter<(GoType, GoService, GoMethod, GoCode)> =
            Counter::new("grpc_client_handled_total", Unit::None).optional();
        /// Total number of RPC messages received by the client.
        go_client_received: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_client_msg_received_total", Unit::None).optional();
        /// Total number of gRPC messages sent by the client.
        go_client_sent: Counter<(GoType, GoService, GoMethod)> =
            Counter::new("grpc_client_msg_sent_total", Unit::None).optional();
        /// Time until an RPC was completed by the client.
        go_client_handling: Histogram<(GoType, GoService, GoMethod)> =
            Histogram::new("grpc_client_handling_seconds", Unit::Seconds, buckets::REQUEST).optional();
    }
}
