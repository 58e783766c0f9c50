//! What clones of a pool and all its connections share.

use std::sync::Arc;

use ::sqlx::Pool;

use super::driver::{Driver, Options};
use crate::database::{DatabaseClient, PoolMeter};

/// What clones of a pool, and all its connections, share.
pub(super) struct Shared<DB: Driver> {
    pub(super) pool: Pool<DB>,
    pub(super) client: DatabaseClient,
    pub(super) meter: PoolMeter,
    /// What connections were opened with at first: asking the pool for it takes a lock.
    options: Arc<Options<DB>>,
}

impl<DB: Driver> Shared<DB> {
    pub(super) fn new(pool: Pool<DB>, client: DatabaseClient, meter: PoolMeter) -> Self {
        let options = pool.connect_options();
        Self { pool, client, meter, options }
    }

    /// Returns how many hold a share of what connections are opened with.
    pub(super) fn shares(&self) -> usize {
        match Arc::strong_count(&self.options) {
            // The pool has others now.
            1 => Arc::strong_count(&self.pool.connect_options()),
            shares => shares,
        }
    }
}
