//! Labels as types: the type of a value has the key and the cardinality of the label.
//!
//! Every label has one of these kinds:
//!
//! | kind | declared by | number of values |
//! |---|---|---|
//! | closed | `#[derive(LabelValue)]` on an enum, or [`labels!`](crate::labels) `closed` | its variants |
//! | bounded | an implementation in this crate, such as the HTTP status code | fixed by a standard |
//! | registered | [`labels!`](crate::labels) `registered` or `admitted` | what the service registers, up to the budget |
//! | capped | [`labels!`](crate::labels) `capped` or `word` | the first ones seen, up to the budget; later ones become `_overflow` |
//!
//! ```
//! use mme_metrics::{LabelValue, Cardinality, labels};
//!
//! labels! {
//!     /// The tenant a request belongs to.
//!     pub registered Tenant: "tenant", budget = 100, fallback = "_unknown";
//!     /// The kind of client, as its own header names it.
//!     pub capped Client: "client", budget = 20;
//! }
//!
//! Tenant::register("acme")?;
//! assert_eq!(Tenant::find("acme").as_str(), "acme");
//! assert_eq!(Tenant::find("evil").as_str(), "_unknown");
//! assert_eq!(Tenant::CARDINALITY, Cardinality::Registered { budget: 100, fallback: "_unknown" });
//! # Ok::<(), mme_metrics::label::RegisterError>(())
//! ```

mod cardinality;
mod country;
mod declaration;
mod key;
mod refusal;
mod registry;
mod server;
mod set;
mod unicode;
mod word;

pub use self::cardinality::{Cardinality, MAX_VALUE_BYTES, OVERFLOW};
pub use self::country::CountryCode;
pub use self::declaration::labels;
pub use self::key::{LabelSpec, LabelValue};
pub use self::refusal::Refusal;
pub use self::registry::{RegisterError, RegisteredValue, Registry};
pub use self::server::{ServerAddress, ServerPort};
pub use self::set::LabelSet;
#[doc(hidden)]
pub use self::word::word;

#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::server::SERVERS;
#[cfg(any(feature = "grpc", feature = "http", feature = "prometheus"))]
pub(crate) use self::server::split_port;
pub(crate) use self::unicode::{is_deceiving, is_plain};
