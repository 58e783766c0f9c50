//! Which labels of a new series give way to a budget, and what has been seen of those that have one of their own.

use std::collections::{HashMap, HashSet};

use metrics::{Label, Metadata};

use super::admit::{self, LabelText};
use crate::label::{Cardinality, OVERFLOW};
use crate::metric::{Spec, TYPED, declared_extra};

/// Overflow series with keys that no catalogue entry declares, for one metric. Past it they share a single one, because
/// nothing else bounds how many sets of keys there can be.
const MAX_FOREIGN_SHAPES: usize = 16;

/// The label of the overflow series that takes every set of undeclared keys.
const ANY_LABELS: Label = Label::from_static_parts("labels", OVERFLOW);

/// Who registers a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A typed metric, whose labels are what they declare.
    Typed,
    /// Anybody, who may write anything into a label.
    Facade,
}

impl Source {
    pub(super) fn of(metadata: &Metadata<'_>) -> Self {
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

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What the labels of a series that asks for admission are.
#[derive(Debug, Default)]
pub(super) struct LabelOpenness {
    /// Those whose value nothing but a budget bounds.
    open: LabelSet32,
    /// Those of a capped label whose budget is spent on other values.
    spent: LabelSet32,
    /// Those whose key the catalogue does not declare.
    undeclared: LabelSet32,
    /// Those that read [`OVERFLOW`] by themselves.
    overflow: LabelSet32,
}

impl LabelOpenness {
    /// Says whether the series would be one more of those that a budget bounds.
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

/// What one metric has admitted so far: the values of each capped label, and the sets of undeclared keys that were folded.
#[derive(Debug, Default)]
pub(super) struct Seen {
    values: HashMap<Box<str>, HashSet<Box<str>>>,
    foreign_shapes: usize,
}

impl Seen {
    /// Classifies the labels of a series that asks for admission.
    pub(super) fn judge(&self, spec: Option<&Spec>, own: &[Label], source: Source) -> LabelOpenness {
        let mut openness = LabelOpenness::default();
        // An empty value is no label.
        for (at, label) in own.iter().enumerate().filter(|(_, label)| !label.value().is_empty()) {
            if label.value() == OVERFLOW {
                openness.overflow.add(at);
            }
            let Some(values) = declared(spec, label) else {
                openness.open.add(at);
                openness.undeclared.add(at);
                continue;
            };
            let is_open = match values {
                Cardinality::Capped { budget } => {
                    let seen = self.values.get(label.key());
                    let is_spent = seen.map_or(0, HashSet::len) >= budget;
                    if is_spent && !seen.is_some_and(|seen| seen.contains(&*exported(label))) {
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

    /// Notes the values of the capped labels of a series that was admitted.
    pub(super) fn remember(&mut self, spec: &Spec, own: &[Label]) {
        for label in own.iter().filter(|label| !matches!(label.value(), "" | OVERFLOW)) {
            if let Some(Cardinality::Capped { budget }) = declared(Some(spec), label) {
                let seen = self.values.entry(label.key().into()).or_default();
                if seen.len() < budget {
                    seen.insert(exported(label));
                }
            }
        }
    }

    /// Takes a place for an overflow series with undeclared keys; if there is none left, returns the labels of the one that
    /// takes them all.
    pub(super) fn reshape(&mut self, openness: &LabelOpenness, folds: LabelSet32, own: &[Label]) -> Option<Vec<Label>> {
        if folds.and(openness.undeclared).is_empty() {
            return None;
        }
        if self.foreign_shapes < MAX_FOREIGN_SHAPES {
            self.foreign_shapes += 1;
            return None;
        }
        let declared = own.iter().enumerate().filter(|(at, _)| !openness.undeclared.has(*at));
        let folded = declared.map(|(at, label)| {
            if folds.has(at) { Label::new(label.clone().into_parts().0, OVERFLOW) } else { label.clone() }
        });
        Some(folded.chain([ANY_LABELS]).collect())
    }
}

/// Returns what is known of a label: what the catalogue declares, or the type of a label beside the catalogue's.
fn declared(spec: Option<&Spec>, label: &Label) -> Option<Cardinality> {
    let spec = spec?;
    spec.label(label.key()).map_or_else(|| declared_extra(spec.name, label.key()), |label| Some(label.values))
}

/// Says whether a typed metric has folded an open label itself, before anything came here.
pub(super) fn is_folded(spec: Option<&Spec>, own: &[Label], source: Source) -> bool {
    let is_open = |label| declared(spec, label).is_none_or(|values| values.is_capped());
    source == Source::Typed && own.iter().any(|label| label.value() == OVERFLOW && is_open(label))
}

/// Returns a value as it is exported: what comes out the same is one value, and a long one takes little room.
fn exported(label: &Label) -> Box<str> {
    let mut text = String::new();
    admit::value(&mut text, label.value());
    text.into()
}

/// Formats labels of which some give way.
pub(super) fn format<'a>(text: &'a mut LabelText, own: &[Label], global: &[Label], folds: LabelSet32) -> &'a str {
    text.format(own, global, |at| folds.has(at).then_some(OVERFLOW))
}
