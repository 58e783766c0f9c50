//! The slowest and the failed requests, as a sampler of spike traces holds them.

use super::table::Table;

#[cfg(feature = "spike")]
use super::table::{Cell, Row, State, Unit};
#[cfg(feature = "spike")]
use crate::spike::{Spikes, Trace};

/// Most rows of each kind.
#[cfg(feature = "spike")]
const MOST: usize = 10;

/// Where the slowest requests come from, if from anywhere.
#[derive(Clone, Default)]
pub(super) struct SlowRequests {
    #[cfg(feature = "spike")]
    spikes: Option<Spikes>,
}

impl SlowRequests {
    #[cfg(feature = "spike")]
    pub(super) fn new(spikes: Spikes) -> Self {
        Self { spikes: Some(spikes) }
    }

    #[cfg(not(feature = "spike"))]
    #[allow(clippy::unused_self)]
    pub(super) fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    /// Returns the slowest requests of this window and the last, and the latest failures.
    #[cfg(feature = "spike")]
    pub(super) fn tables(&self) -> Vec<Table> {
        let Some(spikes) = &self.spikes else { return Vec::new() };
        let view = spikes.view();
        let mut slowest: Vec<_> = view.slowest.iter().chain(&view.slowest_before).collect();
        slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
        let failed: Vec<_> = view.failed.iter().collect();
        let lists = [
            ("Slowest requests", "Of this minute or window and the one before.", slowest),
            ("Latest failures", "Failed and cancelled requests, the latest first.", failed),
        ];
        lists
            .into_iter()
            .filter(|(_, _, list)| !list.is_empty())
            .map(|(title, note, list)| table(title, note, &list))
            .collect()
    }
}

#[cfg(feature = "spike")]
fn table(title: &'static str, note: &'static str, list: &[&Trace]) -> Table {
    let rows = list.iter().take(MOST).map(|trace| {
        let status = trace.status.map_or(Cell::None, |status| Cell::Text(status.to_string()));
        let route =
            if trace.method.is_empty() { trace.route.clone() } else { format!("{} {}", trace.method, trace.route) };
        let end = if trace.error.is_empty() { trace.end.clone() } else { format!("{}: {}", trace.end, trace.error) };
        let state = match trace.end.as_str() {
            "ok" => State::Ok,
            "cancelled" => State::Warning,
            _ => State::Bad,
        };
        let id = trace.trace_id.clone().map_or(Cell::None, Cell::Text);
        let cells = vec![Cell::Text(trace.time.clone()), route.into(), trace.seconds.into(), status, end.into(), id];
        Row { cells, state }
    });
    Table {
        title,
        note,
        columns: vec![
            ("time", Unit::Moment),
            ("request", Unit::Text),
            ("took", Unit::Seconds),
            ("status", Unit::Text),
            ("end", Unit::Text),
            ("trace", Unit::Text),
        ],
        rows: rows.collect(),
    }
}
