//! Probes of dependencies.

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

/// A probe that checks whether a dependency works.
///
/// A closure that returns a future is a probe, too. A probe needs no time limit of its own, because its future is
/// dropped in time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not ask a dependency",
    note = "use one of the probes of `mme_metrics::health`, or a closure such as `|| async {{ Ok(()) }}`"
)]
pub trait DependencyProbe: Send + Sync + 'static {
    /// Probes the dependency once.
    ///
    /// # Errors
    ///
    /// When the dependency does not work or could not be probed.
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
