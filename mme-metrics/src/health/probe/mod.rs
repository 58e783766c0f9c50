//! Ways to ask a dependency.

mod grpc;
mod http;
mod redis;
#[cfg(feature = "sqlx")]
mod sql;
mod tcp;
mod vault;

pub use self::grpc::GrpcProbe;
pub use self::http::HttpProbe;
pub use self::redis::RedisProbe;
#[cfg(feature = "sqlx")]
pub use self::sql::SqlProbe;
pub use self::tcp::TcpProbe;
pub use self::vault::VaultProbe;

use crate::probe::ProbeFailure;

/// A way to find out whether a dependency does what it is there for.
///
/// A closure that returns a future does as well. How long it may take is not its business: the future is dropped in time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not ask a dependency",
    note = "use one of the probes of `mme_metrics::health`, or a closure such as `|| async {{ Ok(()) }}`"
)]
pub trait DependencyProbe: Send + Sync + 'static {
    /// Asks once.
    ///
    /// # Errors
    ///
    /// When it does not do what it is there for, or could not be asked.
    fn probe(&self) -> impl Future<Output = Result<(), ProbeFailure>> + Send;
}

impl<F, R> DependencyProbe for F
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), ProbeFailure>> + Send,
{
    fn probe(&self) -> impl Future<Output = Result<(), ProbeFailure>> + Send {
        self()
    }
}
