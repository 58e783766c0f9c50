//! Connections that the server closes, and a server that stops.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use mme_metrics::Format;
use mme_metrics::database::sqlx::MeasuredPool;
use mme_metrics::database::{DATABASE, PoolName};
use mme_metrics::testing::Emission;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::postgres::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres as Driver};

use super::pool::{gauges, settled};
use super::truth::measured;

async fn backend(pool: &MeasuredPool<Driver>) -> i32 {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await.expect("the pool opens another connection")
}

/// Ends so many backends that sleep, as soon as they do, and adds them to those that were ended: an ended one may be seen for a
/// while.
async fn kill(own: &PgPool, ended: &mut BTreeSet<i32>, count: usize) {
    let asleep = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
    let wanted = ended.len() + count;
    while ended.len() < wanted {
        let found: Vec<i32> = sqlx::query_scalar(asleep).fetch_all(own).await.unwrap();
        for backend in found {
            if ended.insert(backend) {
                sqlx::query("SELECT pg_terminate_backend($1)").bind(backend).execute(own).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn killed_connections_fail_what_they_ran_and_are_replaced() {
    let server = Postgres::start().await;
    let (own, pool) = (server.pool("postgres").await, measured(&server, "killed", 4));
    let (emission, name) = (Emission::new(), (PoolName::find("killed"),));
    let mut backends = BTreeSet::new();
    emission
        .record_async(async {
            let asleep = (0..4).map(|_| sqlx::query("SELECT pg_sleep(600)").execute(&pool));
            let killing = kill(&own, &mut backends, 4);
            let (results, ()) = join(join_all(asleep), killing).await;
            assert!(results.iter().all(Result::is_err));
            settled(&pool).await;
            assert_eq!(gauges(&pool, "killed")[1..], [0, 0]);

            // Idle ones die unseen; the pool finds out when it tests them.
            for _ in 0..4 {
                backends.insert(backend(&pool).await);
            }
            settled(&pool).await;
            let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query NOT LIKE '%pg_stat%'";
            sqlx::query(all).execute(&own).await.unwrap();
            for _ in 0..4 {
                backends.insert(backend(&pool).await);
            }
            settled(&pool).await;
        })
        .await;
    gauges(&pool, "killed");
    // Four that slept, and each one that was asked for its number.
    let opened = backends.len() as u64;
    emission.expect().histogram(&DATABASE.connection_create, name, opened).among_others();
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let failed =
        samples.of("db_client_operation_duration_seconds_count").filter(|(series, _)| series.contains("error_type"));
    let failed: Vec<_> = failed.collect();
    assert!(failed.iter().all(|(series, _)| series.contains("=\"57\"") || series.contains("=\"io\"")), "{failed:?}");
    assert_eq!(failed.iter().map(|(_, count)| *count as u64).sum::<u64>(), 4);
}

/// Tells how a pool of one connection goes on after the server has ended it, under a query, in a transaction and idle.
macro_rules! survive {
    ($server:expr, $pool:expr) => {{
        let (own, pool) = ($server.pool("postgres").await, &$pool);
        let ended = |error: sqlx::Error| match error {
            sqlx::Error::Database(error) => format!("{:?} {}", error.code(), error.message()),
            other => format!("{other:?}"),
        };
        let (mut told, mut backends) = (Vec::new(), BTreeSet::new());
        let asleep = sqlx::query("SELECT pg_sleep(600)").execute(pool);
        told.push(join(asleep, kill(&own, &mut backends, 1)).await.0.map(drop).map_err(ended));
        told.push(sqlx::query("SELECT 1").execute(pool).await.map(drop).map_err(ended));
        let mut transaction = pool.begin().await.unwrap();
        let asleep = sqlx::query("SELECT pg_sleep(600)").execute(&mut *transaction);
        told.push(join(asleep, kill(&own, &mut backends, 1)).await.0.map(drop).map_err(ended));
        told.push(transaction.commit().await.map_err(|error| format!("{:?}", std::mem::discriminant(&error))));
        told.push(sqlx::query("SELECT 1").execute(pool).await.map(drop).map_err(ended));
        (told, pool.size())
    }};
}

#[tokio::test]
async fn a_pool_that_is_not_measured_takes_killed_connections_the_same() {
    let server = Postgres::start().await;
    let one = PgPoolOptions::new().max_connections(1);
    let bare = survive!(server, one.connect_lazy_with(server.options("postgres")));
    let measured = survive!(server, measured(&server, "survivor", 1));
    assert_eq!(measured, bare);
    assert!(bare.0[0].is_err() && bare.0[1].is_ok() && bare.0[4].is_ok(), "{bare:?}");
}

#[tokio::test]
async fn a_server_that_goes_away_leaves_the_gauges_at_what_the_pool_says() {
    let server = Postgres::start().await;
    let pool = measured(&server, "gone", 3);
    let held = (pool.acquire().await.unwrap(), pool.begin().await.unwrap());
    backend(&pool).await;
    drop(server);
    assert_eq!(gauges(&pool, "gone")[1..], [2 + usize::from(pool.num_idle() == 0), 0]);
    drop(held);
    settled(&pool).await;
    assert_eq!(gauges(&pool, "gone")[1..], [0, 0]);
}
