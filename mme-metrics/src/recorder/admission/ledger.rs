//! Decides on a new series: which labels it gets, and whether it exists already.

use std::collections::{HashMap, HashSet};

use metrics::Label;

use super::admit::LabelText;
use super::budget::Budget;
use super::overflow::{self, LabelOpenness, LabelSet32, Source};
use crate::label::{Cardinality, OVERFLOW};
use crate::metric::Spec;

/// Largest number of overflow series with undeclared keys, for one metric. Further sets of keys share a single series,
/// because nothing else limits their number.
const MAX_FOREIGN_SHAPES: usize = 16;

/// The label of the overflow series that all further sets of undeclared keys share.
const ANY_LABELS: Label = Label::from_static_parts("labels", OVERFLOW);

/// A request of a caller for a series.
#[derive(Clone, Copy)]
pub(in crate::recorder) struct SeriesRequest<'a> {
    /// The declaration of the metric in the catalogue.
    pub(in crate::recorder) spec: Option<&'static Spec>,
    /// The labels of the caller.
    pub(in crate::recorder) own: &'a [Label],
    /// The labels that the recorder adds to every series.
    pub(in crate::recorder) global: &'a [Label],
    pub(in crate::recorder) source: Source,
}

impl SeriesRequest<'_> {
    /// Returns whether the typed metric has already replaced an open label by [`OVERFLOW`].
    pub(in crate::recorder) fn is_folded(&self) -> bool {
        overflow::is_folded(self.spec, self.own, self.source)
    }
}

/// The series that gets the observations of a [`SeriesRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Decision {
    /// The position of the series if it exists. A new series gets the label text that was formatted last.
    pub(in crate::recorder) found: Option<usize>,
    /// Whether the series is an overflow series for this request.
    pub(in crate::recorder) is_folded: bool,
}

/// The admissions of one metric so far: the values of each capped label, and the number of overflow series with
/// undeclared keys.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Ledger {
    values: HashMap<Box<str>, HashSet<Box<str>>>,
    foreign_shapes: usize,
}

impl Ledger {
    /// Decides on `request`. While the budgets have room, it is admitted unchanged; after that, its open labels are
    /// folded into `_overflow`.
    ///
    /// `text` holds the formatted labels of the request, and after the call those of the series. The decision is final:
    /// if no series was found, the caller creates it before it unlocks the ledger. `find` looks up a series by its
    /// label text.
    pub(in crate::recorder) fn decide(
        &mut self,
        request: SeriesRequest<'_>,
        text: &mut LabelText,
        budget: &Budget<'_>,
        find: impl Fn(&str) -> Option<usize>,
    ) -> Decision {
        let SeriesRequest { spec, own, global, source } = request;
        let is_folded = request.is_folded();
        // Another thread may have created the series meanwhile.
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

    /// Returns whether the budget of a capped label is spent on other values.
    fn is_spent(&self, label: &Label, budget: usize) -> bool {
        let values = self.values.get(label.key());
        values.map_or(0, HashSet::len) >= budget
            && !values.is_some_and(|values| values.contains(&*overflow::exported(label)))
    }

    /// Stores the values of the capped labels of a series that was admitted.
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

    /// Counts an overflow series with undeclared keys. If there are too many, returns the labels of the overflow series
    /// that they share.
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
