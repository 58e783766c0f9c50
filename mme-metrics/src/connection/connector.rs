//! A connector whose connections are measured, for clients of hyper-util and tonic.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Uri;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::guard::ConnectionGuard;
use super::io::MeasuredIo;
use crate::label::{ServerAddress, ServerPort};

/// Measures the connections that a connector makes.
///
/// ```
/// use mme_metrics::connection::MeasuredConnector;
/// use hyper_util::client::legacy::{Client, connect::HttpConnector};
/// use hyper_util::rt::TokioExecutor;
///
/// # fn client() -> Client<MeasuredConnector<HttpConnector>, String> {
/// let client = Client::builder(TokioExecutor::new()).build(MeasuredConnector::new(HttpConnector::new()));
/// # client }
/// ```
///
/// With tonic: `endpoint.connect_with_connector(MeasuredConnector::new(connector))`. Around a connector of TLS it measures a connection from the
/// end of the handshake, inside one from the connect.
///
/// The labels are host and port of the address that is connected to, as the program names it; of a Unix socket whatever the address says.
#[derive(Clone, Copy, Debug)]
pub struct MeasuredConnector<C> {
    connector: C,
}

impl<C> MeasuredConnector<C> {
    /// Measures the connections of `connector`.
    pub const fn new(connector: C) -> Self {
        Self { connector }
    }
}

impl<C: Service<Uri>> Service<Uri> for MeasuredConnector<C> {
    type Response = MeasuredIo<C::Response>;
    type Error = C::Error;
    type Future = MeasuredConnect<C::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let address = uri.host().unwrap_or_default().to_owned();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        MeasuredConnect { connect: self.connector.call(uri), server: Some((address, port)) }
    }
}

pin_project! {
    /// A connection that is being made. It is measured once it is open.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct MeasuredConnect<F> {
        #[pin]
        connect: F,
        server: Option<(String, u16)>,
    }
}

impl<F, S, E> Future for MeasuredConnect<F>
where
    F: Future<Output = Result<S, E>>,
{
    type Output = Result<MeasuredIo<S>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let stream = ready!(this.connect.poll(context))?;
        let (address, port) = this.server.take().unwrap_or_default();
        let guard = ConnectionGuard::client(ServerAddress::new(address), ServerPort::new(port.to_string()));
        Poll::Ready(Ok(MeasuredIo::new(stream, guard)))
    }
}
