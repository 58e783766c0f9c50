//! Options for measuring a pool of sqlx.

use std::sync::Arc;
use std::time::Duration;

use ::sqlx::pool::PoolOptions;
use ::sqlx::{ConnectOptions, Error, Pool};

use super::driver::{Driver, Options};
use super::pool::MeasuredPool;
use super::pool_state::PoolState;
use crate::database::label::Namespace;
use crate::database::{DatabaseClient, PoolFigures, PoolMeter};

/// A builder for a [`MeasuredPool`]: it sets the name, the tables and other options, and then measures a pool.
///
/// ```
/// # #[cfg(feature = "sqlx-sqlite")]
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use mme_metrics::database::sqlx::Measure;
/// use sqlx::SqlitePool;
///
/// let pool = Measure::new()
///     .name("orders")
///     .tables(["orders", "customers"])
///     .slow_after(Duration::from_millis(200))
///     .pool(SqlitePool::connect_lazy("sqlite::memory:")?);
/// sqlx::query("SELECT 1").execute(&pool).await?;
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is measured until `pool`, `connect_with` or `connect_lazy_with` is called"]
pub struct Measure {
    name: Option<String>,
    namespace: Option<String>,
    tables: Vec<String>,
    slow: Option<Duration>,
    rows: bool,
    statement_log: bool,
}

impl Measure {
    /// Makes a builder with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the pool. The default is the name of its database, or the name of the system if the database
    /// has none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the name of the database, if the connect options contain none or an unsuitable one. From them only a name of
    /// letters, digits and `_-.$` is taken, because any other may be a part of a mistyped address.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Registers the tables whose names are exported, without their schemas. All other tables read `_other`. If none is
    /// registered, statements have no table.
    ///
    /// Statements can name any table, so only registered tables become label values. A program has at most 1 000
    /// tables.
    pub fn tables<T: Into<String>>(mut self, tables: impl IntoIterator<Item = T>) -> Self {
        self.tables.extend(tables.into_iter().map(Into::into));
        self
    }

    /// Sets the duration from which on an operation is slow. The default is 1 s.
    pub fn slow_after(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    /// Records how many rows operations return, in `db_client_response_returned_rows`. Off by default.
    pub fn returned_rows(mut self, on: bool) -> Self {
        self.rows = on;
        self
    }

    /// Keeps the statement log of sqlx as the connect options set it. Off by default:
    /// [`connect_with`](Self::connect_with) and [`connect_lazy_with`](Self::connect_lazy_with) disable that log,
    /// because it contains statements with their values.
    pub fn statement_log(mut self, on: bool) -> Self {
        self.statement_log = on;
        self
    }

    /// Opens a pool and its first connection, which is measured like all other connections.
    ///
    /// # Errors
    ///
    /// Those of [`PoolOptions::connect_with`].
    pub async fn connect_with<DB: Driver>(
        self,
        pool: PoolOptions<DB>,
        options: Options<DB>,
    ) -> Result<MeasuredPool<DB>, Error> {
        let pool = self.connect_lazy_with(pool, options);
        drop(pool.acquire().await?);
        Ok(pool)
    }

    /// Makes a pool that opens each connection when it is needed.
    pub fn connect_lazy_with<DB: Driver>(self, pool: PoolOptions<DB>, options: Options<DB>) -> MeasuredPool<DB> {
        let options = if self.statement_log { options } else { options.disable_statement_logging() };
        self.pool(pool.connect_lazy_with(options))
    }

    /// Measures an existing pool.
    ///
    /// This does not change the statement log of sqlx. To disable it, call `disable_statement_logging` of
    /// [`ConnectOptions`].
    pub fn pool<DB: Driver>(self, pool: Pool<DB>) -> MeasuredPool<DB> {
        let options = pool.connect_options();
        let system = DB::system(&options);
        let learned = || DB::namespace(&options).filter(|name| is_plain(name));
        let namespace = Namespace::admit(&self.namespace.or_else(learned).unwrap_or_default());
        let mut client = DatabaseClient::new(system).namespace(namespace.as_str()).returned_rows(self.rows);
        if let Some(slow) = self.slow {
            client = client.slow_after(slow);
        }
        client.know(self.tables.iter().map(String::as_str));
        let name = match (&self.name, namespace.as_str()) {
            (Some(name), _) => name,
            (None, "") => system.as_str(),
            (None, namespace) => namespace,
        };
        let meter = PoolMeter::recognized(name, figures(pool.clone()), identity(pool.clone()));
        MeasuredPool::share(PoolState::new(pool, client, meter))
    }
}

impl<DB: Driver> MeasuredPool<DB> {
    /// Measures `pool` under the name of its database. [`Measure`] has more options.
    pub fn new(pool: Pool<DB>) -> Self {
        Measure::new().pool(pool)
    }
}

impl<DB: Driver> From<Pool<DB>> for MeasuredPool<DB> {
    fn from(pool: Pool<DB>) -> Self {
        Self::new(pool)
    }
}

/// Maximum length of a name from the connect options, in characters. `PostgreSQL` and `MySQL` allow 63 and 64.
const MAX_NAME: usize = 64;

/// Returns `true` if a text can only be the name of a database: letters, digits and `_`, `-`, `.`, `$`.
///
/// Everything else may be the rest of a mistyped address with a password in it, such as
/// `postgres://user:pass/word@host/shop` or `postgres://host/shop password=word`.
fn is_plain(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '$');
    name.chars().count() <= MAX_NAME && name.chars().all(is_allowed)
}

/// Returns the callback that tells a pool from others: all its clones share its connect options, also after they were replaced.
fn identity<DB: Driver>(pool: Pool<DB>) -> impl Fn() -> usize + Send + Sync {
    move || Arc::as_ptr(&pool.connect_options()).addr()
}

/// Returns the callback that reads the state of a pool.
fn figures<DB: Driver>(pool: Pool<DB>) -> impl Fn() -> PoolFigures + Send + Sync {
    move || {
        PoolFigures::of_open(pool.size() as usize, pool.num_idle())
            .max(pool.options().get_max_connections() as usize)
            .idle_min(pool.options().get_min_connections() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_and_the_rest_of_a_mistyped_address_is_not() {
        for name in ["shop", "shop_2", "my-shop.eu", "größe", "a$b", &"a".repeat(MAX_NAME)] {
            assert!(is_plain(name), "{name}");
        }
        // Every character that a key, a separator or an address needs.
        let signs =
            (0..=0x7f_u8).map(char::from).filter(|sign| !sign.is_ascii_alphanumeric() && !"_-.$".contains(*sign));
        for sign in signs.chain(['\u{a0}', '\u{2003}', '\u{ff1d}', '\u{ff20}', '\u{200b}', '\u{202e}']) {
            assert!(!is_plain(&format!("shop{sign}password")), "{sign:?}");
        }
        assert!(!is_plain(&"a".repeat(MAX_NAME + 1)));
    }

    /// However a pool was cloned, and after its connect options were replaced.
    #[cfg(feature = "sqlx-sqlite")]
    #[test]
    fn a_pool_is_recognized_and_another_one_is_not() {
        use sqlx_sqlite::{SqliteConnectOptions, SqlitePoolOptions};

        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        let [one, other] = [0, 1].map(|_| SqlitePoolOptions::new().connect_lazy_with(SqliteConnectOptions::new()));
        let of = |pool: &Pool<sqlx_sqlite::Sqlite>| identity(pool.clone())();
        let measured = identity(one.clone());
        for _ in 0..2 {
            assert_eq!(measured(), of(&one));
            assert_ne!(of(&one), of(&other));
            one.set_connect_options(SqliteConnectOptions::new());
        }
    }
}
