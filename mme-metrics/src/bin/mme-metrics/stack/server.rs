//! The servers of a native stack.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A server that a native stack runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) kind: ServerKind,
    /// The program, found on the path.
    pub(super) program: PathBuf,
    /// Its port on the loopback interface.
    pub(super) port: u16,
}

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ServerKind {
    /// Prints notifications.
    Pager,
    Alertmanager,
    Prometheus,
    Node,
    Blackbox,
}

impl ServerKind {
    /// In the order in which they start: what others send to comes first.
    pub(super) const ALL: [Self; 5] = [Self::Pager, Self::Alertmanager, Self::Prometheus, Self::Node, Self::Blackbox];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pager => "pager",
            Self::Alertmanager => "alertmanager",
            Self::Prometheus => "prometheus",
            Self::Node => "node",
            Self::Blackbox => "blackbox",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("unknown server {name:?}: it is one of {}", Self::ALL.map(Self::name).join(", ")))
    }

    /// The names of its program: Debian's first, then its project's.
    pub(super) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Pager => &[],
            Self::Alertmanager => &["prometheus-alertmanager", "alertmanager"],
            Self::Prometheus => &["prometheus"],
            Self::Node => &["prometheus-node-exporter", "node_exporter"],
            Self::Blackbox => &["prometheus-blackbox-exporter", "blackbox_exporter"],
        }
    }

    /// The package of Debian that has its program. It also starts the program as a service of the system, under the same name.
    pub(super) fn package(self) -> &'static str {
        self.programs().first().copied().unwrap_or_default()
    }

    /// The option that chooses its port.
    pub(super) fn port_option(self) -> &'static str {
        match self {
            Self::Pager => "--pager-port",
            Self::Alertmanager => "--alertmanager-port",
            Self::Prometheus => "--prometheus-port",
            Self::Node => "--node-port",
            Self::Blackbox => "--blackbox-port",
        }
    }

    /// The path that answers with 200 once the server is ready.
    pub(super) fn ready_path(self) -> &'static str {
        match self {
            Self::Pager | Self::Alertmanager | Self::Prometheus => "/-/ready",
            Self::Node => "/",
            Self::Blackbox => "/-/healthy",
        }
    }
}

impl Server {
    pub(super) fn name(&self) -> &'static str {
        self.kind.name()
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
