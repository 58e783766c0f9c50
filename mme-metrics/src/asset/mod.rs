//! Recording rules, alerts, alert routes, dashboards and runbooks for the metrics of this crate.
//!
//! [`FILES`] contains them as values. [`write_to`] writes them to a directory from which Prometheus, Alertmanager and
//! Grafana load them:
//!
//! ```
//! # let dir = std::env::temp_dir().join("mme-metrics-doc-assets");
//! mme_metrics::asset::write_to(&dir)?;
//! assert!(dir.join("prometheus/alerts/http.yml").exists());
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Your own rules
//!
//! With the feature `assets`, [`check`] verifies that every metric and label in an expression exists, and [`lint`] that
//! alerts are actionable. Both take any files, and `check` takes any families. So they also check your own rules,
//! against your own catalogue:
//!
//! ```
//! # #[cfg(feature = "assets")] {
//! use mme_metrics::asset::{AssetFile, AssetKind, check};
//! use mme_metrics::process::{MME, PROCESS};
//!
//! let rules = AssetFile::new(AssetKind::Rules, "my-rules.yml", "
//! groups:
//!   - name: mine
//!     rules:
//!       - alert: TooManyFiles
//!         expr: process_open_fd > 1000
//! ");
//! let findings = check(&[&PROCESS, &MME], &[rules]);
//! assert!(findings[0].to_string().contains("did you mean `process_open_fds`?"));
//! # }
//! ```
//!
//! A file of the kind [`AssetKind::Dashboard`] is checked in the same way, after its variables are filled in. The
//! module `dashboard` describes dashboards in Rust, and a row for a family of your own is one call.

mod bundled;
#[cfg(feature = "assets")]
mod check;
#[cfg(feature = "assets")]
pub mod dashboard;
mod file;
#[cfg(feature = "assets")]
mod finding;
#[cfg(feature = "assets")]
mod fleet;
#[cfg(feature = "assets")]
mod lint;
#[cfg(feature = "assets")]
mod promql;
#[cfg(feature = "assets")]
mod rule;
mod write;

pub use self::bundled::FILES;
#[cfg(feature = "assets")]
pub use self::check::{AssetCheck, AssetUse, check};
pub use self::file::{AssetFile, AssetKind};
#[cfg(feature = "assets")]
pub use self::finding::{AssetFinding, FindingKind, Severity};
#[cfg(feature = "assets")]
pub use self::fleet::{
    AssetHistograms, AssetLayout, AssetOptions, AssetOptionsError, AssetRenderError, AssetThreshold, UnknownHistograms,
    UnknownLayout, thresholds,
};
#[cfg(feature = "assets")]
pub use self::lint::lint;
pub use self::write::{AssetWriteError, write_to};
