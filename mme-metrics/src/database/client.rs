//! A client of one database: the settings of its operations, and their kept series.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::call::DatabaseCall;
use super::label::{CollectionName, DatabaseSystem};
use super::memo::Memo;
use super::operation_meter::OperationMeter;
use super::shape::Shape;
use super::transaction::TransactionGuard;

/// Maximum length of a table name that is looked up, in bytes. `PostgreSQL` and `MySQL` allow 63 and 64.
const MAX_NAME: usize = 128;

/// Measures the calls of a driver to one database. Make it a `static`: it keeps the series of its operations.
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
/// For a driver of an SQL database, [`statement`](Self::statement) reads the operation and the table from the text.
pub struct DatabaseClient {
    meter: OperationMeter,
    tables: &'static [&'static str],
    /// The registered tables, by their names in lower case.
    known: OnceLock<HashMap<Box<str>, &'static str>>,
    memo: OnceLock<Memo>,
}

impl DatabaseClient {
    /// Makes a client of a database of the product `system`.
    pub const fn new(system: DatabaseSystem) -> Self {
        Self { meter: OperationMeter::new(system), tables: &[], known: OnceLock::new(), memo: OnceLock::new() }
    }

    /// Sets the name of the database, the value of the label `db_namespace`.
    pub const fn namespace(mut self, namespace: &'static str) -> Self {
        self.meter.namespace = namespace;
        self
    }

    /// Registers the tables whose names [`statement`](Self::statement) exports, without their schemas. All other tables
    /// read `_other`. If none is registered, statements have no table.
    pub const fn tables(mut self, tables: &'static [&'static str]) -> Self {
        self.tables = tables;
        self
    }

    /// Sets the duration from which on an operation is slow. The default is 1 s.
    pub const fn slow_after(mut self, threshold: Duration) -> Self {
        self.meter.slow = threshold;
        self
    }

    /// Records how many rows operations return, in `db_client_response_returned_rows`. Off by default.
    pub const fn returned_rows(mut self, on: bool) -> Self {
        self.meter.rows = on;
        self
    }

    /// Returns one operation. Measure it with the module [`operation`](crate::operation).
    ///
    /// `name` is the name of the operation in the driver or the protocol, such as `HGETALL` or `find`. A program has at
    /// most 256 names.
    pub const fn operation(&self, name: &'static str) -> DatabaseCall<'_> {
        DatabaseCall::new(&self.meter, name, "")
    }

    /// Returns the operation of a prepared SQL statement. Measure it with the module [`operation`](crate::operation).
    ///
    /// The text is parsed up to its first table, and nothing of it is stored. The result is cached by the hash of the
    /// text, for 1 024 texts of up to 8 KiB that occurred more than once. A cache hit only hashes the text.
    pub fn statement(&self, sql: &str) -> DatabaseCall<'_> {
        self.read(sql, false)
    }

    /// Returns the operation of an SQL text that may contain several statements. If it does, the operation is `BATCH`.
    pub fn batch(&self, sql: &str) -> DatabaseCall<'_> {
        self.read(sql, true)
    }

    /// Starts a transaction. It is counted when the returned guard is dropped.
    pub fn start_transaction(&self) -> TransactionGuard {
        TransactionGuard::new(self.meter.system)
    }

    /// Registers tables at run time. Tables beyond the budget read `_other`.
    #[cfg(feature = "sqlx")]
    pub(super) fn know<'a>(&self, tables: impl IntoIterator<Item = &'a str>) {
        let admitted = tables.into_iter().map(|table| (lower(table), CollectionName::admit(table).as_str()));
        // This is called once, before anything is measured.
        let _ = self.known.set(admitted.collect());
    }

    fn read(&self, sql: &str, is_batch: bool) -> DatabaseCall<'_> {
        let memo = self.memo.get_or_init(Memo::default);
        let key = memo.key(sql, is_batch);
        if let Some(statement) = key.and_then(|key| memo.get(key)) {
            return DatabaseCall::read(&self.meter, statement);
        }
        let system = self.meter.system;
        let shape = if is_batch { Shape::of_batch(sql, system) } else { Shape::of(sql, system) };
        let table = self.table_of(&shape);
        if let Some(key) = key {
            memo.offer(key, shape.operation, table);
        }
        DatabaseCall::new(&self.meter, shape.operation, table)
    }

    /// Returns the first registered table of a statement, or the fallback if its tables are not registered.
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

    /// Finds a registered table without allocating.
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
            .field("system", &self.meter.system)
            .field("namespace", &self.meter.namespace)
            .field("slow_after", &self.meter.slow)
            .finish_non_exhaustive()
    }
}
