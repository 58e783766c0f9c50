//! A query split into its parts, because sqlx gives access to its text only by value.

use std::mem;

use ::sqlx::error::BoxDynError;
use ::sqlx::{Database, Execute, SqlStr};

use crate::database::{DatabaseCall, DatabaseClient};

/// A query with the same parts that its driver will see, and with access to its text.
pub(super) struct OwnedQuery<DB: Database> {
    sql: SqlStr,
    arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
    statement: Option<DB::Statement>,
}

impl<DB: Database> OwnedQuery<DB> {
    /// Splits `query` into its parts, in the order in which drivers do.
    pub(super) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self { sql: query.sql(), arguments, persistent, statement }
    }

    /// Returns the measured operation of the query.
    pub(super) fn call<'c>(&self, client: &'c DatabaseClient) -> DatabaseCall<'c> {
        match self.arguments {
            // A query that is not prepared may contain several statements.
            Ok(None) => client.batch(self.sql.as_str()),
            _ => client.statement(self.sql.as_str()),
        }
    }
}

impl<DB: Database> Execute<'_, DB> for OwnedQuery<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}
