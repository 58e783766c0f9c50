//! A listener of its own for the endpoint.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::connection::{self, ConnectionHandler, Connections, Limits};
use super::service::Endpoint;
use crate::accept_failure::pause_after;

/// The default address of a listener: port 9464, reached from this machine only.
///
/// The port is the one that OpenTelemetry's specification gives to Prometheus exporters.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9464));

/// Time that unfinished answers get when the listener is shut down.
const GRACE: Duration = Duration::from_secs(5);

/// An open port, made by [`Endpoint::listen`]. If it is dropped, the port stays open as long as the runtime lives.
#[derive(Debug)]
pub struct MetricsListener {
    address: SocketAddr,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl MetricsListener {
    /// Returns the address that was opened, with its real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port at once, gives unfinished answers 5 s, and returns when all connections are closed.
    ///
    /// # Cancellation
    ///
    /// The listener stops even if this future is dropped, also before it was polled.
    pub fn shutdown(mut self) -> impl Future<Output = ()> + Send + 'static {
        // Not in the future, which may not be polled.
        self.stop();
        async move { self.closed().await }
    }

    /// Closes the port at once, and gives unfinished answers 5 s.
    pub(super) fn stop(&self) {
        self.stop.notify_one();
    }

    /// Closes the port and cuts off unfinished answers.
    #[cfg(feature = "drain")]
    pub(super) fn abort(&self) {
        self.task.abort();
    }

    /// Waits until the port is closed.
    pub(super) async fn closed(&mut self) {
        // An error means that it was aborted, or ended with its runtime.
        let _ = (&mut self.task).await;
    }
}

/// Why a port cannot be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// There is no tokio runtime to serve on.
    NoRuntime,
    /// The address cannot be bound.
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The token that the operator has set cannot be read.
    #[cfg(feature = "settings")]
    Settings(crate::settings::SettingsError),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntime => {
                f.write_str("there is no tokio runtime here: call `listen` inside `#[tokio::main]` or `Runtime::enter`")
            }
            Self::Bind { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "{address} is taken by another listener: stop it or choose another port")
            }
            Self::Bind { address, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                write!(f, "{address} needs privileges that this process does not have: choose a port above 1023")
            }
            Self::Bind { address, .. } => {
                write!(f, "cannot listen on {address}: choose an address of this machine")
            }
            #[cfg(feature = "settings")]
            Self::Settings(error) => write!(f, "{error}"),
        }
    }
}

impl Error for ListenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoRuntime => None,
            Self::Bind { source, .. } => Some(source),
            // The message is that of the error itself.
            #[cfg(feature = "settings")]
            Self::Settings(error) => error.source(),
        }
    }
}

impl Endpoint {
    /// Opens a port and serves there until [`MetricsListener::shutdown`], on the current runtime.
    ///
    /// [`DEFAULT_ADDRESS`](super::DEFAULT_ADDRESS) is reached from this machine only. Port 0 is any free port.
    ///
    /// # Errors
    ///
    /// When it is called outside a tokio runtime, or the address cannot be bound.
    ///
    /// # Panics
    ///
    /// When the runtime was built without its network and time drivers (`enable_all`).
    pub fn listen(self, address: impl Into<SocketAddr>) -> Result<MetricsListener, ListenError> {
        listen_within(self, address.into(), Limits::DEFAULT)
    }
}

pub(super) fn listen_within(
    endpoint: Endpoint,
    address: SocketAddr,
    limits: Limits,
) -> Result<MetricsListener, ListenError> {
    let runtime = Handle::try_current().map_err(|_| ListenError::NoRuntime)?;
    let bind = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok((listener.local_addr()?, TcpListener::from_std(listener)?))
    };
    let (address, listener) = bind().map_err(|source| ListenError::Bind { address, source })?;
    Ok(spawn(&runtime, address, listener, endpoint.listening(address), limits))
}

/// Serves on a port that is open already.
#[cfg(feature = "drain")]
pub(super) fn serve_on(listener: TcpListener, served: impl ConnectionHandler) -> io::Result<MetricsListener> {
    Ok(spawn(&Handle::current(), listener.local_addr()?, listener, served, Limits::DEFAULT))
}

fn spawn(
    runtime: &Handle,
    address: SocketAddr,
    listener: TcpListener,
    served: impl ConnectionHandler,
    limits: Limits,
) -> MetricsListener {
    // A `MetricsListener` that is dropped notifies nothing, so the port stays open.
    let stop = Arc::new(Notify::new());
    let task = runtime.spawn(run(listener, served, limits, Arc::clone(&stop)));
    MetricsListener { address, stop, task }
}

async fn run(listener: TcpListener, served: impl ConnectionHandler, limits: Limits, stop: Arc<Notify>) {
    let mut stopped = pin!(stop.notified());
    let connections = Arc::new(Connections::default());
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stopped => break,
            Some(_) = tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Without the option the socket is only slower.
                    let _ = stream.set_nodelay(true);
                    let ticket = connections.enter(limits.connections);
                    tasks.spawn(connection::serve(stream, served.clone(), limits, ticket));
                }
                Err(error) => if let Some(pause) = pause_after(&error) {
                    connections.close_one_waiting();
                    tokio::time::sleep(pause).await;
                }
            },
        }
    }
    drop(listener);
    connections.close_waiting();
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tasks.shutdown().await;
    }
}
