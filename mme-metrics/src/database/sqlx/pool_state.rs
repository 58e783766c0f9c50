//! The shared state of a pool.

use std::sync::Arc;

use ::sqlx::Pool;

use super::driver::{Driver, Options};
use crate::database::{DatabaseClient, PoolMeter};

/// The state that all clones of a pool and all its connections share.
pub(super) struct PoolState<DB: Driver> {
    pub(super) pool: Pool<DB>,
    pub(super) client: DatabaseClient,
    pub(super) meter: PoolMeter,
    /// The first connect options of the pool. They are kept here, because the pool returns them under a lock.
    options: Arc<Options<DB>>,
}

impl<DB: Driver> PoolState<DB> {
    pub(super) fn new(pool: Pool<DB>, client: DatabaseClient, meter: PoolMeter) -> Self {
        let options = pool.connect_options();
        Self { pool, client, meter, options }
    }

    /// Returns the number of references to the connect options.
    pub(super) fn shares(&self) -> usize {
        match Arc::strong_count(&self.options) {
            // The options of the pool were replaced.
            1 => Arc::strong_count(&self.pool.connect_options()),
            shares => shares,
        }
    }
}
