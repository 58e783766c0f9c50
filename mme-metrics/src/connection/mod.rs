//! Connections: accepted and rejected by servers, held by clients, and TLS handshakes.
//!
//! ```
//! # #[cfg(feature = "connection")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use mme_metrics::connection::{CONNECTION, ListenerAddress, MeasuredListener};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! let emission = mme_metrics::testing::Emission::new();
//! emission.record_async(async {
//!     let mut listener = MeasuredListener::new("web", TcpListener::bind("127.0.0.1:0").await?)?;
//!     let _client = TcpStream::connect(listener.get_ref().local_addr()?).await?;
//!     // A service gives the listener to `axum::serve`.
//!     let (connection, _) = axum::serve::Listener::accept(&mut listener).await;
//!     drop(connection);
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! }).await?;
//! let web = (ListenerAddress::find("web"),);
//! emission.expect().gauge(&CONNECTION.server_active, web, 0.0).histogram(&CONNECTION.server_duration, web, 1).among_others();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `http_server_active_connections` | up when a connection is accepted, down when it is dropped, however it ends |
//! | `http_server_connection_duration_seconds` | once per accepted connection, at its end |
//! | `http_server_connections_rejected_total` | once per connection over the limit of the listener, and once per failed try to accept one, except those that the client gave up |
//! | `tls_handshake_duration_seconds` | once per handshake that is passed to `ConnectionMeter::handshake`: `error_type` is absent after success, else `other`, `cancelled` (dropped, as by a time limit) or `panic` |
//! | `http_client_open_connections` | up when a connection is established, down when it is dropped |
//! | `http_client_connection_duration_seconds` | once per connection of a client, at its end |
//!
//! The names are those of OpenTelemetry's conventions where they exist. A wrapped connector cannot see whether the pool of a client has
//! lent a connection, so `http_client_open_connections` has no label `http_connection_state`.
//!
//! | to measure | use |
//! |---|---|
//! | `axum::serve`, tonic's `serve_with_incoming` | `MeasuredListener` |
//! | a loop of your own, as with hyper-util; TLS handshakes | [`ConnectionMeter`] |
//! | clients of hyper-util, tonic's `connect_with_connector` | `MeasuredConnector` |
//!
//! # What it costs
//!
//! 19 lines for each listener, of which there are at most 64, and 72 lines more with TLS; 18 lines for each server of a client, at most
//! 100 hosts and 100 ports. A connection costs two lookups of a series and reads the clock twice. A TLS handshake costs five lookups and
//! reads the clock twice.
//!
//! # Assets
//!
//! `connection.yml` alerts on rejected connections (`MmeConnectionsRejected`) and on failed TLS handshakes (`MmeTlsHandshakesFailing`). The
//! dashboard `infrastructure` has the row "Connections".

#[cfg(feature = "connection")]
mod connector;
mod guard;
#[cfg(feature = "connection")]
mod io;
mod label;
#[cfg(feature = "connection")]
mod listener;
mod meter;
mod metrics;

#[cfg(feature = "connection")]
pub use self::connector::{MeasuredConnect, MeasuredConnector};
pub use self::guard::ConnectionGuard;
#[cfg(feature = "connection")]
pub use self::io::MeasuredIo;
pub use self::label::{HandshakeErrorType, ListenerAddress};
#[cfg(feature = "connection")]
pub use self::listener::{Accept, MeasuredListener};
pub use self::meter::{ConnectionMeter, TlsHandshake};
pub use self::metrics::{CONNECTION, ConnectionMetrics};
