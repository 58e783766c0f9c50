//! The counts equal those of a real PostgreSQL, by its own statistics.

use std::collections::BTreeMap;

use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics::database::{
    CollectionName, DATABASE, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, TransactionOutcome,
};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::{Emission, Expectation};
use mme_metrics_tests::postgres::Postgres;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres as Driver};

pub(super) const STATISTICS: &str = "shared_preload_libraries=pg_stat_statements";

pub(super) fn measured(server: &Postgres, name: &str, connections: u32) -> MeasuredPool<Driver> {
    let pool = PgPoolOptions::new().max_connections(connections);
    Measure::new().name(name).tables(["dishes"]).connect_lazy_with(pool, server.options("postgres"))
}

/// Expects so many operations that ended so.
pub(super) fn ended<'e>(
    expected: Expectation<'e>,
    (operation, table): (&str, &str),
    outcome: Outcome,
    count: u64,
) -> Expectation<'e> {
    let (operation, table) = (DatabaseOperationName::admit(operation), CollectionName::admit(table));
    let labels =
        (DatabaseSystem::Postgresql, Namespace::admit("postgres"), operation, table, DatabaseErrorType::of(outcome));
    expected.histogram(&DATABASE.operation_duration, labels, count)
}

/// Returns how often the server has run statements that begin with each word, but for those about its own statistics.
async fn calls(own: &PgPool) -> BTreeMap<String, u64> {
    let sql = "SELECT upper(split_part(query, ' ', 1)), sum(calls)::int8 FROM pg_stat_statements
               WHERE query NOT LIKE '%pg_stat%' AND query NOT LIKE '%pg_catalog%' GROUP BY 1";
    let calls: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(own).await.unwrap();
    calls.into_iter().map(|(word, calls)| (word, calls as u64)).collect()
}

/// Returns how many transactions the server has committed and rolled back in this database.
async fn ended_transactions(own: &PgPool) -> [i64; 2] {
    let sql = "SELECT xact_commit, xact_rollback FROM pg_stat_database WHERE datname = 'postgres'";
    let (commits, rollbacks) = sqlx::query_as(sql).fetch_one(own).await.unwrap();
    [commits, rollbacks]
}

async fn cook(pool: &MeasuredPool<Driver>) -> sqlx::Result<()> {
    for number in 0..30_i64 {
        sqlx::query("INSERT INTO dishes VALUES ($1, 1)").bind(number).execute(pool).await?;
        sqlx::query("SELECT price FROM dishes WHERE id = $1").bind(number).fetch_one(pool).await?;
    }
    for number in 0..12_i64 {
        let mut transaction = pool.begin().await?;
        sqlx::query("UPDATE dishes SET price = 2 WHERE id = $1").bind(number).execute(&mut *transaction).await?;
        match number % 3 {
            0 => transaction.commit().await?,
            1 => transaction.rollback().await?,
            _ => drop(transaction),
        }
    }
    // A transaction that is dropped is rolled back with the next use of its connection.
    sqlx::query("DELETE FROM dishes WHERE id > 99").execute(pool).await.map(drop)
}

#[tokio::test]
async fn the_server_has_counted_what_was_counted() {
    let server = Postgres::start_with(&[STATISTICS]).await;
    let own = server.pool("postgres").await;
    let set_up = "CREATE EXTENSION pg_stat_statements; CREATE TABLE dishes (id int8 PRIMARY KEY, price int4)";
    sqlx::raw_sql(set_up).execute(&own).await.unwrap();
    sqlx::query("SELECT pg_stat_statements_reset()").execute(&own).await.unwrap();
    sqlx::query("SELECT pg_stat_reset()").execute(&own).await.unwrap();

    let (pool, emission) = (measured(&server, "truth", 1), Emission::new());
    emission.record_async(cook(&pool)).await.unwrap();
    // What a session did last is told when it ends.
    pool.close().await;

    let calls = calls(&own).await;
    let word = |word: &str| calls.get(word).copied().unwrap_or_default();
    let transaction = |outcome| (DatabaseSystem::Postgresql, outcome);
    assert_eq!([word("INSERT"), word("SELECT"), word("UPDATE"), word("DELETE")], [30, 30, 12, 1], "{calls:?}");
    assert_eq!([word("BEGIN"), word("COMMIT"), word("ROLLBACK")], [12, 4, 8], "{calls:?}");
    let mut expected = emission.expect();
    for (operation, table, count) in [
        ("INSERT", "dishes", 30),
        ("SELECT", "dishes", 30),
        ("UPDATE", "dishes", 12),
        ("DELETE", "dishes", 1),
        ("BEGIN", "", 12),
        ("COMMIT", "", 4),
        // The other four were not awaited by anybody.
        ("ROLLBACK", "", 4),
    ] {
        expected = ended(expected, (operation, table), Outcome::Ok, count);
    }
    expected
        .counter(&DATABASE.transactions, transaction(TransactionOutcome::Commit), 4)
        .counter(&DATABASE.transactions, transaction(TransactionOutcome::Rollback), 8)
        .among_others();

    // A statement outside of a transaction is one by itself, and the server's own reads of its statistics are, too.
    let [commits, rollbacks] = ended_transactions(&own).await;
    assert_eq!(rollbacks, 8);
    assert!(commits >= 4 + 61, "{commits}");
}

#[tokio::test]
async fn an_error_of_the_server_reads_as_the_class_of_its_sqlstate() {
    let server = Postgres::start().await;
    let pool = measured(&server, "classes", 1);
    sqlx::raw_sql("CREATE TABLE dishes (id int8 PRIMARY KEY, price int4); INSERT INTO dishes VALUES (1, 1)")
        .execute(&pool)
        .await
        .unwrap();
    for (sql, operation, table, class, code) in [
        ("INSERT INTO dishes VALUES (1, 1)", "INSERT", "dishes", "23", "23505"),
        ("SELECT secret FROM dishes", "SELECT", "dishes", "42", "42703"),
        ("SELECT 1 / price - price FROM dishes WHERE 1 / (price - 1) > 0", "SELECT", "dishes", "22", "22012"),
        ("SELECT * FROM secret", "SELECT", "_other", "42", "42P01"),
        ("secret", "_OTHER", "", "42", "42601"),
    ] {
        let emission = Emission::new();
        let failed = emission.record_async(sqlx::query(sql).execute(&pool)).await.unwrap_err();
        assert_eq!(failed.as_database_error().and_then(DatabaseError::code).as_deref(), Some(code), "{sql}");
        ended(emission.expect(), (operation, table), Outcome::Error(class), 1).among_others();
    }
    sqlx::query("SET statement_timeout = 50").execute(&pool).await.unwrap();
    let emission = Emission::new();
    assert!(emission.record_async(sqlx::query("SELECT pg_sleep(60)").execute(&pool)).await.is_err());
    ended(emission.expect(), ("SELECT", ""), Outcome::Error("57"), 1).among_others();
}
