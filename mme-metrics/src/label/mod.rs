//! Labels as types: the key belongs to the type of the value, and the type says how many values there can be.
//!
//! A label is one of four kinds, and nothing else can become a label:
//!
//! | kind | declared by | number of values |
//! |---|---|---|
//! | closed | `#[derive(LabelValue)]` on an enum | its variants |
//! | bounded | an implementation in this crate, such as the HTTP status code | fixed by a standard |
//! | registered | [`open_label!`](crate::open_label) `registered` | what the service registers at set-up, up to the budget |
//! | capped | [`open_label!`](crate::open_label) `capped` | the first ones seen, up to the budget; later ones read `_overflow` |
//!
//! ```
//! use mme_metrics::{LabelValue, Cardinality, open_label};
//!
//! open_label! {
//!     /// The tenant a request belongs to.
//!     pub registered Tenant: "tenant", budget = 100, fallback = "_unknown";
//!     /// The kind of client, as it calls itself.
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
mod closed;
mod country;
mod key;
mod open;
mod server;
mod set;
mod unicode;

pub use self::cardinality::{Cardinality, MAX_VALUE_BYTES, OVERFLOW};
pub use self::country::CountryCode;
pub use self::key::{LabelSpec, LabelValue};
pub use self::open::{RegisterError, Registered, Registry, open_label};
pub use self::server::ServerAddress;
pub use self::set::LabelSet;

pub(crate) use self::closed::closed_label;
pub(crate) use self::server::SERVERS;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::server::split_port;
pub(crate) use self::unicode::is_deceiving;
