#![doc = include_str!("../../README.md")]
#![cfg_attr(docsrs, feature(doc_auto_cfg))]

// Macro output names the crate, inside it too.
#[allow(unused_extern_crates)]
extern crate self as mme_metrics;

pub mod buckets;
pub mod catalog;
#[cfg(feature = "prometheus")]
pub mod endpoint;
#[cfg(feature = "http")]
pub mod exchange;
pub mod function;
pub mod guard;
pub mod http;
pub mod label;
pub mod op;
#[doc(hidden)]
pub mod private;
pub mod process;
pub mod recorder;
pub mod spec;
pub mod testing;

pub use metrics;

#[cfg(feature = "macros")]
pub use mme_metrics_macros::{LabelValue, instrument_metrics};

#[cfg(feature = "prometheus")]
pub use crate::endpoint::metrics_router;
pub use crate::label::{LabelSet, LabelValue, Values};
pub use crate::recorder::{Builder, Format, Recorder};
pub use crate::spec::{Counter, Family, FractionalCounter, Gauge, Histogram, Unit};
