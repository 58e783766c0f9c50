//! The connections of a server, by hand.

use super::guard::ConnectionGuard;
use super::label::{HandshakeErrorType, ListenerAddress};
use super::metrics::CONNECTION;
use crate::label::RegisterError;
use crate::operation::{ByResult, MeasuredFuture, Operation, Outcome, measure_async};

/// Measures the connections of one listener, whatever accepts them. Copies are the same.
///
/// `MeasuredListener` uses one. For a loop of your own, as with `hyper-util`:
///
/// ```
/// use mme_metrics::connection::ConnectionMeter;
///
/// # async fn serve(listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
/// let meter = ConnectionMeter::register("0.0.0.0:8443")?;
/// loop {
///     let Ok((stream, _)) = listener.accept().await else {
///         meter.reject();
///         continue;
///     };
///     let connection = meter.start_connection();
///     tokio::spawn(async move {
///         let _connection = connection;
/// #       let handshake = async move { Ok::<_, std::io::Error>(stream) };
///         // let handshake = tls_acceptor.accept(stream);
///         let Ok(stream) = meter.handshake(handshake).await else { return };
///         // hyper_util::server::conn::auto::Builder::new(…).serve_connection(TokioIo::new(stream), service).await
/// #       drop(stream);
///     });
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConnectionMeter {
    address: ListenerAddress,
}

impl ConnectionMeter {
    /// Registers a listener by the address that it is known by, such as `0.0.0.0:8443` or `api`; at most 64. It is the label
    /// `server_address`.
    ///
    /// # Errors
    ///
    /// When the address cannot be exported, or there are too many.
    pub fn register(address: &str) -> Result<Self, RegisterError> {
        let address = ListenerAddress::register(address)?;
        CONNECTION.server_active.touch((address,));
        CONNECTION.server_duration.touch((address,));
        CONNECTION.server_rejected.touch((address,));
        Ok(Self { address })
    }

    /// Returns the address.
    pub fn address(self) -> ListenerAddress {
        self.address
    }

    /// Starts a connection that was accepted.
    pub fn start_connection(self) -> ConnectionGuard {
        ConnectionGuard::server(self.address)
    }

    /// Counts a connection that was not accepted, or closed at once.
    pub fn reject(self) {
        CONNECTION.server_rejected.increment((self.address,));
    }

    /// Measures a TLS handshake from its first poll.
    ///
    /// # Cancellation
    ///
    /// A handshake that is dropped before its end, as by a time limit, has the `error_type` `cancelled`.
    pub fn handshake<F, T, E>(self, handshake: F) -> MeasuredFuture<TlsHandshake, ByResult, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        for error_type in HandshakeErrorType::ALL {
            CONNECTION.tls_handshake.touch((self.address, error_type));
        }
        measure_async(TlsHandshake(self.address), ByResult, handshake)
    }
}

/// A TLS handshake that is measured.
#[derive(Clone, Copy, Debug)]
pub struct TlsHandshake(ListenerAddress);

impl Operation for TlsHandshake {
    fn end(self, outcome: Outcome, seconds: f64) {
        let error_type = match outcome {
            Outcome::Ok => HandshakeErrorType::None,
            Outcome::Error(_) => HandshakeErrorType::Other,
            Outcome::Panic => HandshakeErrorType::Panic,
            Outcome::Cancelled => HandshakeErrorType::Cancelled,
        };
        CONNECTION.tls_handshake.record((self.0, error_type), seconds);
    }
}
