//! A real PostgreSQL gives the same rows, order, results and errors with the wrapper and without it.

use mme_metrics_tests::postgres::Postgres as Server;
use sqlx::Postgres;
use sqlx::postgres::PgDatabaseError;

use super::truth::measured;

pub(super) const DISHES: &str =
    "CREATE TABLE dishes (id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL, price BIGINT NOT NULL)";

/// Tells what happens on a pool of a server, whichever it is: the same code is compiled for all. Of a driver it is told its type,
/// that of its errors, and how it writes the first, the second and the third parameter.
macro_rules! server_story {
    ($pool:expr, $driver:ty, $error:ty, $($parameter:literal),+) => {{
        use futures_util::{StreamExt as _, TryStreamExt as _};
        #[allow(unused_imports, reason = "transactions of ours begin savepoints by themselves")]
        use sqlx::{Connection as _, Executor as _, Row as _, Statement as _};

        let pool = &$pool;
        let mut told: Vec<String> = Vec::new();
        macro_rules! tell {
            ($what:expr) => {
                told.push(format!("{:?}", $what))
            };
        }
        sqlx::raw_sql("DROP TABLE IF EXISTS dishes").execute(pool).await.unwrap();
        sqlx::query(crate::server::DISHES).execute(pool).await.unwrap();
        let parameters = [$($parameter),+];
        let insert = format!("INSERT INTO dishes (id, name, price) VALUES ({})", parameters.join(", "));
        let insert: &'static str = insert.leak();
        let by_id: &'static str = format!("SELECT name FROM dishes WHERE id = {}", parameters[0]).leak();
        for (id, name) in [(1_i64, "soup"), (2, "bread"), (3, "cake")] {
            let inserted = sqlx::query(insert).bind(id).bind(name).bind(4_i64).execute(pool).await.unwrap();
            tell!(inserted);
        }
        let all = "SELECT id, name, price FROM dishes ORDER BY name DESC";
        tell!(sqlx::query_as::<_, (i64, String, i64)>(all).fetch_all(pool).await.unwrap());
        tell!(sqlx::query_as::<_, (i64, String, i64)>(all).fetch(pool).try_collect::<Vec<_>>().await.unwrap());
        tell!(sqlx::query_as::<_, (i64, String, i64)>(all).fetch(pool).take(1).try_collect::<Vec<_>>().await.unwrap());
        tell!(sqlx::query(all).map(|row: <$driver as sqlx::Database>::Row| row.get::<String, _>(1)).fetch_one(pool).await.unwrap());
        tell!(sqlx::query_scalar::<_, i64>("SELECT id FROM dishes WHERE id > 9").fetch_optional(pool).await.unwrap());
        let several = sqlx::raw_sql("UPDATE dishes SET price = 9 WHERE id < 3; SELECT price FROM dishes; SELECT id FROM dishes");
        let several = several.fetch_many(pool).map_ok(|step| match step {
            sqlx::Either::Left(result) => format!("{} affected", result.rows_affected()),
            sqlx::Either::Right(row) => format!("row {}", row.get::<i64, _>(0)),
        });
        tell!(several.collect::<Vec<_>>().await);

        let again = sqlx::query(insert).bind(3_i64).bind("cake").bind(4_i64).execute(pool).await.unwrap_err();
        let violated = again.as_database_error().unwrap();
        tell!((violated.code(), violated.kind(), violated.message(), violated.is_unique_violation()));
        tell!(violated.downcast_ref::<$error>());
        let errors = [
            sqlx::query("SELECT FROM WHERE").execute(pool).await.map(drop),
            sqlx::query("SELECT 1 FROM dishes WHERE id = 99").fetch_one(pool).await.map(drop),
            sqlx::query_scalar::<_, i64>("SELECT name FROM dishes").fetch_one(pool).await.map(drop),
        ];
        tell!(errors);

        let statement = pool.prepare(sqlx::SqlStr::from_static(by_id)).await.unwrap();
        tell!((statement.sql().as_str(), statement.columns().len()));
        tell!(statement.query_scalar::<String>().bind(2_i64).fetch_one(pool).await.unwrap());

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
        tell!(sqlx::query(all).fetch_all(pool).await.unwrap().len());
        pool.close().await;
        tell!(pool.acquire().await.map(drop));
        told
    }};
}

pub(super) use server_story;

#[tokio::test]
async fn the_wrapper_changes_no_result_on_postgresql() {
    let server = Server::start().await;
    let bare = server.pool("postgres").await;
    let bare = server_story!(bare, Postgres, PgDatabaseError, "$1", "$2", "$3");
    let measured = measured(&server, "postgres-same", 4);
    let measured = server_story!(measured, Postgres, PgDatabaseError, "$1", "$2", "$3");
    assert_eq!(measured, bare);
    assert_eq!(bare.len(), 18);
}
