//! Health of dependencies, backups and data: whether services and databases are up, backups succeed, and data is
//! consistent.
//!
//! ```
//! # #[cfg(feature = "probe")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use mme_metrics::health::{
//!     Backup, BackupFiles, ConsistencyCheck, Dependency, DependencyKind, HealthMonitor, HttpProbe, RedisProbe, VaultProbe,
//! };
//!
//! async fn count_orphans() -> Result<u64, std::io::Error> {
//!     Ok(0) // SELECT count(*) FROM tags WHERE document NOT IN (SELECT id FROM documents)
//! }
//!
//! let monitor = HealthMonitor::new()
//!     .probe(Dependency::register("vault", DependencyKind::Secrets)?, VaultProbe::new("https://vault:8200")?)
//!     .probe(Dependency::register("sessions", DependencyKind::Cache)?, RedisProbe::new("redis", 6379))
//!     .probe(Dependency::register("ledger", DependencyKind::Http)?, HttpProbe::new("http://ledger/health")?)
//!     .backup_files(Backup::register("nightly")?, BackupFiles::new("/var/backups/service", ".dump"))
//!     .consistency(ConsistencyCheck::register("orphaned_tags")?, Duration::from_mins(10), count_orphans);
//! let supervised = monitor.start();
//! supervised.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! A backup that the service makes itself is measured by a guard. It succeeds only if it returns without an error:
//!
//! ```
//! use mme_metrics::operation::Guard;
//! use mme_metrics::health::Backup;
//!
//! # fn dump() -> std::io::Result<u64> { Ok(7) }
//! let backup = Backup::register("documents")?;
//! let mut guard = Guard::start(backup.run());
//! let dumped = dump();
//! if let (Ok(bytes), Some(run)) = (&dumped, guard.operation()) {
//!     run.bytes(*bytes);
//! }
//! guard.end_with(&dumped);
//! # Ok::<(), mme_metrics::label::RegisterError>(())
//! ```
//!
//! A dependency that the service calls anyway needs no probe. [`Dependency::judge`] uses the result of a call, and
//! `dependency_layer` (feature `http`) uses the requests of an HTTP or gRPC client.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `dependency_up` | with each result of a probe; with each judged call, and down only with the third failure in a row |
//! | `dependency_check_duration_seconds` | with each result of a probe, including a timeout |
//! | `dependency_last_success_timestamp_seconds` | whenever `dependency_up` is set to 1 |
//! | `backup_last_success_timestamp_seconds` | with each successful run, to its end; with each scan of backup files, to the time of the newest |
//! | `backup_last_duration_seconds` | with each successful run |
//! | `backup_size_bytes` | with each successful run that set its size; with each scan of backup files |
//! | `backup_runs_total` | with each run, by its outcome; a panic is an error |
//! | `data_consistency_checks_total` | with each check: `pass`, `fail`, or `unknown` if the check failed |
//!
//! `dependency_up` is absent until the first result of a dependency. The series of a backup's runs and of a check's
//! results exist at zero from registration on.
//!
//! # When a probe reports up
//!
//! | probe | up |
//! |---|---|
//! | `HttpProbe` | a 2xx response of at most 64 KiB that contains the expected text, if one is set; a redirect is not up |
//! | `GrpcProbe` | SERVING, as `grpc.health.v1` |
//! | `VaultProbe` | active or standby, unsealed |
//! | `RedisProbe` | PONG |
//! | `SqlProbe` (feature `sqlx`) | a connection of the pool that answers a ping |
//! | `TcpProbe` | a connection |
//! | a closure | `Ok(())` |
//!
//! HTTP probes support `https` if the service builds `reqwest` with TLS, for instance with
//! `reqwest = { version = "0.13", default-features = false, features = ["rustls"] }` among its dependencies.
//! Otherwise they report down, and the log gives the reason. They trust the system's certificate authorities. To trust
//! others, pass a `reqwest::Client`. A certificate that is untrusted, expired or of another host means down.
//!
//! [`Readiness`] decides from the same probes whether the service can serve; `endpoint::ProbeEndpoint` answers Kubernetes with it.
//!
//! Each probe runs as a separate task and does not delay other probes. It reports down after its time limit, and reads
//! a bounded part of the response.
//!
//! # What it costs
//!
//! At most 200 dependencies with 20 lines each, 100 backups with 6 each, and 200 checks with 3 each. A probe keeps no
//! connection between two checks.
//!
//! # Assets
//!
//! `health.yml` alerts on:
//!
//! - dependencies that are down (with separate alerts for Vault, PKI and databases), that flap, or that are no longer
//!   probed,
//! - backups that fail, are old or never succeeded,
//! - data that is inconsistent or no longer checked.

mod backup;
#[cfg(feature = "probe")]
mod backup_file;
mod consistency;
mod dependency;
mod label;
#[cfg(feature = "http")]
mod layer;
mod metrics;
#[cfg(feature = "probe")]
mod monitor;
#[cfg(feature = "probe")]
mod probe;
#[cfg(feature = "probe")]
mod readiness;

pub use self::backup::{Backup, BackupRun};
#[cfg(feature = "probe")]
pub use self::backup_file::BackupFiles;
pub use self::consistency::ConsistencyCheck;
pub use self::dependency::Dependency;
pub use self::label::{BackupName, CheckName, CheckResult, DependencyKind, DependencyName};
#[cfg(feature = "http")]
pub use self::layer::{DependencyExchange, DependencyWatch, dependency_layer};
pub use self::metrics::{HEALTH, HealthMetrics};
#[cfg(feature = "probe")]
pub use self::monitor::HealthMonitor;
#[cfg(all(feature = "probe", feature = "sqlx"))]
pub use self::probe::SqlProbe;
#[cfg(feature = "probe")]
pub use self::probe::{DependencyProbe, GrpcProbe, HttpProbe, RedisProbe, TcpProbe, VaultProbe};
#[cfg(feature = "probe")]
pub use self::readiness::{CheckReport, Readiness, ReadinessReport, ReadinessStatus};
