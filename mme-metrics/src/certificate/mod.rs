//! Metrics for X.509 certificates: operations such as validation and signing, and validity periods (expiry).
//!
//! Measure an operation with a guard, around a closure or a future, or with the attribute:
//!
//! ```
//! use mme_metrics::certificate::{self, CertificateOperation};
//! use mme_metrics::operation::{measure, measure_async};
//! # #[cfg(feature = "macros")]
//! use mme_metrics::instrument_metrics;
//! use mme_metrics::operation::{AlwaysOk, ByErrorType, ErrorType, Outcome};
//!
//! enum Invalid {
//!     Expired,
//!     Revoked,
//! }
//!
//! impl ErrorType for Invalid {
//!     const ERROR_TYPES: &'static [&'static str] = &["expired", "revoked"];
//!
//!     fn error_type(&self) -> &'static str {
//!         match self {
//!             Self::Expired => "expired",
//!             Self::Revoked => "revoked",
//!         }
//!     }
//! }
//!
//! # #[cfg(feature = "macros")]
//! #[instrument_metrics(record = CertificateOperation::Validation)]
//! fn validate(days_left: i32) -> Result<(), Invalid> {
//!     if days_left < 0 { Err(Invalid::Expired) } else { Ok(()) }
//! }
//!
//! let issued = measure(CertificateOperation::Issuance, ByErrorType, || Err::<(), _>(Invalid::Revoked));
//! let signing = measure_async(CertificateOperation::Signing, AlwaysOk, async { /* sign */ });
//! let revocation = certificate::start_operation(CertificateOperation::Revocation);
//! // A `return` before this line records a cancelled operation; a panic records an error of type `panic`.
//! revocation.end(Outcome::Ok);
//! # #[cfg(feature = "macros")]
//! # drop(validate(7));
//! # drop((issued, signing));
//! ```
//!
//! With the feature `certificate`, the library reads validity periods from files, directories and TLS chains before
//! each exposition:
//!
//! ```
//! # #[cfg(feature = "certificate")] {
//! use mme_metrics::Recorder;
//! use mme_metrics::certificate::CertificateWatch;
//!
//! let watch = CertificateWatch::new().file("api", "/etc/my-service/tls/tls.crt")?;
//! let recorder = Recorder::builder().collect_named("certificates", watch.collector()).build()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Without the feature, or for certificates that are stored elsewhere, the service calls
//! [`CertificateName::set_validity`].
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `certificate_operations_total` | once per operation, at its end: `result` is `ok`, `error` or `cancelled`; a panic is an error of type `panic`, and an invalid certificate is an error of the type that its [`ErrorType`](crate::operation::ErrorType) returns |
//! | `certificate_operation_duration_seconds` | once per operation, at its end, whatever the outcome |
//! | `certificate_not_after_timestamp_seconds`, `certificate_not_before_timestamp_seconds` | when a validity is set or read: the earliest end and the latest beginning of all certificates with one name; absent while none can be read |
//! | `certificate_read_errors_total` | with each scan of a file, directory or chain that cannot be read completely |
//!
//! The service names each certificate. Nothing in a certificate becomes a label, and only its validity period is kept.
//!
//! # What it costs
//!
//! From its first run on, each of the five operations has four counter series (`ok`, `cancelled`, `panic`, `other`),
//! one more for each word of its error type, and a histogram of 18 lines. A run costs as much as a measured function
//! and allocates nothing. There can be 1 000 certificates, with seven series each. A scan takes a few microseconds for
//! each file, and about 10 µs more for each certificate in a changed file.
//!
//! # Assets
//!
//! `rules/certificate.yml`, `alerts/certificate.yml`, the dashboard `certificates`.

#[cfg(feature = "certificate")]
mod file;
mod label;
mod metrics;
mod operation;
#[cfg(feature = "certificate")]
mod read;
mod validity;
#[cfg(feature = "certificate")]
mod watch;

pub use self::label::{CertificateName, CertificateOperation, CertificateReadError};
pub use self::metrics::{CERTIFICATE, CertificateMetrics};
pub use self::operation::start_operation;
pub use self::validity::Validity;
#[cfg(feature = "certificate")]
pub use self::watch::{CertificateWatch, CertificateWatchError};
