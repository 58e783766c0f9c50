//! Cardinality: how many values a label can have.

/// Replaces the open labels of every series past a budget.
pub const OVERFLOW: &str = "_overflow";

/// Longest label value that is exported, in bytes; longer ones are cut and keep a hash of the whole.
pub const MAX_VALUE_BYTES: usize = 128;

/// How many values a label can have, and what happens to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cardinality {
    /// Exactly these.
    Closed(&'static [&'static str]),
    /// At most this many, because a standard or the type leaves no room for more.
    Bounded(usize),
    /// The values that the service registered at set-up. They are always admitted; the fallback replaces every other.
    Registered {
        /// How many values can be registered.
        budget: usize,
        /// Replaces a value that was not registered.
        fallback: &'static str,
    },
    /// The first `budget` values seen; [`OVERFLOW`] replaces later ones.
    Capped {
        /// How many distinct values one metric may hold. If two extra labels of a metric have one key, the larger budget
        /// holds.
        budget: usize,
    },
}

impl Cardinality {
    /// Says whether values come from outside the program, so that only a budget bounds them.
    pub const fn is_capped(&self) -> bool {
        matches!(self, Self::Capped { .. })
    }

    /// Returns the largest number of values, the fallback or overflow value included.
    pub const fn limit(&self) -> usize {
        match self {
            Self::Closed(values) => values.len(),
            Self::Bounded(limit) => *limit,
            Self::Registered { budget, .. } | Self::Capped { budget } => *budget + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_label_has_one_value_more_than_its_budget() {
        assert_eq!(Cardinality::Capped { budget: 3 }.limit(), 4);
        assert_eq!(Cardinality::Registered { budget: 3, fallback: "_other" }.limit(), 4);
        assert_eq!(Cardinality::Closed(&["a", "b"]).limit(), 2);
    }
}
