//! What records the operations of one client: its settings, its kept series and its log of slow operations.

use std::sync::OnceLock;
use std::time::Duration;

use super::label::{DatabaseSystem, Namespace};
use super::series::Series;
use super::slow::SlowLog;
use crate::clock::seconds_from;

/// Default threshold from which on an operation is slow.
const SLOW: Duration = Duration::from_secs(1);

/// Records the operations of one client.
#[derive(Debug)]
pub(super) struct OperationMeter {
    pub(super) system: DatabaseSystem,
    pub(super) namespace: &'static str,
    /// The threshold from which on an operation is slow.
    pub(super) slow: Duration,
    /// Whether returned rows are recorded.
    pub(super) rows: bool,
    series: OnceLock<Series>,
    pub(super) log: SlowLog,
}

impl OperationMeter {
    pub(super) const fn new(system: DatabaseSystem) -> Self {
        Self { system, namespace: "", slow: SLOW, rows: false, series: OnceLock::new(), log: SlowLog::new() }
    }

    pub(super) fn series(&self) -> &Series {
        self.series.get_or_init(|| Series::new(self.system, Namespace::admit(self.namespace)))
    }

    pub(super) fn is_slow(&self, seconds: f64) -> bool {
        seconds >= seconds_from(self.slow)
    }
}
