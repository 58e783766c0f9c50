//! Labels that series have beside those of their metric, and what their types say of them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::label::{LabelSpec, Values};

type ByMetric = HashMap<&'static str, Vec<(&'static str, Said)>>;

/// By metric, the keys and what was said of each. A program's source has an end, and so has this.
static BESIDE: RwLock<Option<ByMetric>> = RwLock::new(None);

/// What the types that share a key said.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Agreed(Values),
    /// Nothing that holds for all of them.
    Contradicted,
}

/// Declares that series of `metric` may have these labels too.
pub(crate) fn declare_beside(metric: &'static str, labels: &[LabelSpec]) {
    let mut beside = BESIDE.write().unwrap_or_else(PoisonError::into_inner);
    let keys = beside.get_or_insert_default().entry(metric).or_default();
    for label in labels {
        match keys.iter_mut().find(|(key, _)| *key == label.key) {
            None => keys.push((label.key, Said::Agreed(label.values))),
            Some((_, said)) => said.join(label.values),
        }
    }
}

/// Returns what was declared of the label `key` beside those of `metric`; nothing if types contradict each other.
pub(crate) fn declared_beside(metric: &str, key: &str) -> Option<Values> {
    let beside = BESIDE.read().unwrap_or_else(PoisonError::into_inner);
    match beside.as_ref()?.get(metric)?.iter().find(|(known, _)| *known == key)?.1 {
        Said::Agreed(values) => Some(values),
        Said::Contradicted => None,
    }
}

impl Said {
    fn join(&mut self, other: Values) {
        match (&mut *self, other) {
            (Self::Agreed(own), other) if *own == other => {}
            (Self::Agreed(Values::Capped { budget }), Values::Capped { budget: other }) => *budget = other.max(*budget),
            _ => *self = Self::Contradicted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(values: Values) -> LabelSpec {
        LabelSpec { key: "dish", values }
    }

    #[test]
    fn of_two_caps_the_larger_holds_and_contradictions_say_nothing() {
        let metric = "beside_total";
        assert_eq!(declared_beside(metric, "dish"), None);
        for budget in [3, 5, 2] {
            declare_beside(metric, &[label(Values::Capped { budget })]);
        }
        assert_eq!(declared_beside(metric, "dish"), Some(Values::Capped { budget: 5 }));
        assert_eq!(declared_beside(metric, "side"), None);
        assert_eq!(declared_beside("other_total", "dish"), None);
        declare_beside(metric, &[label(Values::Closed(&["soup"]))]);
        assert_eq!(declared_beside(metric, "dish"), None);
    }
}
