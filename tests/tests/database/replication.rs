//! The replication lag of a real replica.

use std::time::{Duration, Instant};

use mme_metrics::Format;
use mme_metrics::database::sqlx::ReplicationProbe;
use mme_metrics::testing::Emission;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::postgres::Postgres;
use sqlx::PgPool;

/// Longest time in which a replica does what it has to.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until the lag is as expected.
async fn until(probe: ReplicationProbe, replica: &PgPool, expected: impl Fn(Duration) -> bool) -> Duration {
    let begun = Instant::now();
    loop {
        let lag = probe.ask(replica).await.unwrap();
        if let Some(lag) = lag.filter(|lag| expected(*lag)) {
            return lag;
        }
        assert!(begun.elapsed() < PATIENCE, "{lag:?}");
        tokio::task::yield_now().await;
    }
}

fn gauge(emission: &Emission, metric: &str) -> Option<f64> {
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let found = samples.of(metric).next();
    found.map(|(series, value)| {
        assert!(series.contains("{db_system_name=\"postgresql\",replica=\"reports\"}"), "{series}");
        value
    })
}

#[tokio::test]
async fn a_replica_tells_how_far_it_is_behind_and_a_failed_probe_sets_nothing() {
    let primary = Postgres::start().await;
    let writer = primary.pool("postgres").await;
    let server = primary.replica().await;
    let replica = server.pool("postgres").await;
    let (probe, emission) = (ReplicationProbe::new("reports"), Emission::new());

    sqlx::query("CREATE TABLE dishes (id int8)").execute(&writer).await.unwrap();
    while sqlx::query("SELECT FROM dishes").execute(&replica).await.is_err() {}
    emission.record_async(until(probe, &replica, |lag| lag == Duration::ZERO)).await;
    assert_eq!(gauge(&emission, "db_replication_lag_seconds"), Some(0.0));
    let checked = gauge(&emission, "db_replication_last_check_timestamp_seconds").unwrap();

    sqlx::query("SELECT pg_wal_replay_pause()").execute(&replica).await.unwrap();
    sqlx::query("INSERT INTO dishes VALUES (1)").execute(&writer).await.unwrap();
    let behind = emission.record_async(until(probe, &replica, |lag| lag > Duration::ZERO)).await;
    assert!(gauge(&emission, "db_replication_lag_seconds").unwrap() >= behind.as_secs_f64());
    sqlx::query("SELECT pg_wal_replay_resume()").execute(&replica).await.unwrap();
    emission.record_async(until(probe, &replica, |lag| lag == Duration::ZERO)).await;

    // Without anybody who sends to it, a replica cannot know what it lacks: its age grows, whatever it has applied.
    drop(writer);
    drop(primary);
    let alone = emission.record_async(until(probe, &replica, |lag| lag > Duration::ZERO)).await;
    let later = emission.record_async(until(probe, &replica, |lag| lag > alone)).await;
    assert!(gauge(&emission, "db_replication_lag_seconds").unwrap() >= later.as_secs_f64());
    assert!(gauge(&emission, "db_replication_last_check_timestamp_seconds").unwrap() >= checked);

    drop(server);
    let emission = Emission::new();
    assert!(emission.record_async(probe.ask(&replica)).await.is_err());
    emission.expect().only();
}

#[tokio::test]
async fn a_server_that_is_no_replica_is_not_behind() {
    let server = Postgres::start().await;
    let pool = server.pool("postgres").await;
    assert_eq!(ReplicationProbe::new("primary").ask(&pool).await.unwrap(), Some(Duration::ZERO));
}

#[tokio::test]
async fn a_replica_that_has_applied_nothing_and_has_no_sender_cannot_tell() {
    let primary = Postgres::start().await;
    primary.pool("postgres").await.close().await;
    let server = primary.replica().await;
    let replica = server.pool("postgres").await;
    drop(primary);
    let (probe, begun, emission) = (ReplicationProbe::new("new"), Instant::now(), Emission::new());
    // Until it has noticed that nobody sends any more.
    while probe.ask(&replica).await.unwrap().is_some() {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(emission.record_async(probe.ask(&replica)).await.unwrap(), None);
    emission.expect().only();
}
