//! Shares of a whole, which the panels of many pages show.

use crate::asset::dashboard::{Promql, Series};

/// Matches errors. A request whose client left does not count, because it is not the fault of the service.
const FAILED: [&str; 2] = ["error_type!=\"\"", "error_type!=\"cancelled\""];

/// Narrows a selection to errors.
pub(super) fn failed(series: &Series) -> Series {
    FAILED.into_iter().fold(series.clone(), Series::matching)
}

/// Returns the share of `all` that a matcher selects, or 0 where it selects nothing.
pub(super) fn share(all: &Series, matcher: &str, by: &[&str]) -> Promql {
    share_of(&all.clone().matching(matcher), all, by)
}

/// Returns `part` as a share of `all`, or 0 where `part` has no series.
pub(super) fn share_of(part: &Series, all: &Series, by: &[&str]) -> Promql {
    let whole = all.rate().sum_by(by);
    part.rate().sum_by(by).or_zero_of(&whole).share_of(&whole)
}
