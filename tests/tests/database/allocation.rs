//! A query on a measured pool allocates no more than on a bare one, and on a connection once more.

use allocation_counter::measure;
use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics_tests::isolated_process::run_alone;
use sqlx::{Sqlite, SqlitePool};
use tokio::runtime::Runtime;

use super::{in_memory, one_connection};

/// How often each is done in one round. SQLite has a thread of its own, and whoever has to wait for its answer allocates for
/// that: only the least of many says what a query itself needs.
const TIMES: u32 = 500;

/// How many rounds there are at the most for both to meet a thread that answers at once.
const ROUNDS: u32 = 40;

const POINT: &str = "SELECT id FROM dishes WHERE id = $1";

/// Returns how often `query` allocates on this thread, at the least.
fn allocations<F: Future<Output = sqlx::Result<()>>>(runtime: &Runtime, query: impl Fn() -> F) -> u64 {
    let once = || runtime.block_on(async { query().await.unwrap() });
    (0..TIMES).map(|_| measure(once).count_total).min().expect("it was measured")
}

#[test]
fn a_query_allocates_no_more_on_the_pool_and_once_more_on_a_connection() {
    run_alone(|| {
        mme_metrics::Recorder::builder().install().expect("no other test runs here");
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
        let mut least = [[u64::MAX; 4]; 2];
        let is_met =
            |[bare, measured]: &[[u64; 4]; 2]| (0..4).all(|way| measured[way] <= bare[way] + [0, 0, 0, 1][way]);
        for _ in 0..ROUNDS {
            for (least, found) in least.iter_mut().zip([ways!(&bare), ways!(&measured)]) {
                *least = [0, 1, 2, 3].map(|way| least[way].min(found[way]));
            }
            if is_met(&least) {
                break;
            }
        }
        assert!(is_met(&least), "bare and measured: {least:?}");
    });
}
