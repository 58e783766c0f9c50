//! Pool figures always equal the pool's own.

use std::time::{Duration, Instant};

use mme_metrics::Format;
use mme_metrics::database::sqlx::{Driver, Measure, MeasuredPool};
use mme_metrics::database::{DATABASE, PoolName};
use mme_metrics::testing::Emission;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::future::poll_once;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Sqlite, SqlitePool};
use tokio::net::TcpListener;
use tokio::task::yield_now;

use super::{in_memory, one_connection};

/// The figures of a pool as an exposition has them, after they were compared with the pool's own: idle, used, waiting.
#[track_caller]
pub(super) fn gauges<DB: Driver>(pool: &MeasuredPool<DB>, name: &str) -> [usize; 3] {
    let samples = Samples::parse(&Emission::new().recorder().render(Format::Text));
    let label = format!("db_client_connection_pool_name=\"{name}\"");
    let figure = |metric: &str, more: &str| samples.value(&format!("{metric}{{{label}{more}}}")) as usize;
    let idle = figure("db_client_connections", ",db_client_connection_state=\"idle\"");
    let used = figure("db_client_connections", ",db_client_connection_state=\"used\"");
    let options = pool.options();
    let figures =
        [idle + used, idle, figure("db_client_connection_max", ""), figure("db_client_connection_idle_min", "")];
    let own = [
        pool.size() as usize,
        pool.num_idle(),
        options.get_max_connections() as usize,
        options.get_min_connections() as usize,
    ];
    assert_eq!(figures, own, "{name}");
    [idle, used, figure("db_client_connection_pending_requests", "")]
}

/// Longest time that a pool has to take its connections back.
const SOON: Duration = Duration::from_secs(2);

/// Waits until the pool has taken its connections back, which it does in tasks of its own.
pub(super) async fn settled<DB: Driver>(pool: &MeasuredPool<DB>) {
    let since = Instant::now();
    while pool.num_idle() != pool.size() as usize {
        assert!(since.elapsed() < SOON, "{} of {} are idle", pool.num_idle(), pool.size());
        yield_now().await;
    }
}

fn several(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections)
}

#[tokio::test]
async fn gauges_are_the_pools_own_figures_at_every_step() {
    let pool = Measure::new().name("steps").connect_lazy_with(several(3), in_memory());
    assert_eq!(gauges(&pool, "steps"), [0, 0, 0]);
    let (first, second) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    assert_eq!(gauges(&pool, "steps"), [0, 2, 0]);
    let third = pool.begin().await.unwrap();
    let mut waiting = [Box::pin(pool.acquire()), Box::pin(pool.acquire())];
    for acquire in &mut waiting {
        assert!(poll_once(acquire.as_mut()).is_pending());
    }
    assert_eq!(gauges(&pool, "steps"), [0, 3, 2]);
    drop(waiting);
    assert_eq!(gauges(&pool, "steps"), [0, 3, 0]);
    drop((first, second, third));
    settled(&pool).await;
    assert_eq!(gauges(&pool, "steps"), [3, 0, 0]);
    pool.close().await;
    assert_eq!(gauges(&pool, "steps"), [0, 0, 0]);
}

#[tokio::test]
async fn each_connection_that_was_opened_is_counted_once() {
    let (emission, name) = (Emission::new(), (PoolName::register("opened").unwrap(),));
    emission
        .record_async(async {
            let pool = Measure::new().name("opened").connect_with(several(3), in_memory()).await.unwrap();
            let held = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
            drop(held);
            settled(&pool).await;
            // Idle ones are there for these.
            for _ in 0..10 {
                sqlx::query("SELECT 1").execute(&pool).await.unwrap();
            }
        })
        .await;
    let expected = emission.expect().histogram(&DATABASE.connection_create, name, 3);
    let expected = expected.histogram(&DATABASE.connection_wait, name, 14);
    expected.histogram(&DATABASE.connection_use, name, 14).among_others();
}

/// Asks a pool a thousand times for a connection that somebody else has, and gives up each time.
macro_rules! give_up {
    ($pool:expr, $while_waiting:block) => {{
        let pool = &$pool;
        let held = pool.acquire().await.unwrap();
        let mut waiting: Vec<_> = (0..1_000).map(|_| Box::pin(pool.acquire())).collect();
        let pending = waiting.iter_mut().map(|acquire| usize::from(poll_once(acquire.as_mut()).is_pending()));
        let pending: usize = pending.sum();
        $while_waiting
        drop(waiting);
        drop(held);
        let answered = sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(pool).await.unwrap();
        (pending, answered, pool.size())
    }};
}

#[tokio::test]
async fn a_thousand_that_give_up_leave_nobody_waiting() {
    let bare: SqlitePool = one_connection().connect_with(in_memory()).await.unwrap();
    let bare = give_up!(bare, {});
    let (emission, name) = (Emission::new(), (PoolName::register("given-up").unwrap(),));
    let measured = emission.record_async(async {
        let pool = Measure::new().name("given-up").connect_with(one_connection(), in_memory()).await.unwrap();
        let story = give_up!(pool, { assert_eq!(gauges(&pool, "given-up"), [0, 1, 1_000]) });
        assert_eq!(gauges(&pool, "given-up")[2], 0);
        story
    });
    assert_eq!(measured.await, bare);
    // With those of the first connection, of the holder and of the query.
    let expected = emission.expect().histogram(&DATABASE.connection_wait, name, 1_003);
    expected.histogram(&DATABASE.connection_use, name, 3).among_others();
}

/// A server that takes connections and never says a word, asked by a pool that waits no longer than it has to.
async fn black_hole() -> (TcpListener, sqlx::postgres::PgConnectOptions, sqlx::postgres::PgPoolOptions) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("u");
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(5).acquire_timeout(Duration::from_millis(100));
    (listener, options.database("hole"), pool)
}

#[tokio::test]
async fn a_server_that_never_answers_ends_in_timeouts_that_are_observed() {
    let (_listener, options, pool) = black_hole().await;
    let bare = pool.clone().connect_lazy_with(options.clone());
    let control = format!("{:?}", bare.acquire().await.map(drop));
    let (emission, name) = (Emission::new(), (PoolName::register("hole").unwrap(),));
    let measured = Measure::new().connect_lazy_with(pool, options);
    let asking = (0..20).map(|_| async { format!("{:?}", measured.acquire().await.map(drop)) });
    let asked = emission.record_async(futures_util::future::join_all(asking)).await;
    assert!(asked.iter().all(|answer| *answer == control && answer.contains("PoolTimedOut")), "{asked:?} {control}");
    let expected = emission.expect().histogram(&DATABASE.connection_wait, name, 20);
    expected.counter(&DATABASE.connection_timeouts, name, 20).only();
    settled(&measured).await;
    assert_eq!(gauges(&measured, "hole"), [0, 0, 0]);
}

#[tokio::test]
async fn what_asks_for_anything_with_a_connection_waits_measured() {
    let (emission, name) = (Emission::new(), (PoolName::register("acquires").unwrap(),));
    let pool: MeasuredPool<Sqlite> =
        Measure::new().name("acquires").connect_with(one_connection(), in_memory()).await.unwrap();
    emission
        .record_async(async {
            drop(sqlx::Acquire::acquire(&pool).await.unwrap());
            sqlx::Acquire::begin(&pool).await.unwrap().commit().await.unwrap();
        })
        .await;
    emission.expect().histogram(&DATABASE.connection_wait, name, 2).only();
}
