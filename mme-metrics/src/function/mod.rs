//! Functions: how often they are called, how that ends and how long it takes.
mod label;
mod metrics;
mod site;

pub use self::label::{FunctionName, ModulePath};
pub use self::metrics::{FUNCTION, FunctionMetrics};
pub use self::site::{Call, CallSite, Concurrent};
