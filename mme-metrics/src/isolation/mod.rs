//! Tenant isolation: a background task checks that each tenant can read its own data, and that no other tenant can.
//!
//! ```
//! # #[cfg(feature = "probe")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use mme_metrics::isolation::{HttpRead, IsolationResource, IsolationSentinel, Verdict};
//!
//! /// Returns the token of a tenant's session.
//! fn token(tenant: &str) -> String {
//!     format!("session of {tenant}")
//! }
//!
//! // A document that exists for this check and contains a unique text.
//! let canary = HttpRead::new("http://127.0.0.1:9/documents/17", "canary-1b7f03c98a", |tenant, request| {
//!     request.bearer_auth(token(tenant))
//! })?;
//! let sentinel = IsolationSentinel::new(vec![IsolationResource::new("acme", "document 17", canary)])
//!     .tenant("globex")
//!     .every(Duration::from_mins(5))
//!     .on_breach(|check| eprintln!("isolation breach: {check}"));
//!
//! // Once, for a cron job. No server answers here, so the result is unknown and `exit_code` is 2.
//! let round = sentinel.run_once().await;
//! assert_eq!(round.verdict(), Verdict::Unknown);
//!
//! // In a service, until it is stopped or dropped.
//! let supervised = sentinel.start();
//! supervised.stop().await;
//! # Ok::<(), mme_metrics::isolation::HttpReadError>(())
//! # }).unwrap();
//! ```
//!
//! # Results of a check
//!
//! | the owner | another tenant | result |
//! |---|---|---|
//! | sees it | is refused (403, 404, no row) | `pass` |
//! | any result | sees it | `breach` |
//! | does not see it | is refused | `unknown`: the resource may not exist |
//! | any result | 401, 429, 5xx, a redirect, a login page, malformed JSON, no answer in time, no connection, a panic | `unknown` |
//!
//! `unknown` never counts as a pass: a round passes only if it has checks and all of them pass. Give each tenant a
//! resource, because only a read of its own resource shows that its credentials work.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `mme_isolation_sentinel` | to 0 as soon as a breach is found; to 1 at the end of a round that passed. An unknown round leaves it unchanged. It is absent until the first breach or pass |
//! | `mme_isolation_checks_total` | with each check; a round without checks counts one that is `unknown` |
//! | `mme_isolation_last_check_timestamp_seconds` | at the end of each round |
//! | `mme_isolation_last_pass_timestamp_seconds` | at the end of each round that passed |
//! | `mme_isolation_check_duration_seconds` | with each check that ended within its round |
//! | `mme_isolation_interval_seconds` | at the start: the interval between rounds, so that an alert notices two missing rounds |
//!
//! Each round writes a log line with the target `mme::isolation`, such as
//! `2026-11-21T03:14:02Z PASS 12 passed, 0 breached, 0 unknown`. With `FAIL` and `UNKNOWN`, the line names the checks.
//!
//! # What a breach does
//!
//! As soon as a breach is found, it is written to the audit trail: at level `error`, with the target `mme::audit` and
//! the fields `event_type="cross_tenant_access"`, `outcome="breach"`, `owner`, `resource` and `foreigner`, the tenant
//! that could read it. Then each [`on_breach`](IsolationSentinel::on_breach) callback is called. A service that counts
//! audit events counts the breach in such a callback:
//!
//! ```
//! # #[cfg(feature = "probe")] {
//! use mme_metrics::isolation::IsolationSentinel;
//! use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
//!
//! # let resources = Vec::new();
//! let sentinel = IsolationSentinel::new(resources)
//!     .on_breach(|_| AuditEvent::new(EventType::CROSS_TENANT_ACCESS, EventOutcome::Success).count());
//! # }
//! ```
//!
//! # What it costs
//!
//! 25 series; tenants and resources are not labels. A round makes two reads for each resource and each tenant that
//! tries it: at most 8 at once, each within 10 s. Rounds never overlap: checks that are not reached within the interval
//! are `unknown`. At most 64 KiB of a body are read.
//!
//! # Assets
//!
//! `isolation.yml` alerts on a breach at once, and on a sentinel that is unknown, stale or absent.

#[cfg(feature = "probe")]
mod http;
mod label;
mod metrics;
#[cfg(feature = "probe")]
mod resource;
#[cfg(feature = "probe")]
mod round;
#[cfg(feature = "probe")]
mod sentinel;
#[cfg(all(feature = "probe", feature = "sqlx"))]
mod sql;
#[cfg(feature = "probe")]
mod visibility;

#[cfg(feature = "probe")]
pub use self::http::{HttpRead, HttpReadError};
pub use self::label::Verdict;
pub use self::metrics::{ISOLATION, IsolationMetrics};
#[cfg(feature = "probe")]
pub use self::resource::{IsolationResource, TenantName, TenantRead};
#[cfg(feature = "probe")]
pub use self::round::{IsolationCheck, IsolationRound};
#[cfg(feature = "probe")]
pub use self::sentinel::IsolationSentinel;
#[cfg(all(feature = "probe", feature = "sqlx"))]
pub use self::sql::SqlRead;
#[cfg(feature = "probe")]
pub use self::visibility::Visibility;
