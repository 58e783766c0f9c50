//! The only names that the output of macros may use. Not for anybody else, and free to change.

pub use std::vec;
pub use std::vec::Vec;

pub use metrics::SharedString;

pub use crate::label::{LabelValue, Values};
pub use crate::spec::{lowercase, utf8};
