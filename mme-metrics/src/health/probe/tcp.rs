//! Dependencies that listen.

use tokio::net::TcpStream;

use super::DependencyProbe;
use crate::probe::ProbeFailure;

/// Connects and hangs up: up is whatever takes the connection.
///
/// A full queue or a dead program behind a port that a proxy holds open looks up; ask in its own language where you can.
#[derive(Clone, Debug)]
pub struct TcpProbe {
    host: String,
    port: u16,
}

impl TcpProbe {
    /// Connects to this host, a name or an address.
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
