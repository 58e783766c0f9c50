//! Reads resources from a database that isolates tenants itself, such as by row-level security.

use std::fmt;

use sqlx::{Database, Encode, Executor, IntoArguments, Pool, Type};

use super::resource::{TenantName, TenantRead};
use super::visibility::Visibility;
use crate::probe::ProbeFailure;

/// The SQLSTATE of a refusal by `PostgreSQL`: `insufficient_privilege`.
const REFUSED: &str = "42501";

/// Reads rows in a transaction that acts for a tenant: for row-level security, such as the policies of `PostgreSQL`.
///
/// ```no_run
/// use mme_metrics::isolation::SqlRead;
///
/// # fn example(pool: sqlx::Pool<impl sqlx::Database>) {
/// let invoice = SqlRead::new(pool, "SELECT FROM invoices WHERE id = 17")
///     .acting("SELECT set_config('app.tenant', $1, true)");
/// # }
/// ```
///
/// The result is [`Visibility::Seen`] if the query returns a row. It is [`Visibility::Denied`] if the query returns no
/// row or the privilege is missing. Any other error is [`Visibility::Unclear`]. So is any error of the statement that
/// acts for the tenant, because then the query did not run. The transaction is rolled back.
///
/// Connect with the same role as the service. The owner of the table, a superuser and a role with `BYPASSRLS` see every
/// row, and the sentinel would correctly report that as a breach. A small separate pool is best, because a read that
/// hangs keeps its connection.
pub struct SqlRead<DB: Database> {
    pool: Pool<DB>,
    acting: Option<&'static str>,
    query: &'static str,
}

impl<DB: Database> SqlRead<DB> {
    /// Creates a read that runs `query`. The query must select rows of this resource only.
    pub const fn new(pool: Pool<DB>, query: &'static str) -> Self {
        Self { pool, acting: None, query }
    }

    /// Runs a statement before the query, in the same transaction, with the tenant's name as its only argument.
    pub const fn acting(mut self, statement: &'static str) -> Self {
        self.acting = Some(statement);
        self
    }
}

impl<DB> TenantRead for SqlRead<DB>
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
{
    async fn read(&self, tenant: TenantName) -> Visibility {
        self.look(&tenant).await.unwrap_or_else(Visibility::Unclear)
    }
}

impl<DB> SqlRead<DB>
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
{
    async fn look(&self, tenant: &str) -> Result<Visibility, ProbeFailure> {
        let mut transaction = self.pool.begin().await.map_err(failure)?;
        if let Some(statement) = self.acting {
            sqlx::query(statement).bind(tenant.to_owned()).execute(&mut *transaction).await.map_err(failure)?;
        }
        // Every return path drops the transaction, which rolls it back.
        match sqlx::query(self.query).fetch_optional(&mut *transaction).await {
            Ok(Some(_)) => Ok(Visibility::Seen),
            Ok(None) => Ok(Visibility::Denied),
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == REFUSED) => {
                Ok(Visibility::Denied)
            }
            Err(error) => Err(failure(error)),
        }
    }
}

fn failure(error: sqlx::Error) -> ProbeFailure {
    match error {
        sqlx::Error::PoolTimedOut => ProbeFailure::TimedOut,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => ProbeFailure::Unreachable,
        _ => ProbeFailure::Other("the statement failed"),
    }
}

impl<DB: Database> fmt::Debug for SqlRead<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlRead").finish_non_exhaustive()
    }
}
