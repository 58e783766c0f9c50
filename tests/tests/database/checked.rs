//! Queries that are checked while compiling, against the kept description of the database in `.sqlx`. To renew it:
//!
//! ```text
//! rm -f /tmp/kitchen.db; cat tests/migrations/*.sql | sqlite3 /tmp/kitchen.db
//! cd tests && mkdir -p .sqlx && MME_SQLX_PREPARE=1 DATABASE_URL=sqlite:///tmp/kitchen.db SQLX_OFFLINE_DIR=$PWD/.sqlx \
//!     cargo check --all-features --test database
//! ```

use futures_util::TryStreamExt;

use super::kitchen;

#[derive(Debug, PartialEq)]
struct Dish {
    id: i64,
    name: String,
}

#[tokio::test]
async fn queries_that_are_checked_while_compiling_run_on_pool_connection_and_transaction() {
    let pool = kitchen("checked").await;
    let soup = sqlx::query!("SELECT name, price FROM dishes WHERE id = $1", 1).fetch_one(&pool).await.unwrap();
    assert_eq!((soup.name.as_str(), soup.price), ("soup", 7));

    let mut transaction = pool.begin().await.unwrap();
    let raised = sqlx::query!("UPDATE dishes SET price = price + 1 WHERE id = $1", 1).execute(&mut *transaction).await;
    assert_eq!(raised.unwrap().rows_affected(), 1);
    let mut inner = transaction.begin().await.unwrap();
    let price = sqlx::query_scalar!("SELECT price FROM dishes WHERE id = $1", 1).fetch_optional(&mut *inner).await;
    assert_eq!(price.unwrap(), Some(8));
    inner.commit().await.unwrap();
    transaction.commit().await.unwrap();

    let mut connection = pool.acquire().await.unwrap();
    let dishes = sqlx::query_as!(Dish, "SELECT id, name FROM dishes ORDER BY id").fetch(&mut *connection);
    let dishes: Vec<Dish> = dishes.try_collect().await.unwrap();
    assert_eq!(dishes, [Dish { id: 1, name: "soup".to_owned() }, Dish { id: 2, name: "bread".to_owned() }]);
}
