//! Implementations of the trait `Executor`, which runs every query of sqlx, for pool and connection.

use ::sqlx::{Either, Error, Execute, Executor, SqlStr};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::connection::MeasuredConnection;
use super::driver::Driver;
use super::lending::connect;
use super::pool::MeasuredPool;
use super::statement::OwnedQuery;
use super::watch::{Relay, Rows, measured, settle_row};
use crate::operation::Guard;

/// The operation name for preparing a statement.
const PREPARE: &str = "PREPARE";

/// The operation name for asking for the types of a statement.
const DESCRIBE: &str = "DESCRIBE";

impl<'p, DB> Executor<'p> for &'_ MeasuredPool<DB>
where
    DB: Driver,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<DB::QueryResult, DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let (shared, query) = (self.shared(), OwnedQuery::of(query));
        Box::pin(Relay::new(move |outlet| async move {
            let mut guard = Guard::idle(query.call(&shared.client));
            match connect(&mut guard, &shared).await {
                Ok((mut connection, _in_use)) => {
                    let mut rows = Rows::<DB>::new(guard, (&mut *connection).fetch_many(query));
                    while let Some(row) = rows.next().await {
                        outlet.hand_on(row).await;
                    }
                }
                Err(error) => outlet.hand_on(Err(error)).await,
            }
        }))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let (shared, query) = (self.shared(), OwnedQuery::of(query));
        Box::pin(async move {
            let mut guard = Guard::idle(query.call(&shared.client));
            let (mut connection, _in_use) = connect(&mut guard, &shared).await?;
            settle_row(&mut guard, (&mut *connection).fetch_optional(query)).await
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        let shared = self.shared();
        Box::pin(async move {
            let mut guard = Guard::idle(shared.client.operation(PREPARE));
            let (mut connection, _in_use) = connect(&mut guard, &shared).await?;
            measured(&mut guard, (&mut *connection).prepare_with(sql, parameters)).await
        })
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<::sqlx::Describe<DB>, Error>>
    where
        'p: 'e,
    {
        let shared = self.shared();
        Box::pin(async move {
            let mut guard = Guard::idle(shared.client.operation(DESCRIBE));
            let (mut connection, _in_use) = connect(&mut guard, &shared).await?;
            measured(&mut guard, (&mut *connection).describe(sql)).await
        })
    }
}

impl<'t, DB> Executor<'t> for &'t mut MeasuredConnection<'_, DB>
where
    DB: Driver,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<DB::QueryResult, DB::Row>, Error>>
    where
        't: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = OwnedQuery::of(query);
        let (connection, client) = self.lend();
        let guard = Guard::idle(query.call(client));
        Box::pin(Rows::<DB>::new(guard, connection.fetch_many(query)))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        't: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = OwnedQuery::of(query);
        let (connection, client) = self.lend();
        let guard = Guard::idle(query.call(client));
        Box::pin(settle_row(guard, connection.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        't: 'e,
    {
        let (connection, client) = self.lend();
        let guard = Guard::idle(client.operation(PREPARE));
        Box::pin(measured(guard, connection.prepare_with(sql, parameters)))
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<::sqlx::Describe<DB>, Error>>
    where
        't: 'e,
    {
        let (connection, client) = self.lend();
        let guard = Guard::idle(client.operation(DESCRIBE));
        Box::pin(measured(guard, connection.describe(sql)))
    }
}
