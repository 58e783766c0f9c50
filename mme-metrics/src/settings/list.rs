//! The values that the file and the variables have in common: what each accepts.

use std::net::SocketAddr;

use super::error::{SettingsError, quoted};
use super::value::{Entries, Setting};
use crate::buckets;
use crate::metric::HistogramForm;

pub(super) const BUDGET: &str = "give a number of series, such as 500";

/// The name in `histogram_forms` that stands for every histogram without an entry of its own.
pub(crate) const ANY: &str = "*";

/// Adds an entry. A name that stands twice in one place is an error, because only one of them can hold.
pub(super) fn insert<T>(entries: &mut Entries<T>, name: &str, value: T, place: &str) -> Result<(), SettingsError> {
    match entries.insert(name.to_owned(), Setting::new(value, place)) {
        Some(_) => Err(SettingsError::invalid(place, format!("name `{}` once", quoted(name)))),
        None => Ok(()),
    }
}

pub(super) fn bounds(bounds: Option<Vec<f64>>, place: &str) -> Result<Vec<f64>, SettingsError> {
    bounds.filter(|bounds| buckets::is_valid(bounds)).ok_or_else(|| {
        let most = buckets::MAX_BOUNDS;
        SettingsError::invalid(place, format!("give 1 to {most} finite, ascending bounds from 0 on, without +Inf"))
    })
}

pub(super) fn form(text: Option<&str>, place: &str) -> Result<HistogramForm, SettingsError> {
    let accepts = "give `classic`, `both` or `native`, the last two also with a factor above 1, as in `both:1.05`";
    text.and_then(|text| text.parse().ok()).ok_or_else(|| SettingsError::invalid(place, accepts))
}

pub(super) fn address(text: Option<&str>, place: &str) -> Result<SocketAddr, SettingsError> {
    let accepts = "give an IP address and a port, such as 0.0.0.0:9464";
    text.and_then(|text| text.parse().ok()).ok_or_else(|| SettingsError::invalid(place, accepts))
}
