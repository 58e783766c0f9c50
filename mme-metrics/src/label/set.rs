//! Label sets: tuples of label values, in the order in which a metric declares them.

use metrics::Label;

use super::{Cardinality, LabelSpec, LabelValue};

mod sealed {
    pub trait Sealed {}
}

/// The labels of one metric: `()` or a tuple of up to eight [`LabelValue`]s.
///
/// Two labels with one key do not compile.
pub trait LabelSet: sealed::Sealed {
    /// Keys and bounds, in declared order.
    const LABELS: &'static [LabelSpec];

    /// The number of combinations, if every label is closed and the number is at most 4 096.
    #[doc(hidden)]
    const DENSE: Option<usize>;

    /// Turns the values into labels of the facade.
    #[doc(hidden)]
    fn labels(&self) -> Vec<Label>;

    /// Returns the position of this combination among [`Self::DENSE`].
    #[doc(hidden)]
    fn dense_index(&self) -> Option<usize>;
}

/// Largest table of kept handles of a metric with closed labels.
const MAX_DENSE: usize = 4096;

const fn dense(labels: &[LabelSpec]) -> Option<usize> {
    let mut product = 1;
    let mut index = 0;
    while index < labels.len() {
        let Cardinality::Closed(values) = labels[index].values else { return None };
        product *= values.len();
        if product == 0 || product > MAX_DENSE {
            return None;
        }
        index += 1;
    }
    Some(product)
}

const fn distinct_keys(labels: &[LabelSpec]) -> bool {
    let mut left = 0;
    while left < labels.len() {
        let mut right = left + 1;
        while right < labels.len() {
            if same(labels[left].key.as_bytes(), labels[right].key.as_bytes()) {
                return false;
            }
            right += 1;
        }
        left += 1;
    }
    true
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

macro_rules! label_set {
    ($($name:ident . $index:tt),*) => {
        impl<$($name: LabelValue),*> sealed::Sealed for ($($name,)*) {}

        impl<$($name: LabelValue),*> LabelSet for ($($name,)*) {
            const LABELS: &'static [LabelSpec] = {
                let labels: &'static [LabelSpec] = &[$(LabelSpec::of::<$name>()),*];
                assert!(distinct_keys(labels), "two labels of one metric share a key");
                labels
            };
            const DENSE: Option<usize> = dense(Self::LABELS);

            fn labels(&self) -> Vec<Label> {
                vec![$(Label::new($name::KEY, self.$index.label_value())),*]
            }

            fn dense_index(&self) -> Option<usize> {
                Self::DENSE?;
                // One label after the other, as digits of a number whose bases are the label's sizes.
                #[allow(unused_mut, reason = "the empty set has no digits")]
                let mut position = 0;
                $(position = position * $name::CARDINALITY.limit() + self.$index.ordinal()?;)*
                Some(position)
            }
        }
    };
}

label_set!();
label_set!(A.0);
label_set!(A.0, B.1);
label_set!(A.0, B.1, C.2);
label_set!(A.0, B.1, C.2, D.3);
label_set!(A.0, B.1, C.2, D.3, E.4);
label_set!(A.0, B.1, C.2, D.3, E.4, F.5);
label_set!(A.0, B.1, C.2, D.3, E.4, F.5, G.6);
label_set!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7);
