//! The decision on a new series: which labels it gets, and whether it exists already.

use std::collections::{HashMap, HashSet};

use metrics::Label;

use super::admit::LabelText;
use super::budget::Budget;
use super::overflow::{self, LabelOpenness, LabelSet32, Source};
use crate::label::{Cardinality, OVERFLOW};
use crate::metric::Spec;

/// Overflow series with undeclared keys, for one metric. Further ones share a single series, because nothing else bounds the
/// number of sets of keys.
const MAX_FOREIGN_SHAPES: usize = 16;

/// The label of the overflow series that takes every set of undeclared keys.
const ANY_LABELS: Label = Label::from_static_parts("labels", OVERFLOW);

/// A series that a caller asks for.
#[derive(Clone, Copy)]
pub(in crate::recorder) struct SeriesRequest<'a> {
    /// What the catalogue declares of its metric.
    pub(in crate::recorder) spec: Option<&'static Spec>,
    /// The labels of the caller.
    pub(in crate::recorder) own: &'a [Label],
    /// The labels of every series of the recorder.
    pub(in crate::recorder) global: &'a [Label],
    pub(in crate::recorder) source: Source,
}

impl SeriesRequest<'_> {
    /// Says whether a typed metric has folded an open label itself, before the series came here.
    pub(in crate::recorder) fn is_folded(&self) -> bool {
        overflow::is_folded(self.spec, self.own, self.source)
    }
}

/// Where the observations of a [`SeriesRequest`] go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Decision {
    /// The position of the series if it exists; a new one has the label text that was formatted last.
    pub(in crate::recorder) found: Option<usize>,
    /// Whether it is an overflow series for this request.
    pub(in crate::recorder) is_folded: bool,
}

/// What one metric has admitted so far: the values of each capped label, and the sets of undeclared keys that were folded.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Ledger {
    values: HashMap<Box<str>, HashSet<Box<str>>>,
    foreign_shapes: usize,
}

impl Ledger {
    /// Decides on `request`: admits it as it is while the budgets have room, else folds its open labels.
    ///
    /// `text` holds the labels of the request, formatted as they are, and afterwards those of the series. The decision is final:
    /// if no series was found, the caller makes it before it unlocks the ledger. `find` looks for a series by its label text.
    pub(in crate::recorder) fn decide(
        &mut self,
        request: SeriesRequest<'_>,
        text: &mut LabelText,
        budget: &Budget<'_>,
        find: impl Fn(&str) -> Option<usize>,
    ) -> Decision {
        let SeriesRequest { spec, own, global, source } = request;
        let is_folded = request.is_folded();
        // Another thread may have been faster.
        let mut found = find(text.as_str());
        if found.is_some() {
            return Decision { found, is_folded };
        }
        let openness = LabelOpenness::of(spec, own, source, |key, value| self.is_spent(key, value));
        let reservation = openness.varies().then(|| budget.reserve());
        let has_room = reservation.as_ref().is_none_or(Option::is_some);
        let folds = openness.folds(has_room);
        let changes = openness.changes(folds);
        if changes {
            found = find(text.format(own, global, |at| folds.has(at).then_some(OVERFLOW)));
        }
        if found.is_none()
            && let Some(labels) = self.reshape(&openness, folds, own)
        {
            found = find(text.format(&labels, global, |_| None));
        }
        if found.is_none()
            && let Some(reservation) = reservation.flatten()
        {
            reservation.keep();
            self.remember(spec, own);
        }
        Decision { found, is_folded: is_folded || changes }
    }

    /// Says whether the budget of a capped label is spent on other values.
    fn is_spent(&self, label: &Label, budget: usize) -> bool {
        let values = self.values.get(label.key());
        values.map_or(0, HashSet::len) >= budget
            && !values.is_some_and(|values| values.contains(&*overflow::exported(label)))
    }

    /// Notes the values of the capped labels of a series that was admitted.
    fn remember(&mut self, spec: Option<&Spec>, own: &[Label]) {
        for label in own.iter().filter(|label| !matches!(label.value(), "" | OVERFLOW)) {
            if let Some(Cardinality::Capped { budget }) = overflow::declared(spec, label) {
                let values = self.values.entry(label.key().into()).or_default();
                if values.len() < budget {
                    values.insert(overflow::exported(label));
                }
            }
        }
    }

    /// Counts an overflow series with undeclared keys. If there are too many, returns the labels of the one that takes them
    /// all.
    fn reshape(&mut self, openness: &LabelOpenness, folds: LabelSet32, own: &[Label]) -> Option<Vec<Label>> {
        if !openness.has_undeclared(folds) {
            return None;
        }
        if self.foreign_shapes < MAX_FOREIGN_SHAPES {
            self.foreign_shapes += 1;
            return None;
        }
        let declared = own.iter().enumerate().filter(|(at, _)| !openness.is_undeclared(*at));
        let folded = declared.map(|(at, label)| {
            if folds.has(at) { Label::new(label.clone().into_parts().0, OVERFLOW) } else { label.clone() }
        });
        Some(folded.chain([ANY_LABELS]).collect())
    }
}
