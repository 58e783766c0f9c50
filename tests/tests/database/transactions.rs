//! Every outcome of a transaction.

use mme_metrics::Format;
use mme_metrics::database::sqlx::{Measure, MeasuredConnection, MeasuredPool};
use mme_metrics::database::{DATABASE, DatabaseSystem, TransactionOutcome};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::future::poll_once;
use sqlx::Sqlite;
use sqlx::sqlite::SqliteConnectOptions;

use super::pool::settled;
use super::{kitchen, labels, one_connection};

/// Runs `story`, and expects these operations and these commits and rollbacks.
#[track_caller]
fn check(emission: &Emission, operations: &[(&str, &str, u64)], [commits, rollbacks]: [u64; 2]) {
    let ended = |outcome| (DatabaseSystem::Sqlite, outcome);
    let expected = emission
        .expect()
        .counter(&DATABASE.transactions, ended(TransactionOutcome::Commit), commits)
        .counter(&DATABASE.transactions, ended(TransactionOutcome::Rollback), rollbacks);
    let expected = operations.iter().fold(expected, |expected, (operation, table, count)| {
        expected.histogram(&DATABASE.operation_duration, labels(operation, table, Outcome::Ok), *count)
    });
    expected.among_others();
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    assert!((samples.sum("db_client_transactions_total") - (commits + rollbacks) as f64).abs() < f64::EPSILON);
}

async fn add(connection: &mut MeasuredConnection<'_, Sqlite>, name: &str) {
    sqlx::query("INSERT INTO dishes (name, price) VALUES ($1, 1)").bind(name).execute(connection).await.unwrap();
}

async fn has(pool: &MeasuredPool<Sqlite>, name: &str) -> bool {
    sqlx::query_scalar("SELECT count(*) > 0 FROM dishes WHERE name = $1").bind(name).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn committed_rolled_back_and_dropped_ones_are_told_apart() {
    let (pool, emission) = (kitchen("transactions").await, Emission::new());
    emission
        .record_async(async {
            let mut transaction = pool.begin().await.unwrap();
            add(&mut transaction, "kept").await;
            transaction.commit().await.unwrap();
            let mut transaction = pool.begin().await.unwrap();
            add(&mut transaction, "taken back").await;
            transaction.rollback().await.unwrap();
            let mut transaction = pool.begin().await.unwrap();
            add(&mut transaction, "dropped").await;
        })
        .await;
    assert_eq!(
        [has(&pool, "kept").await, has(&pool, "taken back").await, has(&pool, "dropped").await],
        [true, false, false]
    );
    check(&emission, &[("BEGIN", "", 3), ("INSERT", "dishes", 3), ("COMMIT", "", 1), ("ROLLBACK", "", 1)], [1, 2]);
}

#[tokio::test]
async fn a_savepoint_is_an_operation_and_no_transaction() {
    let (pool, emission) = (kitchen("savepoints").await, Emission::new());
    emission
        .record_async(async {
            let mut transaction = pool.begin().await.unwrap();
            let mut inner = transaction.begin().await.unwrap();
            add(&mut inner, "kept").await;
            inner.commit().await.unwrap();
            let mut inner = transaction.begin().await.unwrap();
            add(&mut inner, "taken back").await;
            inner.rollback().await.unwrap();
            transaction.commit().await.unwrap();
        })
        .await;
    assert_eq!([has(&pool, "kept").await, has(&pool, "taken back").await], [true, false]);
    let operations =
        [("BEGIN", "", 1), ("SAVEPOINT", "", 2), ("RELEASE", "", 1), ("ROLLBACK", "", 1), ("COMMIT", "", 1)];
    check(&emission, &operations, [1, 0]);
}

#[tokio::test]
async fn a_closure_that_fails_rolls_its_transaction_back() {
    let (pool, emission) = (kitchen("closures").await, Emission::new());
    emission
        .record_async(async {
            let mut connection = pool.acquire().await.unwrap();
            let kept = connection.transaction(|transaction| {
                Box::pin(async move {
                    add(transaction, "kept").await;
                    Ok::<_, sqlx::Error>(7)
                })
            });
            assert_eq!(kept.await.unwrap(), 7);
            let failed = connection.transaction(|transaction| {
                Box::pin(async move {
                    add(transaction, "taken back").await;
                    Err::<(), _>(sqlx::Error::RowNotFound)
                })
            });
            assert!(matches!(failed.await, Err(sqlx::Error::RowNotFound)));
        })
        .await;
    assert_eq!([has(&pool, "kept").await, has(&pool, "taken back").await], [true, false]);
    check(&emission, &[("BEGIN", "", 2), ("COMMIT", "", 1), ("ROLLBACK", "", 1)], [1, 1]);
}

#[tokio::test]
async fn a_commit_that_fails_is_a_rollback() {
    let (pool, emission) = (kitchen("refused").await, Emission::new());
    let deferred = "CREATE TABLE orders (dish INTEGER REFERENCES dishes (id) DEFERRABLE INITIALLY DEFERRED)";
    sqlx::query(deferred).execute(&pool).await.unwrap();
    emission
        .record_async(async {
            let mut transaction = pool.begin().await.unwrap();
            sqlx::query("INSERT INTO orders VALUES (99)").execute(&mut *transaction).await.unwrap();
            let refused = transaction.commit().await.unwrap_err();
            assert!(refused.as_database_error().unwrap().is_foreign_key_violation());
        })
        .await;
    let failed = labels("COMMIT", "", Outcome::Error("sqlite_constraint"));
    emission.expect().histogram(&DATABASE.operation_duration, failed, 1).among_others();
    check(&emission, &[("BEGIN", "", 1)], [0, 1]);
}

#[tokio::test]
async fn a_begin_that_comes_to_nothing_began_no_transaction() {
    let (folder, emission) = (tempfile::tempdir().unwrap(), Emission::new());
    let file = SqliteConnectOptions::new().filename(folder.path().join("dishes.db")).create_if_missing(true);
    let open = || Measure::new().name("begins").namespace("").connect_with(one_connection(), file.clone());
    let (pool, other) = (open().await.unwrap(), open().await.unwrap());
    settled(&pool).await;
    // Whoever else wants to write has to wait for this one.
    let writer = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    emission
        .record_async(async {
            let mut begin = Box::pin(pool.begin_with("BEGIN IMMEDIATE"));
            assert!(poll_once(begin.as_mut()).is_pending());
            drop(begin);
            writer.rollback().await.unwrap();
            assert!(pool.begin_with("SELECT 1").await.is_err());
        })
        .await;
    check(&emission, &[("ROLLBACK", "", 1)], [0, 1]);
    let failed = |outcome| labels("BEGIN", "", outcome);
    let expected = emission.expect().histogram(&DATABASE.operation_duration, failed(Outcome::Cancelled), 1);
    expected.histogram(&DATABASE.operation_duration, failed(Outcome::Error("transaction")), 1).among_others();
    sqlx::query("CREATE TABLE dishes (id INTEGER PRIMARY KEY)").execute(&pool).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_nobody_waits_for_begins_if_a_connection_is_idle() {
    let (pool, emission) = (kitchen("tries").await, Emission::new());
    emission
        .record_async(async {
            let begun = pool.try_begin().await.unwrap().expect("nobody has it");
            assert!(pool.try_begin().await.unwrap().is_none() && pool.try_acquire().is_none());
            begun.commit().await.unwrap();
        })
        .await;
    check(&emission, &[("BEGIN", "", 1), ("COMMIT", "", 1)], [1, 0]);
}
