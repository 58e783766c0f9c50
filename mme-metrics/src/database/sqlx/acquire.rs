//! Implementations of the trait `Acquire` for pool, connection and transaction, which for instance migrations need.
//!
//! The trait returns types of sqlx itself. So the waits are measured, but the operations on these types are not.

use ::sqlx::pool::PoolConnection;
use ::sqlx::{Acquire, Connection, Error, Transaction};
use futures_util::future::BoxFuture;

use super::connection::{MeasuredConnection, MeasuredPoolConnection};
use super::driver::Driver;
use super::pool::MeasuredPool;
use super::transaction::MeasuredTransaction;
use crate::clock::Moment;

impl<'a, DB: Driver> Acquire<'a> for &'_ MeasuredPool<DB> {
    type Database = DB;
    type Connection = PoolConnection<DB>;

    fn acquire(self) -> BoxFuture<'a, Result<PoolConnection<DB>, Error>> {
        let shared = self.shared();
        Box::pin(async move { shared.lend(Moment::now()).await.map(|(connection, _)| connection) })
    }

    fn begin(self) -> BoxFuture<'a, Result<Transaction<'a, DB>, Error>> {
        let shared = self.shared();
        Box::pin(async move {
            let (connection, _) = shared.lend(Moment::now()).await?;
            Transaction::begin(connection, None).await
        })
    }
}

/// Implements `Acquire` for a type of this crate by passing on the connection that it wraps.
macro_rules! acquire_borrowed {
    ($($type:ty),+) => { $(
        impl<'t, DB: Driver> Acquire<'t> for &'t mut $type {
            type Database = DB;
            type Connection = &'t mut DB::Connection;

            fn acquire(self) -> BoxFuture<'t, Result<&'t mut DB::Connection, Error>> {
                Box::pin(std::future::ready(Ok(self.unmeasured())))
            }

            fn begin(self) -> BoxFuture<'t, Result<Transaction<'t, DB>, Error>> {
                Box::pin(self.unmeasured().begin())
            }
        }
    )+ };
}

acquire_borrowed!(MeasuredConnection<'_, DB>, MeasuredPoolConnection<DB>, MeasuredTransaction<'_, DB>);
