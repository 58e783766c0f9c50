//! What may enter the exposition, and under which labels.
//!
//! | file | what it holds |
//! |---|---|
//! | `admit` | names, keys and values, made exportable |
//! | `overflow` | which labels of a series are open, and give way to a budget |
//! | `budget` | the budgets of the metric, its family and the process |
//! | `ledger` | the decision on a new series, and what was admitted so far |

pub(super) mod admit;
mod budget;
mod ledger;
mod overflow;

pub(super) use self::budget::{Budget, Limit};
pub(super) use self::ledger::{Ledger, SeriesRequest};
pub(super) use self::overflow::Source;
