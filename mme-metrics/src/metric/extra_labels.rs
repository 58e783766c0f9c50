//! Extra labels: labels that series have beside those of their metric, and their cardinality.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::label::{Cardinality, LabelSpec};

type ByMetric = HashMap<&'static str, Vec<(&'static str, Declaration)>>;

/// The declarations by metric and key. The source of the program bounds their number.
static BESIDE: RwLock<Option<ByMetric>> = RwLock::new(None);

/// The joint declaration of all types that share a key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Declaration {
    Agreed(Cardinality),
    /// They contradict each other, so none holds.
    Contradicted,
}

/// Declares that series of `metric` may have these labels too.
pub(crate) fn declare_extra(metric: &'static str, labels: &[LabelSpec]) {
    let mut beside = BESIDE.write().unwrap_or_else(PoisonError::into_inner);
    let keys = beside.get_or_insert_default().entry(metric).or_default();
    for label in labels {
        match keys.iter_mut().find(|(key, _)| *key == label.key) {
            None => keys.push((label.key, Declaration::Agreed(label.values))),
            Some((_, declared)) => declared.join(label.values),
        }
    }
}

/// Returns the cardinality of the extra label `key` of `metric`, or `None` if it is not declared or its types contradict each
/// other.
pub(crate) fn declared_extra(metric: &str, key: &str) -> Option<Cardinality> {
    let beside = BESIDE.read().unwrap_or_else(PoisonError::into_inner);
    match beside.as_ref()?.get(metric)?.iter().find(|(known, _)| *known == key)?.1 {
        Declaration::Agreed(values) => Some(values),
        Declaration::Contradicted => None,
    }
}

impl Declaration {
    fn join(&mut self, other: Cardinality) {
        match (&mut *self, other) {
            (Self::Agreed(own), other) if *own == other => {}
            (Self::Agreed(Cardinality::Capped { budget }), Cardinality::Capped { budget: other }) => {
                *budget = other.max(*budget);
            }
            _ => *self = Self::Contradicted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(values: Cardinality) -> LabelSpec {
        LabelSpec { key: "dish", values }
    }

    #[test]
    fn of_two_caps_the_larger_holds_and_contradictions_say_nothing() {
        let metric = "beside_total";
        assert_eq!(declared_extra(metric, "dish"), None);
        for budget in [3, 5, 2] {
            declare_extra(metric, &[label(Cardinality::Capped { budget })]);
        }
        assert_eq!(declared_extra(metric, "dish"), Some(Cardinality::Capped { budget: 5 }));
        assert_eq!(declared_extra(metric, "side"), None);
        assert_eq!(declared_extra("other_total", "dish"), None);
        declare_extra(metric, &[label(Cardinality::Closed(&["soup"]))]);
        assert_eq!(declared_extra(metric, "dish"), None);
    }
}
