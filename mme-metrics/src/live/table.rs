//! Tables of present values.

use serde::Serialize;

use crate::certificate::{CERTIFICATE, CertificateName};
use crate::database::{ConnectionState, DATABASE, PoolName};
use crate::health::{BackupName, DependencyKind, DependencyName, HEALTH};
use crate::isolation::ISOLATION;
use crate::label::LabelValue;

use super::history::History;
use super::plan::USED;

/// A table of present values.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) title: &'static str,
    /// What to know about its figures.
    pub(super) note: &'static str,
    /// Title and unit of each column.
    pub(super) columns: Vec<(&'static str, Unit)>,
    pub(super) rows: Vec<Row>,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Text,
    Count,
    Seconds,
    Bytes,
    Ratio,
    /// A Unix time in seconds, shown as the time since it.
    Since,
    /// A Unix time in seconds, shown as the time until it.
    Until,
    /// A time as RFC 3339 writes it.
    #[cfg(feature = "spike")]
    Moment,
}

/// One row.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) state: State,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    Warning,
    Bad,
    Unknown,
}

/// One figure.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    None,
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::None, Self::Number)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Some(value).into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Returns the tables of a family that have rows.
pub(super) fn of_family(history: &History, family: &str) -> Vec<Table> {
    let tables = match family {
        "slo" => vec![objectives(history)],
        "database" => vec![pools(history)],
        "health" => vec![dependencies(history), backups(history)],
        "isolation" => vec![sentinel(history)],
        "certificate" => vec![certificates(history)],
        _ => Vec::new(),
    };
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn objectives(history: &History) -> Table {
    let rows = history.objectives.list.iter().map(|objective| {
        let left = objective.budget_left();
        let burn = objective.burn_5m();
        let state = match (left, burn) {
            (None, _) => State::Unknown,
            (Some(left), _) if left <= 0.0 => State::Bad,
            (_, Some(burn)) if burn > 1.0 => State::Warning,
            _ => State::Ok,
        };
        let [events, bad] = objective.total;
        let cells = vec![
            Cell::Text(objective.name.to_string()),
            objective.target.into(),
            objective.threshold.into(),
            events.into(),
            bad.into(),
            left.into(),
            burn.into(),
            objective.burn_1h().into(),
        ];
        Row { cells, state }
    });
    Table {
        title: "Objectives",
        note: "Events and budget since the process began. A burn rate of 1 spends the budget exactly in the period of the objective.",
        columns: vec![
            ("objective", Unit::Text),
            ("target", Unit::Ratio),
            ("within", Unit::Seconds),
            ("events", Unit::Count),
            ("bad", Unit::Count),
            ("budget left", Unit::Ratio),
            ("burn rate 5 min", Unit::Count),
            ("burn rate 1 h", Unit::Count),
        ],
        rows: rows.collect(),
    }
}

fn pools(history: &History) -> Table {
    let facts = &history.facts;
    let rows = facts.of(DATABASE.connection_max.spec()).iter().map(|most| {
        let pool = most.label(PoolName::KEY);
        let state = |wanted: &str| {
            let connections = facts.of(DATABASE.connections.spec()).iter();
            let mut there = connections.filter(|fact| fact.label(PoolName::KEY) == pool);
            there.find(|fact| fact.label(ConnectionState::KEY) == wanted).map(|fact| fact.value)
        };
        let (used, idle) = (state(USED), state("idle"));
        let pending = facts.sum(DATABASE.connection_pending.spec(), PoolName::KEY, &pool);
        let share = used.map(|used| used / most.value);
        let state = match share {
            Some(share) if share >= 1.0 => State::Bad,
            Some(share) if share > 0.9 || pending > Some(0.0) => State::Warning,
            Some(_) => State::Ok,
            None => State::Unknown,
        };
        let cells = vec![pool.into(), used.into(), idle.into(), most.value.into(), share.into(), pending.into()];
        Row { cells, state }
    });
    Table {
        title: "Connection pools",
        note: "",
        columns: vec![
            ("pool", Unit::Text),
            ("in use", Unit::Count),
            ("idle", Unit::Count),
            ("most", Unit::Count),
            ("share in use", Unit::Ratio),
            ("waiting", Unit::Count),
        ],
        rows: rows.collect(),
    }
}

fn dependencies(history: &History) -> Table {
    let facts = &history.facts;
    let rows = facts.of(HEALTH.up.spec()).iter().map(|up| {
        let name = up.label(DependencyName::KEY);
        let success = facts.sum(HEALTH.last_success.spec(), DependencyName::KEY, &name);
        let (word, state) = if up.value > 0.0 { ("up", State::Ok) } else { ("down", State::Bad) };
        let kind = up.label(DependencyKind::KEY);
        let cells = vec![name.into(), kind.into(), Cell::Text(word.into()), success.into()];
        Row { cells, state }
    });
    Table {
        title: "Dependencies",
        note: "As this instance sees them.",
        columns: vec![
            ("dependency", Unit::Text),
            ("kind", Unit::Text),
            ("state", Unit::Text),
            ("last success", Unit::Since),
        ],
        rows: rows.collect(),
    }
}

fn backups(history: &History) -> Table {
    let facts = &history.facts;
    let rows = facts.of(HEALTH.backup_last_success.spec()).iter().map(|success| {
        let name = success.label(BackupName::KEY);
        let size = facts.sum(HEALTH.backup_size.spec(), BackupName::KEY, &name);
        Row { cells: vec![name.into(), success.value.into(), size.into()], state: State::Ok }
    });
    Table {
        title: "Backups",
        note: "",
        columns: vec![("backup", Unit::Text), ("last success", Unit::Since), ("size", Unit::Bytes)],
        rows: rows.collect(),
    }
}

fn sentinel(history: &History) -> Table {
    let facts = &history.facts;
    let sentinel = facts.only(ISOLATION.sentinel.spec());
    let [check, pass, interval] =
        [&ISOLATION.last_check, &ISOLATION.last_pass, &ISOLATION.interval].map(|gauge| facts.only(gauge.spec()));
    let is_late = check.zip(interval).is_some_and(|(check, interval)| history.unix - check > 2.0 * interval);
    let (word, state) = match sentinel {
        Some(0.0) => ("a tenant can read another tenant's data", State::Bad),
        Some(_) if is_late => ("passed, but no round has ended for two intervals", State::Warning),
        Some(_) => ("passed", State::Ok),
        None => ("no round has passed yet", State::Unknown),
    };
    let row = Row { cells: vec![Cell::Text(word.into()), check.into(), pass.into(), interval.into()], state };
    Table {
        title: "Isolation of tenants",
        note: "",
        columns: vec![
            ("last complete round", Unit::Text),
            ("last check", Unit::Since),
            ("last pass", Unit::Since),
            ("interval", Unit::Seconds),
        ],
        rows: if sentinel.or(interval).is_some() { vec![row] } else { Vec::new() },
    }
}

fn certificates(history: &History) -> Table {
    const DAY: f64 = 86_400.0;
    let facts = &history.facts;
    let rows = facts.of(CERTIFICATE.not_after.spec()).iter().map(|end| {
        let name = end.label(CertificateName::KEY);
        let begin = facts.sum(CERTIFICATE.not_before.spec(), CertificateName::KEY, &name);
        let left = end.value - history.unix;
        let is_young = begin.is_some_and(|begin| left >= (end.value - begin) / 3.0);
        let state = match left {
            left if left <= 0.0 => State::Bad,
            left if left < 30.0 * DAY && !is_young => State::Warning,
            _ => State::Ok,
        };
        Row { cells: vec![name.into(), end.value.into(), begin.into()], state }
    });
    Table {
        title: "Certificates",
        note: "",
        columns: vec![("certificate", Unit::Text), ("expires in", Unit::Until), ("valid for", Unit::Since)],
        rows: rows.collect(),
    }
}
