//! A listener whose connections are measured, for axum and tonic.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};

use super::io::MeasuredIo;
use super::meter::ConnectionMeter;
use crate::accept_failure::pause_after;
use crate::label::RegisterError;

/// A listener that measures the connections it accepts.
///
/// It is a listener of `axum::serve`, and a stream of connections for tonic's `serve_with_incoming`:
///
/// ```
/// use mme_metrics::connection::MeasuredListener;
/// use tokio::net::TcpListener;
///
/// # async fn serve(app: axum::Router, grpc: tonic::transport::server::Router) -> Result<(), Box<dyn std::error::Error>> {
/// let listener = MeasuredListener::new("web", TcpListener::bind("0.0.0.0:8080").await?)?.limit(10_000);
/// let incoming = MeasuredListener::new("grpc", TcpListener::bind("0.0.0.0:50051").await?)?;
/// tokio::join!(async { axum::serve(listener, app).await }, grpc.serve_with_incoming(incoming));
/// # Ok(()) }
/// ```
///
/// axum gives handlers the address of a client (`ConnectInfo<SocketAddr>`) with `.tap_io(|_| ())`, of `axum::serve::ListenerExt`.
///
/// A connection that cannot be accepted is counted, and the next try comes after 250 ms. So the listener neither ends nor spins when file
/// descriptors have run out.
#[must_use = "a listener accepts nothing until it is served"]
pub struct MeasuredListener<L> {
    listener: L,
    meter: ConnectionMeter,
    places: Option<Arc<Semaphore>>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// What can be wrapped: the listeners of tokio.
pub trait Accept: sealed::Sealed + Send + Unpin + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// The address of a peer.
    type Addr: Send;

    /// Accepts a connection.
    #[doc(hidden)]
    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Self::Io, Self::Addr)>>;

    /// Returns the address of the listener.
    #[doc(hidden)]
    fn bound_addr(&self) -> io::Result<Self::Addr>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for TcpListener {}

impl Accept for TcpListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        Self::poll_accept(self, context)
    }

    fn bound_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

#[cfg(unix)]
impl sealed::Sealed for tokio::net::UnixListener {}

#[cfg(unix)]
impl Accept for tokio::net::UnixListener {
    type Io = tokio::net::UnixStream;
    type Addr = tokio::net::unix::SocketAddr;

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Self::Io, Self::Addr)>> {
        Self::poll_accept(self, context)
    }

    fn bound_addr(&self) -> io::Result<Self::Addr> {
        self.local_addr()
    }
}

impl<L: Accept> MeasuredListener<L> {
    /// Measures the connections of `listener`. `address` is the label `server_address`: an address or a name; at most 64.
    ///
    /// # Errors
    ///
    /// When the address cannot be exported, or there are too many.
    pub fn new(address: &str, listener: L) -> Result<Self, RegisterError> {
        Ok(Self { listener, meter: ConnectionMeter::register(address)?, places: None, pause: None })
    }

    /// Closes connections at once while this many are open, and counts them as rejected. Without a limit by default.
    pub fn limit(mut self, connections: usize) -> Self {
        self.places = Some(Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))));
        self
    }

    /// Returns what measures, for example to measure TLS handshakes.
    pub fn meter(&self) -> ConnectionMeter {
        self.meter
    }

    /// Returns the listener.
    pub fn get_ref(&self) -> &L {
        &self.listener
    }

    fn poll_connection(&mut self, context: &mut Context<'_>) -> Poll<(MeasuredIo<L::Io>, L::Addr)> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(context)) {
                Ok((stream, address)) => {
                    let place = match &self.places {
                        None => None,
                        Some(places) => {
                            let Ok(place) = Arc::clone(places).try_acquire_owned() else {
                                self.meter.reject();
                                continue;
                            };
                            Some(place)
                        }
                    };
                    let io = MeasuredIo::new(stream, self.meter.start_connection()).in_place(place);
                    return Poll::Ready((io, address));
                }
                Err(error) => {
                    // Without a pause the client gave up.
                    let Some(pause) = pause_after(&error) else { continue };
                    tracing::warn!(target: "mme::connection", %error, "a connection cannot be accepted");
                    self.meter.reject();
                    self.pause = Some(Box::pin(sleep(pause)));
                }
            }
        }
    }
}

impl<L: Accept> axum::serve::Listener for MeasuredListener<L> {
    type Io = MeasuredIo<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        poll_fn(|context| self.poll_connection(context)).await
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.bound_addr()
    }
}

impl<L: Accept> Stream for MeasuredListener<L> {
    type Item = io::Result<MeasuredIo<L::Io>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_connection(context).map(|(io, _)| Some(Ok(io)))
    }
}

impl<L: fmt::Debug> fmt::Debug for MeasuredListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredListener")
            .field("listener", &self.listener)
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::Duration;

    use tokio::io::DuplexStream;
    use tokio::time::Instant;

    use super::*;
    use crate::connection::ListenerAddress;
    use crate::connection::metrics::CONNECTION;
    use crate::testing::Emission;

    /// Accepts what the test lists, and then nothing.
    struct ScriptedListener(Mutex<VecDeque<io::Result<DuplexStream>>>);

    impl sealed::Sealed for ScriptedListener {}

    impl Accept for ScriptedListener {
        type Io = DuplexStream;
        type Addr = ();

        fn poll_accept(&self, _: &mut Context<'_>) -> Poll<io::Result<(DuplexStream, ())>> {
            let next = self.0.lock().unwrap().pop_front();
            next.map_or(Poll::Pending, |next| Poll::Ready(next.map(|stream| (stream, ()))))
        }

        fn bound_addr(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_try_is_counted_and_followed_by_a_pause_unless_the_client_gave_up() {
        let exhausted = || Err(io::Error::other("no file descriptors"));
        let gone = Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        let stream = Ok(tokio::io::duplex(1).0);
        let listed = ScriptedListener(Mutex::new([gone, exhausted(), exhausted(), stream].into()));
        let mut listener = MeasuredListener::new("exhausted", listed).unwrap();
        let (emission, begun) = (Emission::new(), Instant::now());
        let accepted = emission.record_async(async { axum::serve::Listener::accept(&mut listener).await }).await;
        assert_eq!(begun.elapsed(), pause_after(&io::Error::other("no file descriptors")).unwrap() * 2);
        let address = (ListenerAddress::find("exhausted"),);
        let expected = emission.expect().counter(&CONNECTION.server_rejected, address, 2);
        expected.gauge(&CONNECTION.server_active, address, 1.0).among_others();
        drop(accepted);
        emission.expect().gauge(&CONNECTION.server_active, address, 0.0).among_others();
    }

    #[tokio::test(start_paused = true)]
    async fn as_a_stream_it_never_ends_and_has_no_errors() {
        let listed = [Err(io::Error::other("no file descriptors")), Ok(tokio::io::duplex(1).0)];
        let mut listener = MeasuredListener::new("streamed", ScriptedListener(Mutex::new(listed.into()))).unwrap();
        assert!(poll_fn(|context| Pin::new(&mut listener).poll_next(context)).await.is_some_and(|next| next.is_ok()));
        let next = poll_fn(|context| Pin::new(&mut listener).poll_next(context));
        assert!(tokio::time::timeout(Duration::from_secs(9), next).await.is_err());
    }
}
