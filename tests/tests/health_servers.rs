//! Probes of real servers: while they run, while they refuse, and when they are gone.

use std::time::Duration;

use mme_metrics::health::{DependencyProbe, RedisProbe, SqlProbe};
use mme_metrics::probe::Failure;
use mme_metrics_tests::postgres::Postgres;
use mme_metrics_tests::redis::Redis;
use tokio::time::sleep;

/// Longest time that a server may take to open its port.
const PATIENCE: u32 = 1_000;

/// Asks until somebody answers.
async fn answer(probe: &RedisProbe) -> Result<(), Failure> {
    for _ in 0..PATIENCE {
        match probe.probe().await {
            Err(Failure::Unreachable) => sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(Failure::Unreachable)
}

#[tokio::test]
async fn redis_answers_and_is_missed_when_it_is_gone() {
    let redis = Redis::start(&[]);
    let probe = RedisProbe::new("127.0.0.1", redis.port());
    assert_eq!(answer(&probe).await, Ok(()));
    drop(redis);
    assert_eq!(probe.probe().await, Err(Failure::Unreachable));
}

#[tokio::test]
async fn redis_with_a_password_is_up_for_those_who_know_it() {
    let redis = Redis::start(&["--requirepass", "secret"]);
    let probe = |password| RedisProbe::new("localhost", redis.port()).login("default", password);
    assert_eq!(answer(&probe("secret")).await, Ok(()));
    assert_eq!(probe("wrong").probe().await, Err(Failure::Unexpected));
    assert_eq!(RedisProbe::new("127.0.0.1", redis.port()).probe().await, Err(Failure::Unexpected));
    assert!(!format!("{:?}", probe("secret")).contains("secret"));
}

#[tokio::test]
async fn postgres_answers_over_the_pool_and_is_missed_when_it_is_gone() {
    let postgres = Postgres::start().await;
    let pool = postgres.pool("postgres").await;
    let probe = SqlProbe::new(pool.clone());
    assert_eq!(probe.probe().await, Ok(()));
    drop(postgres);
    assert!(probe.probe().await.is_err());
    pool.close().await;
    assert_eq!(probe.probe().await, Err(Failure::Unreachable));
}
