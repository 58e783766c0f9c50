//! Admission: decides which series may enter the exposition, and under which labels.
//!
//! | file | content |
//! |---|---|
//! | `admit` | sanitizes names, keys and values |
//! | `overflow` | finds the open labels of a series, which overflow when a budget is spent |
//! | `budget` | the budgets of the metric, its family and the process |
//! | `ledger` | decides on new series, and stores what was admitted so far |

pub(super) mod admit;
mod budget;
mod ledger;
mod overflow;

pub(super) use self::budget::{Budget, Limit};
pub(super) use self::ledger::{Ledger, SeriesRequest};
pub(super) use self::overflow::Source;
