//! What a service depends on: other services, databases, backups, and data that agree with each other.
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
//! A backup that the service makes itself is measured like any other code, and is good only if it returned without an error:
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
//! A dependency that the service calls anyway need not be asked: [`Dependency::judge`] goes by what a call returned,
//! `dependency_layer` (feature `http`) by the requests of a client, and the calls of one of gRPC.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `dependency_up` | with each answer of a probe; with each call that is judged, down only with the third failure in a row |
//! | `dependency_check_duration_seconds` | with each answer of a probe, also none in time |
//! | `dependency_last_success_timestamp_seconds` | whenever `dependency_up` is set to 1 |
//! | `backup_last_success_timestamp_seconds` | with each good run, to its end; with each look at backup files, to the time of the newest |
//! | `backup_last_duration_seconds` | with each good run |
//! | `backup_size_bytes` | with each good run that said its size; with each look at backup files |
//! | `backup_runs_total` | with each run, by how it ended: a panic is an error |
//! | `data_consistency_checks_total` | with each check: `pass`, `fail`, or `unknown` if it could not be told |
//!
//! A dependency that nothing has asked yet has no `dependency_up`. Runs of a backup and results of a check exist at zero from
//! their registration on.
//!
//! # What the probes take for an answer
//!
//! | probe | up |
//! |---|---|
//! | `HttpProbe` | a 2xx with at most 64 KiB, and with a certain text if one is set; a redirect is none |
//! | `GrpcProbe` | SERVING, as `grpc.health.v1` |
//! | `VaultProbe` | active or standby, unsealed |
//! | `RedisProbe` | PONG |
//! | `SqlProbe` (feature `sqlx`) | a connection of the pool that answers a ping |
//! | `TcpProbe` | a connection |
//! | a closure | `Ok(())` |
//!
//! Those over HTTP speak `https` if the service builds `reqwest` with TLS, for instance with
//! `reqwest = { version = "0.13", default-features = false, features = ["rustls"] }` among its dependencies; else they are down,
//! and the log says why. They trust what the system trusts; for a certificate authority of your own, hand them a `reqwest::Client`.
//! A certificate that is not trusted, has expired or is of another host is down.
//!
//! Each runs on a task of its own, is down when its time is over, reads a bounded part of what it is sent, and holds up no other.
//!
//! # What it costs
//!
//! At most 200 dependencies with 21 series each, 100 backups with 6, 200 checks with 3. A probe keeps no connection between two
//! questions; between them nothing runs.
//!
//! # Assets
//!
//! `health.yml` alerts on dependencies that are down, Vault, PKI and databases among them, flap or are not asked any more; on
//! backups that fail, are old or were never made; and on data that disagree or are not checked.

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
