//! Shares of a whole, which the panels of many pages show.

use crate::asset::dashboard::{Promql, Series};

/// Matches what counts as an error: a client that left has no outcome the service could answer for.
const FAILED: [&str; 2] = ["error_type!=\"\"", "error_type!=\"cancelled\""];

/// Narrows a selection to what failed.
pub(super) fn failed(series: &Series) -> Series {
    FAILED.into_iter().fold(series.clone(), Series::matching)
}

/// Returns the share of `all` that a matcher selects, 0 where it selects nothing.
pub(super) fn share(all: &Series, matcher: &str, by: &[&str]) -> Promql {
    share_of(&all.clone().matching(matcher), all, by)
}

/// Returns `part` as a share of `all`, 0 where there is none.
pub(super) fn share_of(part: &Series, all: &Series, by: &[&str]) -> Promql {
    let whole = all.rate().sum_by(by);
    part.rate().sum_by(by).or_zero_of(&whole).share_of(&whole)
}
