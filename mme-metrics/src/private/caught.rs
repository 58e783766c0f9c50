//! A label whose expression may panic: that costs the label, and not the call.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use metrics::SharedString;

use super::label_key::{Free, KeyOf};
use crate::label::{Cardinality, LabelValue};

/// A label, or nothing where its expression panicked. Then the label is absent.
pub struct CaughtLabel<V>(Option<V>);

/// Takes one label from its expression; `check` finds out whether its key is free.
#[inline]
pub fn caught_label<V: LabelValue, K: Free>(
    expression: impl FnOnce() -> V,
    check: impl FnOnce(KeyOf<V>) -> K,
) -> CaughtLabel<V> {
    let _ = check;
    // What the expression has left behind is not looked at any more.
    CaughtLabel(catch_unwind(AssertUnwindSafe(expression)).ok())
}

impl<V: LabelValue> LabelValue for CaughtLabel<V> {
    const KEY: &'static str = V::KEY;
    const CARDINALITY: Cardinality = V::CARDINALITY;

    fn label_value(&self) -> SharedString {
        self.0.as_ref().map_or(SharedString::const_str(""), V::label_value)
    }

    #[inline]
    fn ordinal(&self) -> Option<usize> {
        self.0.as_ref()?.ordinal()
    }
}

impl<V> fmt::Debug for CaughtLabel<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaughtLabel").field("is_caught", &self.0.is_none()).finish_non_exhaustive()
    }
}
