//! The connections of a listener: the table of open ones, and the service of one from its request to its last byte.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tower_service::Service;

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) head: Duration,
    pub(super) whole: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        // Enough for several Prometheus servers, people and probes, and far below the usual limit of 1024 file descriptors.
        connections: 128,
        // A request's head is one packet.
        head: Duration::from_secs(5),
        // Three times the default time-out of a scrape.
        whole: Duration::from_secs(30),
    };
}

/// Room for a request's head, and for bytes that the network has not taken yet. It is less than a chunk, so one connection
/// holds at most one chunk that no other reader needs.
const BUFFER_BYTES: usize = 16 * 1024;

/// The open connections, oldest first.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    answering: bool,
    close: Arc<Notify>,
}

impl Connections {
    /// Enters a connection. If `limit` are open, another one is closed for it.
    pub(super) fn enter(self: &Arc<Self>, limit: usize) -> Ticket {
        let mut table = self.table();
        while table.open.len() >= limit && table.close(true) {}
        let id = table.next;
        table.next += 1;
        let close = Arc::new(Notify::new());
        table.open.insert(id, Connection { answering: false, close: Arc::clone(&close) });
        Ticket { id, close, connections: Arc::clone(self) }
    }

    /// Closes the connection that has waited longest for its request.
    pub(super) fn close_one_waiting(&self) {
        self.table().close(false);
    }

    /// Closes all that wait for their request.
    pub(super) fn close_waiting(&self) {
        let mut table = self.table();
        while table.close(false) {}
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Closes the oldest connection that waits for its request. If none waits and `any` is true, closes the oldest of all.
    fn close(&mut self, any: bool) -> bool {
        let waiting = self.open.iter().find(|(_, connection)| !connection.answering).map(|(id, _)| *id);
        let oldest = self.open.keys().next().copied().filter(|_| any);
        let Some(connection) = waiting.or(oldest).and_then(|id| self.open.remove(&id)) else { return false };
        connection.close.notify_one();
        true
    }
}

/// A connection's entry in the table; it is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    id: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Ticket {
    fn answering(&self) {
        if let Some(connection) = self.connections.table().open.get_mut(&self.id) {
            connection.answering = true;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.table().open.remove(&self.id);
    }
}

/// Answers the requests of a connection: an endpoint, or a router of several.
pub(super) trait ConnectionHandler: Clone + Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;
    /// The answer.
    type Answer: Future<Output = Result<Response<Self::Body>, Infallible>> + Send;

    /// Answers a request.
    fn answer(&self, request: Request<Incoming>) -> Self::Answer;
}

impl<V, B> ConnectionHandler for V
where
    V: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Body = B;
    type Answer = V::Future;

    fn answer(&self, request: Request<Incoming>) -> V::Future {
        self.clone().call(request)
    }
}

/// Serves one request on `stream`, until it is answered, its time is up or its ticket is closed.
pub(super) async fn serve<S, V>(stream: S, served: V, limits: Limits, ticket: Ticket)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: ConnectionHandler,
{
    let service = service_fn(|request| {
        ticket.answering();
        served.answer(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // One request a connection: a scrape comes every few seconds, and an idle connection would have to be watched.
        .keep_alive(false)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // An error of one client concerns no other.
        _ = tokio::time::timeout(limits.whole, connection) => {}
        () = ticket.close.notified() => {}
    }
}

#[cfg(test)]
mod tests;
