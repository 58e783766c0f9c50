//! What is known of the series an expression returns.

use std::collections::BTreeSet;

/// The labels that series can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Labels {
    /// Nothing is known, so nothing is wrong.
    Any,
    /// These and no others.
    Known(BTreeSet<String>),
}

/// What the numbers of series say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// They only grow, apart from restarts.
    Counter,
    /// They go up and down.
    Gauge,
    /// Nothing is known.
    Any,
}

/// What is known of the series an expression returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) labels: Labels,
    pub(super) sample: Sample,
    /// The metric the numbers come from unchanged; findings name it.
    pub(super) metric: String,
}

impl Labels {
    pub(super) fn known<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self::Known(keys.into_iter().map(Into::into).collect())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Known(keys) => keys.contains(key),
        }
    }

    pub(super) fn add(&mut self, key: &str) {
        if let Self::Known(keys) = self {
            keys.insert(key.to_owned());
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Self::Known(keys) = self {
            keys.remove(key);
        }
    }

    pub(super) fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(left), Self::Known(right)) => Self::Known(left.into_iter().chain(right).collect()),
            _ => Self::Any,
        }
    }

    /// Lists the labels for a message.
    pub(super) fn list(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Known(keys) if keys.is_empty() => "none".to_owned(),
            Self::Known(keys) => keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Shape {
    /// Returns the shape of which nothing is known.
    pub(super) fn anything() -> Self {
        Self { labels: Labels::Any, sample: Sample::Any, metric: String::new() }
    }

    /// Returns the shape of a number, or of one series without labels.
    pub(super) fn bare() -> Self {
        Self::computed(Labels::Known(BTreeSet::new()))
    }

    /// Returns the shape of numbers that were computed, and so go up and down.
    pub(super) fn computed(labels: Labels) -> Self {
        Self { labels, sample: Sample::Gauge, metric: String::new() }
    }

    /// Adds the labels that a rule writes itself.
    pub(super) fn with_labels<'k>(mut self, keys: impl IntoIterator<Item = &'k String>) -> Self {
        keys.into_iter().for_each(|key| self.labels.add(key));
        self
    }
}
