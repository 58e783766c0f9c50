//! Every outcome of a database operation and what it emits.

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use mme_metrics::Format;
use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics::database::{DATABASE, DatabaseOperationName, DatabaseSystem, PoolName};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::future::poll_once;
use sqlx::{Executor, Row, Sqlite};

use super::{expect, in_memory, kitchen, labels, one_connection, patient};

const ALL: &str = "SELECT name FROM dishes ORDER BY id";

/// Returns what `future` emitted.
async fn emitted(future: impl Future<Output = ()>) -> Emission {
    let emission = Emission::new();
    emission.record_async(future).await;
    emission
}

/// Runs [`ALL`] in one of the ways there are.
type Way = fn(&MeasuredPool<Sqlite>) -> Pin<Box<dyn Future<Output = sqlx::Result<usize>> + Send + '_>>;

#[tokio::test]
async fn a_query_is_one_operation_whatever_runs_it() {
    let ways: [Way; 8] = [
        |pool| Box::pin(async move { sqlx::query(ALL).execute(pool).await.map(|_| 0) }),
        |pool| Box::pin(async move { sqlx::query(ALL).fetch_one(pool).await.map(|_| 1) }),
        |pool| Box::pin(async move { sqlx::query(ALL).fetch_optional(pool).await.map(|_| 1) }),
        |pool| Box::pin(async move { sqlx::query(ALL).fetch_all(pool).await.map(|rows| rows.len()) }),
        |pool| {
            Box::pin(async move { sqlx::query(ALL).fetch(pool).try_collect::<Vec<_>>().await.map(|rows| rows.len()) })
        },
        |pool| {
            Box::pin(async move { sqlx::query_scalar::<_, String>(ALL).fetch_all(pool).await.map(|rows| rows.len()) })
        },
        |pool| Box::pin(async move { sqlx::query_as::<_, (String,)>(ALL).fetch_one(pool).await.map(|_| 1) }),
        |pool| Box::pin(async move { pool.fetch_all(ALL).await.map(|rows| rows.len()) }),
    ];
    let pool = kitchen("ways").await;
    for way in ways {
        let emission = emitted(async { assert!(way(&pool).await.is_ok()) }).await;
        expect(&emission, "ways", ("SELECT", "dishes", Outcome::Ok), [1, 1]).only();
    }
}

#[tokio::test]
async fn an_operation_that_finds_nothing_succeeded() {
    let pool = kitchen("nothing").await;
    let emission = emitted(async {
        let found = sqlx::query("SELECT 1 FROM dishes WHERE id = 99").fetch_one(&pool).await;
        assert!(matches!(found, Err(sqlx::Error::RowNotFound)));
    });
    expect(&emission.await, "nothing", ("SELECT", "dishes", Outcome::Ok), [1, 1]).only();
}

#[tokio::test]
async fn an_error_reads_as_its_word() {
    let pool = kitchen("errors").await;
    for (sql, operation, table, word) in [
        ("INSERT INTO dishes VALUES (1, 'soup', 7)", "INSERT", "dishes", "sqlite_constraint"),
        ("SELECT secret FROM dishes", "SELECT", "dishes", "sqlite_error"),
        ("SELECT * FROM secret", "SELECT", "_other", "sqlite_error"),
        ("secret", "_OTHER", "", "sqlite_error"),
    ] {
        for fetches in [false, true] {
            let emission = emitted(async {
                let failed = if fetches {
                    sqlx::query(sql).fetch_optional(&pool).await.is_err()
                } else {
                    sqlx::query(sql).execute(&pool).await.is_err()
                };
                assert!(failed, "{sql}");
            });
            expect(&emission.await, "errors", (operation, table, Outcome::Error(word)), [1, 1]).only();
        }
    }
}

#[tokio::test]
async fn a_query_that_is_dropped_was_cancelled_and_one_never_polled_never_began() {
    let pool = kitchen("dropped").await;
    let emission = emitted(async {
        // One that has no answer, however fast the database is.
        let endless = "SELECT id FROM dishes JOIN (WITH RECURSIVE n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n)
                       SELECT x FROM n)";
        let mut query = Box::pin(sqlx::query(endless).execute(&pool));
        assert!(poll_once(query.as_mut()).is_pending());
    });
    expect(&emission.await, "dropped", ("SELECT", "dishes", Outcome::Cancelled), [1, 1]).only();
    emitted(async { drop(sqlx::query(ALL).execute(&pool)) }).await.expect().only();
    emitted(async { drop(sqlx::query(ALL).fetch(&pool)) }).await.expect().only();
}

#[tokio::test]
async fn a_query_that_is_dropped_while_it_waits_was_cancelled_with_its_wait() {
    let pool = kitchen("impatient").await;
    let held = pool.acquire().await.unwrap();
    let emission = emitted(async {
        let mut query = Box::pin(sqlx::query(ALL).execute(&pool));
        assert!(poll_once(query.as_mut()).is_pending());
    });
    expect(&emission.await, "impatient", ("SELECT", "dishes", Outcome::Cancelled), [1, 0]).only();
    drop(held);
    assert!(sqlx::query(ALL).execute(&pool).await.is_ok());
}

#[tokio::test]
async fn a_stream_that_is_dropped_before_its_end_was_cancelled() {
    let pool = kitchen("half").await;
    let emission = emitted(async {
        let mut rows = sqlx::query(ALL).fetch(&pool);
        assert_eq!(rows.try_next().await.unwrap().unwrap().get::<String, _>(0), "soup");
    });
    expect(&emission.await, "half", ("SELECT", "dishes", Outcome::Cancelled), [1, 1]).only();
}

#[tokio::test]
async fn a_stream_that_fails_half_way_failed() {
    let pool = kitchen("broken").await;
    let emission = emitted(async {
        // The smallest number has no absolute value.
        let overflows = "SELECT CASE id WHEN 1 THEN 1 ELSE abs(-9223372036854775807 - 1) END FROM dishes ORDER BY id";
        let rows = sqlx::query(overflows);
        let rows: Vec<_> = rows.fetch(&pool).collect().await;
        assert!(rows.iter().any(Result::is_err), "{}", rows.len());
    });
    expect(&emission.await, "broken", ("SELECT", "dishes", Outcome::Error("sqlite_error")), [1, 1]).only();
}

#[tokio::test]
async fn a_panic_inside_the_pool_is_one_and_goes_on() {
    let pool = one_connection().before_acquire(|_, _| panic!("on purpose"));
    let pool = patient("panics").connect_lazy_with(pool, in_memory());
    // A new connection is not asked about; the second time it is.
    drop(pool.acquire().await.unwrap());
    while pool.num_idle() == 0 {
        tokio::task::yield_now().await;
    }
    let emission = emitted(async {
        let query = std::panic::AssertUnwindSafe(sqlx::query(ALL).execute(&pool)).catch_unwind();
        assert!(query.await.is_err());
    });
    expect(&emission.await, "panics", ("SELECT", "dishes", Outcome::Panic), [1, 0]).only();
}

#[tokio::test]
async fn without_a_connection_the_operation_failed_and_its_time_was_the_wait() {
    // Long enough to open a connection on a busy computer.
    let patience = Duration::from_secs(1);
    let pool = one_connection().acquire_timeout(patience);
    let pool = Measure::new().name("none").slow_after(Duration::MAX).connect_with(pool, in_memory()).await.unwrap();
    let held = pool.acquire().await.unwrap();
    let emission = emitted(async {
        assert!(matches!(sqlx::query(ALL).execute(&pool).await, Err(sqlx::Error::PoolTimedOut)));
    });
    let emission = emission.await;
    let expected = expect(&emission, "none", ("SELECT", "", Outcome::Error("pool_timeout")), [1, 0]);
    expected.counter(&DATABASE.connection_timeouts, (PoolName::find("none"),), 1).only();
    assert!(seconds(&emission, "db_client_operation_duration_seconds_sum") >= patience.as_secs_f64());

    drop(held);
    pool.close().await;
    let emission = emitted(async {
        assert!(matches!(sqlx::query(ALL).fetch_one(&pool).await, Err(sqlx::Error::PoolClosed)));
    });
    expect(&emission.await, "none", ("SELECT", "", Outcome::Error("pool_closed")), [1, 0]).only();
}

fn seconds(emission: &Emission, name: &str) -> f64 {
    Samples::parse(&emission.recorder().render(Format::Text)).sum(name)
}

/// What a reader does between two rows, and a wait for a connection, is no time of the database.
#[tokio::test]
async fn neither_the_reader_nor_the_wait_is_in_the_duration() {
    let pool = kitchen("readers").await;
    let began = Instant::now();
    let (emission, mut elsewhere) = (Emission::new(), Duration::ZERO);
    let reading = async {
        let mut rows = sqlx::query(ALL).fetch(&pool);
        while let Some(row) = rows.next().await {
            assert!(row.is_ok());
            let handed = Instant::now();
            while handed.elapsed() < Duration::from_millis(30) {
                std::hint::spin_loop();
            }
            elsewhere += handed.elapsed();
        }
    };
    emission.record_async(reading).await;
    let recorded = seconds(&emission, "db_client_operation_duration_seconds_sum");
    assert!(recorded + elsewhere.as_secs_f64() <= began.elapsed().as_secs_f64() * 1.001, "{recorded} {elsewhere:?}");

    let held = pool.acquire().await.unwrap();
    let emission = Emission::new();
    let mut query = pin!(emission.record_async(sqlx::query(ALL).execute(&pool)));
    assert!(poll_once(query.as_mut()).is_pending());
    drop(held);
    query.await.unwrap();
    let waited = seconds(&emission, "db_client_connection_wait_time_seconds_sum");
    let used = seconds(&emission, "db_client_connection_use_time_seconds_sum");
    let recorded = seconds(&emission, "db_client_operation_duration_seconds_sum");
    assert!(recorded <= used * 1.001 && waited > 0.0, "{recorded} {used} {waited}");
}

#[tokio::test]
async fn a_connection_and_a_statement_prepared_on_it_are_measured_too() {
    let pool = kitchen("prepared").await;
    let mut connection = pool.acquire().await.unwrap();
    let emission = emitted(async {
        let statement = connection.prepare(sqlx::SqlStr::from_static(ALL)).await.unwrap();
        let rows = sqlx::Statement::query(&statement).fetch_all(&mut *connection).await.unwrap();
        assert_eq!(rows.len(), 2);
    });
    let expected = |emission: &Emission| {
        let expected = emission.expect().histogram(&DATABASE.operation_duration, labels("PREPARE", "", Outcome::Ok), 1);
        expected.histogram(&DATABASE.operation_duration, labels("SELECT", "dishes", Outcome::Ok), 1).only();
    };
    expected(&emission.await);
}

#[tokio::test]
async fn rows_are_recorded_if_asked_for() {
    let measure = Measure::new().name("rows").tables(["dishes"]).returned_rows(true);
    let pool = measure.connect_with(one_connection(), in_memory()).await.unwrap();
    sqlx::migrate!().run(&pool).await.unwrap();
    let emission = emitted(async {
        assert_eq!(sqlx::query(ALL).fetch_all(&pool).await.unwrap().len(), 2);
        sqlx::query(ALL).fetch_one(&pool).await.unwrap();
        assert!(sqlx::query("SELECT 1 FROM secret").fetch_all(&pool).await.is_err());
    });
    let emission = emission.await;
    let select = (DatabaseSystem::Sqlite, DatabaseOperationName::admit("SELECT"));
    emission.expect().histogram(&DATABASE.returned_rows, select, 2).among_others();
    assert!((seconds(&emission, "db_client_response_returned_rows_sum") - 3.0).abs() < f64::EPSILON);
}
