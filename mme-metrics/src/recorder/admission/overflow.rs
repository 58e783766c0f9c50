//! Which labels of a new series give way to a budget.

use metrics::{Label, Metadata};

use super::admit;
use crate::label::{Cardinality, OVERFLOW};
use crate::metric::{Spec, TYPED, declared_extra};

/// Who asks for a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) enum Source {
    /// A typed metric, whose labels are what they declare.
    Typed,
    /// Any caller of the facade, who may write any text into a label.
    Facade,
}

impl Source {
    pub(in crate::recorder) fn of(metadata: &Metadata<'_>) -> Self {
        if metadata.target() == TYPED { Self::Typed } else { Self::Facade }
    }
}

/// Some of the labels of one series, by their position; at most [`MAX_LABELS`](admit::MAX_LABELS), a bit for each.
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

/// How open the labels of a requested series are.
#[derive(Debug, Default)]
pub(super) struct LabelOpenness {
    /// Those whose value nothing but a budget bounds.
    open: LabelSet32,
    /// Those of a capped label whose budget is spent on other values.
    spent: LabelSet32,
    /// Those whose key the catalogue does not declare.
    undeclared: LabelSet32,
    /// Those that read [`OVERFLOW`] already.
    overflow: LabelSet32,
}

impl LabelOpenness {
    /// Classifies `own`, the labels of a requested series. `is_spent` says whether the budget of a capped label is spent on
    /// other values.
    pub(super) fn of(
        spec: Option<&Spec>,
        own: &[Label],
        source: Source,
        is_spent: impl Fn(&Label, usize) -> bool,
    ) -> Self {
        let mut openness = Self::default();
        // An empty value is no label.
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
                // Only their own type knows which values these have.
                Cardinality::Bounded(_) | Cardinality::Registered { .. } => source == Source::Facade,
            };
            if is_open {
                openness.open.add(at);
            }
        }
        openness
    }

    /// Says whether one of `folds` has a key that the catalogue does not declare.
    pub(super) fn has_undeclared(&self, folds: LabelSet32) -> bool {
        !folds.and(self.undeclared).is_empty()
    }

    /// Says whether the catalogue does not declare the key at this position.
    pub(super) fn is_undeclared(&self, position: usize) -> bool {
        self.undeclared.has(position)
    }

    /// Says whether the series would count against a budget.
    pub(super) fn varies(&self) -> bool {
        // A declared key that reads `_overflow` is one series more at most; undeclared keys can be any number.
        !self.open.without(self.spent).without(self.overflow.without(self.undeclared)).is_empty()
    }

    /// Lists the labels that read [`OVERFLOW`]: those past their own cap, or all open ones if no budget has room.
    pub(super) fn folds(&self, has_room: bool) -> LabelSet32 {
        if has_room { self.spent } else { self.open }
    }

    /// Says whether folding `folds` changes anything.
    pub(super) fn changes(&self, folds: LabelSet32) -> bool {
        !folds.without(self.overflow).is_empty()
    }
}

/// Returns the cardinality of a label: what the catalogue declares, or the type of an extra label.
pub(super) fn declared(spec: Option<&Spec>, label: &Label) -> Option<Cardinality> {
    let spec = spec?;
    spec.label(label.key()).map_or_else(|| declared_extra(spec.name, label.key()), |label| Some(label.values))
}

/// Says whether a typed metric has folded an open label itself, before the series came here.
pub(super) fn is_folded(spec: Option<&Spec>, own: &[Label], source: Source) -> bool {
    let is_open = |label| declared(spec, label).is_none_or(|values| values.is_capped());
    source == Source::Typed && own.iter().any(|label| label.value() == OVERFLOW && is_open(label))
}

/// Returns a value as it is exported: values that are exported alike are one, and a long value takes little room.
pub(super) fn exported(label: &Label) -> Box<str> {
    let mut text = String::new();
    admit::value(&mut text, label.value());
    text.into()
}
