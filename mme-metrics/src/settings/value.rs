//! [`Settings`], the values that an operator sets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::metric::HistogramForm;

/// What an operator sets: see the [module](crate::settings). By default nothing.
///
/// Its text is one line that lists what is set, without secrets.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    pub(crate) disabled_families: Vec<Setting<String>>,
    pub(crate) disabled_metrics: Vec<Setting<String>>,
    pub(crate) buckets: Entries<Vec<f64>>,
    pub(crate) family_budgets: Entries<usize>,
    pub(crate) process_budget: Option<Setting<usize>>,
    pub(crate) histogram_forms: Entries<HistogramForm>,
    pub(crate) labels: Entries<String>,
    pub(crate) listener_address: Option<Setting<SocketAddr>>,
    pub(crate) listener_token_file: Option<Setting<PathBuf>>,
}

/// Values by the name that they are for.
pub(super) type Entries<T> = BTreeMap<String, Setting<T>>;

/// A value, and where it was set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    /// The variable, or the key with its file, as an error names it.
    pub(crate) place: String,
}

impl Settings {
    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<T> Setting<T> {
    pub(super) fn new(value: T, place: impl Into<String>) -> Self {
        Self { value, place: place.into() }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Settings").field(&format_args!("{self}")).finish()
    }
}
