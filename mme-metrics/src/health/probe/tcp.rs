//! A probe that opens a TCP connection.

use tokio::net::TcpStream;

use super::DependencyProbe;
use crate::probe::ProbeFailure;

/// Opens a TCP connection and closes it. The dependency is up if it accepts the connection.
///
/// A dependency can look up although its queue is full, or although it has crashed behind a proxy that keeps the port
/// open. Where you can, use a probe that speaks its protocol.
#[derive(Clone, Debug)]
pub struct TcpProbe {
    host: String,
    port: u16,
}

impl TcpProbe {
    /// Creates a probe that connects to this host, given by name or address.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

impl DependencyProbe for TcpProbe {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        connect(&self.host, self.port).await.map(drop)
    }
}

pub(super) async fn connect(host: &str, port: u16) -> Result<TcpStream, ProbeFailure> {
    TcpStream::connect((host, port)).await.map_err(|_| ProbeFailure::Unreachable)
}
