//! A connection from its beginning to its end.

use std::fmt;

use super::label::ListenerAddress;
use super::metrics::CONNECTION;
use crate::clock::Moment;
#[cfg(feature = "connection")]
use crate::label::{ServerAddress, ServerPort};
use crate::metric::InFlight;

/// An open connection. Dropped, it is closed: the gauge comes down, and its duration is recorded.
///
/// [`MeasuredIo`](super::MeasuredIo) holds one for a stream. Keep one beside a connection that cannot be wrapped.
#[must_use = "dropping this ends the connection"]
pub struct ConnectionGuard {
    end: End,
    started: Moment,
    _active: InFlight,
}

/// The end that is recorded.
enum End {
    Server(ListenerAddress),
    #[cfg(feature = "connection")]
    Client(Box<(ServerAddress, ServerPort)>),
}

impl ConnectionGuard {
    pub(super) fn server(address: ListenerAddress) -> Self {
        let active = CONNECTION.server_active.track((address,));
        Self { end: End::Server(address), started: Moment::now(), _active: active }
    }

    #[cfg(feature = "connection")]
    pub(super) fn client(address: ServerAddress, port: ServerPort) -> Self {
        let active = CONNECTION.client_open.track((address.clone(), port.clone()));
        Self { end: End::Client(Box::new((address, port))), started: Moment::now(), _active: active }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let seconds = self.started.seconds();
        match &self.end {
            End::Server(address) => CONNECTION.server_duration.record((*address,), seconds),
            #[cfg(feature = "connection")]
            End::Client(server) => CONNECTION.client_duration.record((**server).clone(), seconds),
        }
    }
}

impl fmt::Debug for ConnectionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionGuard").finish_non_exhaustive()
    }
}
