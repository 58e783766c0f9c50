//! gRPC servers and clients: how long calls take, with which status they end, how many run, and how many messages pass.
//!
//! One line measures a server of tonic; the rest of this is the service:
//!
//! ```
//! # #[cfg(all(feature = "grpc", feature = "prometheus"))] {
//! use mme_metrics::grpc::{CallType, GrpcServerLayer};
//!
//! mme_metrics::install()?;
//! # let routes = tonic::service::Routes::default();
//! let server = tonic::transport::Server::builder()
//!     // As a rule `.descriptors(FILE_DESCRIPTOR_SET)?` instead: the same bytes that reflection is given.
//!     .layer(GrpcServerLayer::new().method("desk.v1.Desk/Sign", CallType::Unary)?)
//!     .add_routes(routes);
//! // server.serve("127.0.0.1:50051".parse()?).await?;
//!
//! // To see them: `/metrics` on a port of its own.
//! let metrics = mme_metrics::metrics_router();
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`GrpcServerLayer`] says where it goes and what else it does; [`GrpcClientLayer`] is the same for calls that the program
//! sends.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `rpc_server_call_duration_seconds` | once per call, at its real end: the trailers, a head that is all there is, an error, a panic or a drop |
//! | `rpc_server_active_calls` | up when the service is called, down at that same end |
//! | `rpc_server_messages_total` | whenever the last byte of a message passes, whichever way; compressed or cut into frames, it is one |
//! | `rpc_server_streams_total` | once per call, at its end, unary ones too |
//! | `rpc_server_stream_duration_seconds` | at the end of each call in which either side streams |
//! | `rpc_client_call_duration_seconds`, `rpc_client_active_calls`, `rpc_client_messages_total` | as on the server |
//! | `grpc_server_…`, `grpc_client_…` | if asked for: the names of go-grpc-middleware, at the same moments |
//!
//! What a call ends with is never `OK` unless it was said:
//!
//! | end | `rpc_status_code` |
//! |---|---|
//! | trailers with a status, or a head with one and nothing after it | that status |
//! | a status that is no number of a code, or that comes twice | `UNKNOWN` |
//! | no status | by the status of HTTP: `UNAVAILABLE` for 503, `UNIMPLEMENTED` for 404, `UNAUTHENTICATED` for 401, …; `UNKNOWN` for 200 |
//! | the other side left, or the caller stopped waiting | `CANCELLED`; `DEADLINE_EXCEEDED` if the `grpc-timeout` of the call was over |
//! | an error of the service or the body | what tonic tells its caller, else `UNKNOWN` |
//! | a panic | `INTERNAL`, and `error_type` reads `panic` |
//!
//! A caller's clock begins before the request arrives. So a call that is dropped in the last tenth of its time, but at most
//! 50 ms before its end, counts as one whose time was over.
//!
//! On a server `error_type` is the code if it is one of the six by which a server is at fault: `UNKNOWN`, `DEADLINE_EXCEEDED`,
//! `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`. On a client it is every code but `OK`.
//!
//! # What it costs
//!
//! A registered method is 38 lines from the start, 55 if either side streams, and 18 for each further code it ends with; at most
//! 1 000 methods are told apart. Whatever strangers call reads `_OTHER`, in one series for each metric and end.
//!
//! A call takes no lock and reads the clock twice. On a server it allocates nothing, given that its request has any extension, as
//! those of every real server do; on a client, the box that holds the request's body. Around a service in process a unary call takes
//! 0.4 µs longer than its 1.1 µs, and a message of a stream some 13 ns; `benches/README.md` has the tables.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family come with the others in `assets/`.

#[cfg(feature = "grpc")]
mod call;
#[cfg(feature = "grpc")]
mod client;
#[cfg(feature = "grpc")]
mod deadline;
#[cfg(feature = "grpc")]
mod go;
mod go_label;
#[cfg(feature = "grpc")]
mod known;
mod label;
#[cfg(feature = "grpc")]
mod message;
mod metrics;
#[cfg(feature = "grpc")]
mod outcome;
#[cfg(feature = "grpc")]
mod series;
#[cfg(feature = "grpc")]
mod server;
#[cfg(feature = "grpc")]
mod status;
#[cfg(feature = "grpc")]
mod transport;

#[cfg(feature = "grpc")]
pub use self::call::GrpcCall;
#[cfg(feature = "grpc")]
pub use self::client::{GrpcClientLayer, GrpcClientService, GrpcClientWatch};
pub use self::go_label::{GoCode, GoMethod, GoService, GoType};
#[cfg(feature = "grpc")]
pub use self::known::{GrpcDescriptorError, GrpcMethodError};
pub use self::label::{CallType, Direction, GrpcCode, GrpcErrorType, GrpcMethod, GrpcSystem};
#[cfg(feature = "grpc")]
pub use self::message::{GrpcMessages, GrpcRequestBody};
pub use self::metrics::{GRPC, GrpcMetrics};
#[cfg(feature = "grpc")]
pub use self::server::{GrpcServerLayer, GrpcServerService, GrpcServerWatch};
#[cfg(feature = "grpc")]
pub use self::transport::{GrpcTransport, GrpcTransportFuture};
