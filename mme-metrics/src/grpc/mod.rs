//! Metrics of gRPC servers and clients: durations and status codes of calls, calls in flight, and messages.
//!
//! One line measures a tonic server; the rest of this example is the service:
//!
//! ```
//! # #[cfg(all(feature = "grpc", feature = "prometheus"))] {
//! use mme_metrics::grpc::{CallType, GrpcServerLayer};
//!
//! mme_metrics::install()?;
//! # let routes = tonic::service::Routes::default();
//! let server = tonic::transport::Server::builder()
//!     // As a rule `.descriptors(FILE_DESCRIPTOR_SET)?` instead, with the bytes that reflection uses too.
//!     .layer(GrpcServerLayer::new().method("desk.v1.Desk/Sign", CallType::Unary)?)
//!     .add_routes(routes);
//! // server.serve("127.0.0.1:50051".parse()?).await?;
//!
//! // Serve `/metrics` on a port of its own.
//! let metrics = mme_metrics::metrics_router();
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The documentation of [`GrpcServerLayer`] explains where to put it and its options. [`GrpcClientLayer`] measures the calls that
//! the program sends.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `rpc_server_call_duration_seconds` | once per call, at its end: the trailers, a head without a body, an error, a panic or a drop |
//! | `rpc_server_active_calls` | up when the service is called, down at that same end |
//! | `rpc_server_messages_total` | with the last byte of each message in either direction, compressed or not, in any number of frames |
//! | `rpc_server_streams_total` | once per call, at its end, unary ones too |
//! | `rpc_server_stream_duration_seconds` | at the end of each call in which either side streams |
//! | `rpc_client_call_duration_seconds`, `rpc_client_active_calls`, `rpc_client_messages_total` | as on the server |
//! | `grpc_server_…`, `grpc_client_…` | if enabled: the metrics of go-grpc-middleware, at the same moments |
//!
//! A call is `OK` only if the other side sent that status:
//!
//! | end | `rpc_status_code` |
//! |---|---|
//! | trailers with a status, or a head with one and nothing after it | that status |
//! | a status that is not the number of a code, or that a server sends twice | `UNKNOWN` |
//! | `OK` without the message that the type of the method requires | `INTERNAL` |
//! | no status; on a client, no body either | by the HTTP status: `UNAVAILABLE` for 503, `UNIMPLEMENTED` for 404, `UNAUTHENTICATED` for 401, …; `UNKNOWN` for 200 |
//! | the other side disconnected, or the caller stopped waiting, also while it was sending its request | the error in the head of the response, if it has one; else `CANCELLED`, or `DEADLINE_EXCEEDED` if the `grpc-timeout` of the call was over |
//! | on a client: an error page, a message over the size limit, a message that cannot be decoded | the code that tonic returns to the caller |
//! | an error of the service or the body | the code that tonic returns to the caller, else `UNKNOWN` |
//! | a panic | `INTERNAL`, and `error_type` reads `panic` |
//!
//! The caller's clock starts before the request arrives. So a call that is dropped in the last tenth of its timeout, and at most
//! 50 ms before the deadline, counts as one that exceeded the deadline.
//!
//! On a server, `error_type` is the code if it is one of the six that are the server's fault: `UNKNOWN`, `DEADLINE_EXCEEDED`,
//! `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`. On a client, it is every code except `OK`.
//!
//! # What it costs
//!
//! A registered method has 38 lines from the start, 55 if either side streams, and 18 more for each other code that occurs. A
//! process has at most 1 000 methods. Calls of all other methods share `_OTHER`, with one series for each metric and status.
//!
//! A call takes no lock and reads the clock twice. On a server it allocates nothing if the request has any extension, and requests
//! of real servers have. On a client it allocates one box, for the body of the request. A unary call of a service in the same
//! process takes 0.4 µs longer than its 1.1 µs, and a message of a stream about 13 ns; `benches/README.md` has the tables.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family are in `assets/`.

#[cfg(feature = "grpc")]
mod answer;
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
mod mark;
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
