//! The shape of an expression: what is known of the series that it returns.

use std::collections::BTreeMap;

/// The labels that series can have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Labels {
    /// The labels are unknown, so every label is accepted.
    Any,
    /// The series can have only these labels, each with its values.
    Known(BTreeMap<String, Values>),
}

/// The values that a label can have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Nothing is known.
    Any,
    /// Only these values.
    Closed(Vec<String>),
    /// The bucket bounds of a histogram, without `+Inf`.
    Bounds(Vec<f64>),
}

/// The type of the values of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// The values only grow, except at restarts.
    Counter,
    /// The values go up and down.
    Gauge,
    /// The values are native histograms.
    Histogram,
    /// Nothing is known.
    Any,
}

/// The shape of an expression: what is known of the series that it returns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) labels: Labels,
    pub(super) sample: Sample,
    /// The metric whose unchanged values these are. Findings name it.
    pub(super) metric: String,
}

impl Values {
    fn union(self, other: Self) -> Self {
        match (self, other) {
            (left, right) if left == right => left,
            (Self::Closed(mut left), Self::Closed(right)) => {
                left.extend(right);
                left.sort();
                left.dedup();
                Self::Closed(left)
            }
            _ => Self::Any,
        }
    }
}

impl Labels {
    pub(super) fn known<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self::Known(keys.into_iter().map(|key| (key.into(), Values::Any)).collect())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Known(keys) => keys.contains_key(key),
        }
    }

    /// Returns the possible values of a label.
    pub(super) fn values(&self, key: &str) -> &Values {
        match self {
            Self::Any => &Values::Any,
            Self::Known(keys) => keys.get(key).unwrap_or(&Values::Any),
        }
    }

    /// Adds a label, or replaces its possible values.
    pub(super) fn set(&mut self, key: &str, values: Values) {
        if let Self::Known(keys) = self {
            keys.insert(key.to_owned(), values);
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Self::Known(keys) = self {
            keys.remove(key);
        }
    }

    /// Keeps only the labels `keys`, with their values.
    pub(super) fn only<'k>(&self, keys: impl IntoIterator<Item = &'k String>) -> Self {
        Self::Known(keys.into_iter().map(|key| (key.clone(), self.values(key).clone())).collect())
    }

    pub(super) fn union(self, other: Self) -> Self {
        let (Self::Known(mut left), Self::Known(right)) = (self, other) else { return Self::Any };
        for (key, values) in right {
            let joined = match left.remove(&key) {
                Some(ours) => ours.union(values),
                None => values,
            };
            left.insert(key, joined);
        }
        Self::Known(left)
    }

    /// Formats the labels for a message.
    pub(super) fn list(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Known(keys) if keys.is_empty() => "none".to_owned(),
            Self::Known(keys) => keys.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Shape {
    /// Returns the unknown shape.
    pub(super) fn anything() -> Self {
        Self { labels: Labels::Any, sample: Sample::Any, metric: String::new() }
    }

    /// Returns the shape of a scalar, or of one series without labels.
    pub(super) fn bare() -> Self {
        Self::computed(Labels::Known(BTreeMap::new()))
    }

    /// Returns the shape of computed values, which count as a gauge.
    pub(super) fn computed(labels: Labels) -> Self {
        Self { labels, sample: Sample::Gauge, metric: String::new() }
    }

    /// Returns the shape of values that are computed from `series`: native histograms stay what they are.
    pub(super) fn computed_of(series: &Self, labels: Labels) -> Self {
        let sample = if series.sample == Sample::Histogram { Sample::Histogram } else { Sample::Gauge };
        Self { sample, ..Self::computed(labels) }
    }

    /// Adds the labels that a rule sets. A template can have any value.
    pub(super) fn with_labels<'k>(mut self, labels: impl IntoIterator<Item = (&'k String, &'k String)>) -> Self {
        for (key, value) in labels {
            let values = if value.contains("{{") { Values::Any } else { Values::Closed(vec![value.clone()]) };
            self.labels.set(key, values);
        }
        self
    }
}
