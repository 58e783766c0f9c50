//! Through the wrapper everything is as without it: the same rows, in the same order, when they are asked for; the same
//! results, the same errors.

use futures_util::{StreamExt, TryStreamExt};
use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use sqlx::sqlite::{SqliteError, SqlitePool, SqliteRow};
use sqlx::{Acquire, Any, Connection, Either, Executor, Row, SqlStr, Sqlite, Statement};

use super::{in_memory, one_connection};

/// Tells what happens on a pool, whichever it is: the same code is compiled for both.
macro_rules! story {
    ($pool:expr) => {{
        let pool = $pool;
        let mut told: Vec<String> = Vec::new();
        macro_rules! tell {
            ($what:expr) => {
                told.push(format!("{:?}", $what))
            };
        }
        sqlx::migrate!().run(&pool).await.unwrap();
        let insert = "INSERT INTO dishes (id, name, price) VALUES ($1, $2, $3)";
        let inserted = sqlx::query(insert).bind(3).bind("cake").bind(4_i64).execute(&pool).await.unwrap();
        tell!((inserted.rows_affected(), inserted.last_insert_rowid()));

        let all = "SELECT id, name, price FROM dishes ORDER BY name DESC";
        tell!(sqlx::query_as::<_, (i64, String, i64)>(all).fetch_all(&pool).await.unwrap());
        tell!(sqlx::query_as::<_, (i64, String, i64)>(all).fetch(&pool).try_collect::<Vec<_>>().await.unwrap());
        tell!(sqlx::query(all).map(|row: SqliteRow| row.get::<String, _>(1)).fetch_one(&pool).await.unwrap());
        tell!(sqlx::query_scalar::<_, i64>("SELECT id FROM dishes WHERE id > 9").fetch_optional(&pool).await.unwrap());
        let several = sqlx::raw_sql("UPDATE dishes SET price = 9 WHERE id < 3; SELECT price FROM dishes; SELECT 1");
        let several = several.fetch_many(&pool).map_ok(|step| match step {
            Either::Left(result) => format!("{} affected", result.rows_affected()),
            Either::Right(row) => format!("row {}", row.get::<i64, _>(0)),
        });
        tell!(several.collect::<Vec<_>>().await);

        let again = sqlx::query(insert).bind(3).bind("cake").bind(4_i64).execute(&pool).await.unwrap_err();
        let violated = again.as_database_error().unwrap();
        tell!((violated.code(), violated.kind(), violated.message(), violated.is_unique_violation()));
        tell!(violated.downcast_ref::<SqliteError>());
        let errors = [
            sqlx::query("SELECT FROM WHERE").execute(&pool).await.map(drop),
            sqlx::query("SELECT 1 FROM dishes WHERE id = 99").fetch_one(&pool).await.map(drop),
            sqlx::query_scalar::<_, i64>("SELECT name FROM dishes").fetch_one(&pool).await.map(drop),
            sqlx::query("SELECT 1").fetch_one(&pool).await.map(|row| row.get::<i64, _>(0)).map(drop),
            sqlx::query("SELECT 1").fetch_one(&pool).await.and_then(|row| row.try_get::<i64, _>("x")).map(drop),
        ];
        tell!(errors);

        let statement = (&pool).prepare(SqlStr::from_static("SELECT name FROM dishes WHERE id = $1")).await.unwrap();
        tell!((statement.sql().as_str(), statement.columns().len()));
        tell!(statement.query_scalar::<String>().bind(2).fetch_one(&pool).await.unwrap());

        let mut transaction = pool.begin().await.unwrap();
        tell!(transaction.execute("DELETE FROM dishes WHERE id = 1").await.unwrap().rows_affected());
        let mut inner = transaction.begin().await.unwrap();
        sqlx::query("DELETE FROM dishes").execute(&mut *inner).await.unwrap();
        inner.rollback().await.unwrap();
        tell!(sqlx::query(all).fetch_all(&mut *transaction).await.unwrap().len());
        transaction.commit().await.unwrap();
        let mut dropped = pool.begin().await.unwrap();
        sqlx::query("DELETE FROM dishes").execute(&mut *dropped).await.unwrap();
        drop(dropped);
        tell!(sqlx::query(all).fetch_all(&pool).await.unwrap().len());

        let mut connection = pool.acquire().await.unwrap();
        let doubled = connection.transaction(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE dishes SET price = price * 2 RETURNING price";
                sqlx::query_scalar::<_, i64>(sql).fetch_all(&mut **transaction).await
            })
        });
        tell!(doubled.await.unwrap());
        tell!(sqlx::query(all).execute(&mut *connection).await.unwrap().rows_affected());
        tell!(pool.try_acquire().is_none());
        drop(connection);
        tell!(priciest(&pool).await.unwrap());
        pool.close().await;
        tell!(pool.acquire().await.map(drop));
        told
    }};
}

/// A function over anything that has a connection.
async fn priciest<'a>(source: impl Acquire<'a, Database = Sqlite>) -> sqlx::Result<i64> {
    let mut connection = source.acquire().await?;
    sqlx::query_scalar("SELECT max(price) FROM dishes").fetch_one(&mut *connection).await
}

#[tokio::test]
async fn the_wrapper_changes_no_result() {
    let bare: SqlitePool = one_connection().connect_with(in_memory()).await.unwrap();
    let bare = story!(bare);
    let measured = Measure::new().name("same").connect_with(one_connection(), in_memory()).await.unwrap();
    let measured = story!(measured);
    assert_eq!(measured, bare);
    assert_eq!(bare.len(), 19);
}

#[tokio::test]
async fn rows_come_when_they_are_asked_for() {
    let pool = MeasuredPool::new(one_connection().connect_with(in_memory()).await.unwrap());
    // Nobody could read all of it.
    let endless = "WITH RECURSIVE n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
    let first: Vec<i64> = sqlx::query_scalar::<_, i64>(endless).fetch(&pool).take(3).try_collect().await.unwrap();
    assert_eq!(first, [1, 2, 3]);
    let mut connection = pool.acquire().await.unwrap();
    let first: Vec<i64> =
        sqlx::query_scalar::<_, i64>(endless).fetch(&mut *connection).take(3).try_collect().await.unwrap();
    assert_eq!(first, [1, 2, 3]);
}

/// A function over any executor, and one over pools of any driver, as services have them.
async fn count<'e>(executor: impl Executor<'e, Database = Sqlite>) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(executor).await
}

#[tokio::test]
async fn futures_and_streams_go_to_other_threads() {
    let pool = MeasuredPool::new(one_connection().connect_with(in_memory()).await.unwrap());
    let task = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut rows = sqlx::query("SELECT 1").fetch(&pool);
            assert!(rows.try_next().await?.is_some());
            drop(rows);
            let mut transaction = pool.begin().await?;
            let counted = count(&mut *transaction).await?;
            let mut inner = transaction.begin().await?;
            count(inner.as_mut()).await?;
            drop(inner);
            transaction.commit().await?;
            assert_eq!(count(&pool).await?, counted);
            let mut connection = pool.acquire().await?;
            count(&mut *connection).await?;
            connection.unmeasured().ping().await?;
            connection.close().await
        }
    });
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn any_driver_is_the_one_its_address_names() {
    sqlx::any::install_default_drivers();
    let options = "sqlite::memory:".parse().unwrap();
    let pool = sqlx::pool::PoolOptions::<Any>::new().max_connections(1);
    let pool = Measure::new().name("any").connect_with(pool, options).await.unwrap();
    let emission = mme_metrics::testing::Emission::new();
    let one = emission.record_async(sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(&pool)).await;
    assert_eq!(one.unwrap(), 1);
    super::expect(&emission, "any", ("SELECT", "", mme_metrics::operation::Outcome::Ok), [1, 1]).only();
}
