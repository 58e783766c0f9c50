//! A Redis client that is measured by hand, against a real Redis.

use std::time::{Duration, Instant};

use mme_metrics::cache::{CACHE, Cache, CacheResult};
use mme_metrics::database::{
    CollectionName, DATABASE, DatabaseClient, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace,
};
use mme_metrics::operation::measure_async;
use mme_metrics::operation::{Classify, Outcome};
use mme_metrics::testing::{Emission, Expectation};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::redis::Redis;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ErrorKind, RedisResult};

static SESSIONS: DatabaseClient = DatabaseClient::new(DatabaseSystem::Redis).namespace("sessions");
static TOKENS: Cache = Cache::new("tokens");

/// Reads how a command ended.
struct ByRedis;

impl<O, T> Classify<O, RedisResult<T>> for ByRedis {
    const ERROR_TYPES: &'static [&'static str] = &["io", "server"];

    fn classify(&self, _: &mut O, returned: &RedisResult<T>) -> Outcome {
        match returned {
            Ok(_) => Outcome::Ok,
            Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => {
                Outcome::Error("server")
            }
            Err(_) => Outcome::Error("io"),
        }
    }
}

async fn connect(server: &Redis) -> MultiplexedConnection {
    let client = Client::open(("127.0.0.1", server.port())).expect("an address");
    let begun = Instant::now();
    loop {
        match client.get_multiplexed_async_connection().await {
            Ok(connection) => return connection,
            Err(error) => assert!(begun.elapsed() < Duration::from_mins(1), "Redis does not start: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn expect<'e>(expected: Expectation<'e>, command: &str, outcome: Outcome, count: u64) -> Expectation<'e> {
    let (operation, none) = (DatabaseOperationName::admit(command), CollectionName::admit(""));
    let labels = (DatabaseSystem::Redis, Namespace::admit("sessions"), operation, none, DatabaseErrorType::of(outcome));
    expected.histogram(&DATABASE.operation_duration, labels, count)
}

/// Returns how many calls of a command the server itself has counted.
async fn counted(redis: &mut MultiplexedConnection, command: &str) -> u64 {
    let told: String = redis::cmd("INFO").arg("commandstats").query_async(redis).await.unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.and_then(|line| line.split(',').next()).map_or(0, |calls| calls.parse().unwrap())
}

#[tokio::test]
async fn the_server_has_counted_what_was_counted() {
    let server = Redis::start(&[]);
    let (mut redis, mut own, emission) = (connect(&server).await, connect(&server).await, Emission::new());
    emission
        .record_async(async {
            for number in 0..20 {
                let key = format!("secret-{number}");
                let set = redis.set::<_, _, ()>(&key, "secret");
                measure_async(SESSIONS.operation("SET"), ByRedis, set).await.unwrap();
            }
            for number in 0..30 {
                let lookup = TOKENS.start_lookup();
                let get = redis.get::<_, Option<String>>(format!("secret-{number}"));
                if measure_async(SESSIONS.operation("GET"), ByRedis, get).await.unwrap().is_some() {
                    lookup.hit();
                }
            }
            let wrong = redis.lpush::<_, _, u64>("secret-1", "secret");
            assert!(measure_async(SESSIONS.operation("LPUSH"), ByRedis, wrong).await.is_err());
        })
        .await;
    assert_eq!(
        [counted(&mut own, "set").await, counted(&mut own, "get").await, counted(&mut own, "lpush").await],
        [20, 30, 1]
    );
    let expected = expect(emission.expect(), "SET", Outcome::Ok, 20);
    let expected = expect(expected, "GET", Outcome::Ok, 30);
    let expected = expect(expected, "LPUSH", Outcome::Error("server"), 1);
    let expected = expected.counter(&CACHE.requests, (TOKENS.name(), CacheResult::Hit), 20);
    expected.counter(&CACHE.requests, (TOKENS.name(), CacheResult::Miss), 10).only();
}

#[tokio::test]
async fn a_command_that_is_dropped_and_one_whose_server_dies_are_told_apart() {
    let server = Redis::start(&[]);
    let (mut redis, emission) = (connect(&server).await, Emission::new());
    emission
        .record_async(async {
            let mut blocked = redis::cmd("BLPOP");
            let blocked = blocked.arg("nothing").arg(0);
            let blocked = blocked.query_async::<()>(&mut redis);
            let mut dropped = Box::pin(measure_async(SESSIONS.operation("BLPOP"), ByRedis, blocked));
            assert!(poll_once(dropped.as_mut()).is_pending());
            drop(dropped);
            drop(server);
            while redis.ping::<()>().await.is_ok() {}
            let get = redis.get::<_, Option<String>>("secret");
            assert!(measure_async(SESSIONS.operation("GET"), ByRedis, get).await.is_err());
        })
        .await;
    let expected = expect(emission.expect(), "BLPOP", Outcome::Cancelled, 1);
    expect(expected, "GET", Outcome::Error("io"), 1).only();
}
