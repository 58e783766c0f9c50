//! A client of one database: what all its operations have in common, and their kept series.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::call::DatabaseCall;
use super::label::{CollectionName, DatabaseSystem, Namespace};
use super::memo::Memo;
use super::series::Series;
use super::shape::Shape;
use super::slow::SlowLog;
use super::transaction::TransactionGuard;

/// Longest name of a table that is looked up, in bytes; `PostgreSQL` and `MySQL` allow 63 and 64.
const MAX_NAME: usize = 128;

/// Operations that take as long as this are slow, unless the client is told otherwise.
const SLOW: Duration = Duration::from_secs(1);

/// What a driver's calls to one database are measured by. Make it a `static`: it keeps the series of its operations.
///
/// ```
/// use mme_metrics::database::{DatabaseClient, DatabaseSystem};
/// use mme_metrics::operation::measure;
/// use mme_metrics::operation::ByResult;
///
/// static ORDERS: DatabaseClient = DatabaseClient::new(DatabaseSystem::Mongodb).namespace("shop");
///
/// # fn insert_into_orders() -> Result<(), String> { Ok(()) }
/// let inserted = measure(ORDERS.operation("insert").collection("orders"), ByResult, insert_into_orders);
/// # assert!(inserted.is_ok());
/// ```
///
/// For a driver that speaks SQL, [`statement`](Self::statement) reads operation and table from the text.
pub struct DatabaseClient {
    system: DatabaseSystem,
    namespace: &'static str,
    tables: &'static [&'static str],
    slow: Duration,
    rows: bool,
    /// The tables by their names in small letters.
    known: OnceLock<HashMap<Box<str>, &'static str>>,
    series: OnceLock<Series>,
    memo: OnceLock<Memo>,
    pub(super) log: SlowLog,
}

impl DatabaseClient {
    /// Measures the operations of a client of `system`.
    pub const fn new(system: DatabaseSystem) -> Self {
        Self {
            system,
            namespace: "",
            tables: &[],
            slow: SLOW,
            rows: false,
            known: OnceLock::new(),
            series: OnceLock::new(),
            memo: OnceLock::new(),
            log: SlowLog::new(),
        }
    }

    /// Names the database within its system: what `db_namespace` reads.
    pub const fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    /// Names the tables that [`statement`](Self::statement) tells apart, without their schemas; all others read `_other`.
    /// If none is named, statements have no table.
    pub const fn tables(mut self, tables: &'static [&'static str]) -> Self {
        self.tables = tables;
        self
    }

    /// Sets from which duration on an operation is slow; 1 s unless said otherwise.
    pub const fn slow_after(mut self, threshold: Duration) -> Self {
        self.slow = threshold;
        self
    }

    /// Records how many rows operations return, in `db_client_response_returned_rows`. Off by default.
    pub const fn returned_rows(mut self, on: bool) -> Self {
        self.rows = on;
        self
    }

    /// Returns one operation, to be measured by [`guard`](crate::operation).
    ///
    /// `name` is what the driver or the protocol calls it: `HGETALL`, `find`. A program has at most 256 of them.
    pub const fn operation(&self, name: &'static str) -> DatabaseCall<'_> {
        DatabaseCall::new(self, name, "")
    }

    /// Returns the operation that a prepared statement of SQL is, to be measured by [`guard`](crate::operation).
    ///
    /// The text is read as far as its first table, and nothing of it is kept. What it was read as is, for 1 024 texts of up to
    /// 8 KiB that came again, so that they are only hashed.
    pub fn statement(&self, sql: &str) -> DatabaseCall<'_> {
        self.read(sql, false)
    }

    /// Returns the operation that a text of SQL is which may hold several statements; then it is a `BATCH`.
    pub fn batch(&self, sql: &str) -> DatabaseCall<'_> {
        self.read(sql, true)
    }

    /// Begins a transaction, which is counted when what is returned is dropped.
    pub fn start_transaction(&self) -> TransactionGuard {
        TransactionGuard::new(self.system)
    }

    /// Names the tables while the program runs; those that pass the budget read `_other`.
    #[cfg(feature = "sqlx")]
    pub(super) fn know<'a>(&self, tables: impl IntoIterator<Item = &'a str>) {
        let admitted = tables.into_iter().map(|table| (lower(table), CollectionName::admit(table).as_str()));
        // Told once, before anything is measured.
        let _ = self.known.set(admitted.collect());
    }

    pub(super) fn series(&self) -> &Series {
        self.series.get_or_init(|| Series::new(self.system, Namespace::admit(self.namespace)))
    }

    pub(super) fn system(&self) -> DatabaseSystem {
        self.system
    }

    pub(super) fn is_slow(&self, seconds: f64) -> bool {
        seconds >= self.slow.as_secs_f64()
    }

    pub(super) fn counts_rows(&self) -> bool {
        self.rows
    }

    fn read(&self, sql: &str, is_batch: bool) -> DatabaseCall<'_> {
        let memo = self.memo.get_or_init(Memo::default);
        let key = memo.key(sql, is_batch);
        if let Some(reading) = key.and_then(|key| memo.get(key)) {
            return DatabaseCall::read(self, reading);
        }
        let shape = if is_batch { Shape::of_batch(sql, self.system) } else { Shape::of(sql, self.system) };
        let table = self.table_of(&shape);
        if let Some(key) = key {
            memo.offer(key, shape.operation, table);
        }
        DatabaseCall::new(self, shape.operation, table)
    }

    /// Returns the first table that the service named, or what stands for those it did not.
    fn table_of(&self, shape: &Shape<'_>) -> &'static str {
        let mut tables = shape.tables.iter().flatten();
        match tables.clone().find_map(|table| self.find(table)) {
            Some(known) => known,
            None if tables.next().is_some() && !self.known().is_empty() => CollectionName::FALLBACK.as_str(),
            None => "",
        }
    }

    fn known(&self) -> &HashMap<Box<str>, &'static str> {
        let admit = |table: &&str| (lower(table), CollectionName::admit(table).as_str());
        self.known.get_or_init(|| self.tables.iter().map(admit).collect())
    }

    /// Finds a table that the service named, without allocating.
    fn find(&self, table: &str) -> Option<&'static str> {
        let known = self.known();
        if known.is_empty() {
            return None;
        }
        let mut room = [0; MAX_NAME];
        let room = room.get_mut(..table.len())?;
        room.copy_from_slice(table.as_bytes());
        room.make_ascii_lowercase();
        known.get(str::from_utf8(room).ok()?).copied()
    }
}

fn lower(table: &str) -> Box<str> {
    table.to_ascii_lowercase().into()
}

impl fmt::Debug for DatabaseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseClient")
            .field("system", &self.system)
            .field("namespace", &self.namespace)
            .field("slow_after", &self.slow)
            .finish_non_exhaustive()
    }
}
