//! A query taken apart, because sqlx shows its text only to whoever takes it.

use std::mem;

use ::sqlx::error::BoxDynError;
use ::sqlx::{Database, Execute, SqlStr};

use crate::database::{DatabaseCall, DatabaseClient};

/// A query as its driver will see it, with its text in reach.
pub(super) struct OwnedQuery<DB: Database> {
    sql: SqlStr,
    arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
    statement: Option<DB::Statement>,
}

impl<DB: Database> OwnedQuery<DB> {
    /// Takes `query` apart in the order in which drivers do.
    pub(super) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self { sql: query.sql(), arguments, persistent, statement }
    }

    /// Returns the operation that the query is.
    pub(super) fn call<'c>(&self, client: &'c DatabaseClient) -> DatabaseCall<'c> {
        match self.arguments {
            // What is not prepared may hold several statements.
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
