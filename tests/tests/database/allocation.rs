//! A query on a measured pool allocates no more than on a bare one, and on a connection once more.

use allocation_counter::measure;
use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics_tests::alone::alone;
use sqlx::{Sqlite, SqlitePool};
use tokio::runtime::Runtime;

use super::{in_memory, one_connection};

/// How often each is done; what is made once then does not count.
const TIMES: u64 = 100;

const POINT: &str = "SELECT id FROM dishes WHERE id = $1";

/// Returns how often `query` allocates on this thread.
fn allocations<F: Future<Output = sqlx::Result<()>>>(runtime: &Runtime, query: impl Fn() -> F) -> u64 {
    let repeat = || {
        runtime.block_on(async {
            for _ in 0..TIMES {
                query().await.unwrap()
            }
        })
    };
    repeat();
    let least = (0..10).map(|_| measure(repeat).count_total).min();
    least.expect("it was measured") / TIMES
}

#[test]
fn a_query_allocates_no_more_on_the_pool_and_once_more_on_a_connection() {
    alone("allocation::a_query_allocates_no_more_on_the_pool_and_once_more_on_a_connection", || {
        mme_metrics::Builder::new().install().expect("no other test runs here");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (bare, measured): (SqlitePool, MeasuredPool<Sqlite>) = runtime.block_on(async {
            let bare = one_connection().connect_with(in_memory()).await.unwrap();
            let measured = Measure::new().tables(["dishes"]);
            (bare, measured.connect_with(one_connection(), in_memory()).await.unwrap())
        });
        runtime.block_on(async {
            sqlx::migrate!().run(&bare).await.unwrap();
            sqlx::migrate!().run(&measured).await.unwrap();
        });
        macro_rules! ways {
            ($pool:expr) => {{
                let pool = $pool;
                [
                    allocations(&runtime, || async { sqlx::query(POINT).bind(1).fetch_one(pool).await.map(drop) }),
                    allocations(&runtime, || async { sqlx::query(POINT).bind(1).fetch_all(pool).await.map(drop) }),
                    allocations(&runtime, || async { sqlx::query(POINT).bind(1).execute(pool).await.map(drop) }),
                    allocations(&runtime, || async {
                        let mut connection = pool.acquire().await?;
                        sqlx::query(POINT).bind(1).fetch_one(&mut *connection).await.map(drop)
                    }),
                ]
            }};
        }
        let (bare, measured) = (ways!(&bare), ways!(&measured));
        let more: Vec<_> = measured.iter().zip(bare).map(|(measured, bare)| measured.saturating_sub(bare)).collect();
        assert!(more[..3].iter().all(|more| *more == 0) && more[3] <= 1, "{measured:?} {bare:?}");
    });
}
