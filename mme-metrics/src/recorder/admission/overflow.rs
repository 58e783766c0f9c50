//! Finds the labels of a new series that read `_overflow` when a budget is spent.

use metrics::{Label, Metadata};

use super::admit;
use crate::label::{Cardinality, OVERFLOW};
use crate::metric::{Spec, TYPED, declared_extra};

/// The kind of caller that requests a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) enum Source {
    /// A typed metric, whose labels have only the values that they declare.
    Typed,
    /// Any caller of the facade, which may put any text into a label.
    Facade,
}

impl Source {
    pub(in crate::recorder) fn of(metadata: &Metadata<'_>) -> Self {
        if metadata.target() == TYPED { Self::Typed } else { Self::Facade }
    }
}

/// A set of labels of one series, as a bit for each position. A series has at most [`MAX_LABELS`](admit::MAX_LABELS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelSet32(u32);

impl LabelSet32 {
    fn add(&mut self, position: usize) {
        self.0 |= 1 << position;
    }

    pub(super) fn has(self, position: usize) -> bool {
        self.0 & (1 << position) != 0
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// The open labels of a requested series, by the reason why they are open.
#[derive(Debug, Default)]
pub(super) struct LabelOpenness {
    /// Labels whose number of values only a budget limits.
    open: LabelSet32,
    /// Capped labels whose budget is spent on other values.
    spent: LabelSet32,
    /// Labels whose key the catalogue does not declare.
    undeclared: LabelSet32,
    /// Labels that read [`OVERFLOW`] already.
    overflow: LabelSet32,
}

impl LabelOpenness {
    /// Classifies `own`, the labels of a requested series. `is_spent` returns whether the budget of a capped label is
    /// spent on other values.
    pub(super) fn of(
        spec: Option<&Spec>,
        own: &[Label],
        source: Source,
        is_spent: impl Fn(&Label, usize) -> bool,
    ) -> Self {
        let mut openness = Self::default();
        // A label with an empty value does not exist for Prometheus.
        for (at, label) in own.iter().enumerate().filter(|(_, label)| !label.value().is_empty()) {
            if label.value() == OVERFLOW {
                openness.overflow.add(at);
            }
            let Some(cardinality) = declared(spec, label) else {
                openness.open.add(at);
                openness.undeclared.add(at);
                continue;
            };
            let is_open = match cardinality {
                Cardinality::Capped { budget } => {
                    if is_spent(label, budget) {
                        openness.spent.add(at);
                    }
                    true
                }
                Cardinality::Closed(values) => !values.contains(&label.value()),
                // Only the label's type knows these values, so a caller of the facade can write others.
                Cardinality::Bounded(_) | Cardinality::Registered { .. } => source == Source::Facade,
            };
            if is_open {
                openness.open.add(at);
            }
        }
        openness
    }

    /// Returns whether one of the labels in `folds` has a key that the catalogue does not declare.
    pub(super) fn has_undeclared(&self, folds: LabelSet32) -> bool {
        !folds.and(self.undeclared).is_empty()
    }

    /// Returns whether the key at this position is missing from the catalogue.
    pub(super) fn is_undeclared(&self, position: usize) -> bool {
        self.undeclared.has(position)
    }

    /// Returns whether the series would count against a budget.
    pub(super) fn varies(&self) -> bool {
        // A declared key that reads `_overflow` adds at most one series. Undeclared keys can be any number.
        !self.open.without(self.spent).without(self.overflow.without(self.undeclared)).is_empty()
    }

    /// Returns the labels that are to read [`OVERFLOW`]: those past their own cap, or all open labels if a budget has
    /// no room.
    pub(super) fn folds(&self, has_room: bool) -> LabelSet32 {
        if has_room { self.spent } else { self.open }
    }

    /// Returns whether folding the labels in `folds` changes a value.
    pub(super) fn changes(&self, folds: LabelSet32) -> bool {
        !folds.without(self.overflow).is_empty()
    }
}

/// Returns the cardinality of a label, as declared in the catalogue or by the type of an extra label.
pub(super) fn declared(spec: Option<&Spec>, label: &Label) -> Option<Cardinality> {
    let spec = spec?;
    spec.label(label.key()).map_or_else(|| declared_extra(spec.name, label.key()), |label| Some(label.values))
}

/// Returns whether the typed metric has already replaced an open label by [`OVERFLOW`].
pub(super) fn is_folded(spec: Option<&Spec>, own: &[Label], source: Source) -> bool {
    let is_open = |label| declared(spec, label).is_none_or(|values| values.is_capped());
    source == Source::Typed && own.iter().any(|label| label.value() == OVERFLOW && is_open(label))
}

/// Returns the exported form of a value. Values with the same exported form count as one, and long values are
/// truncated.
pub(super) fn exported(label: &Label) -> Box<str> {
    let mut text = String::new();
    admit::value(&mut text, label.value());
    text.into()
}
