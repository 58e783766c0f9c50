//! Typed metrics: the labels are a type, so a missing, swapped or undeclared label does not compile.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use metrics::{Key, KeyName, Label};

use super::declared::{Kind, Spec, Unit};
use super::emit::if_recordable;
use super::handle::{CounterHandle, GaugeHandle, HistogramHandle};
use super::histogram_form::HistogramForm;
use super::in_flight::InFlight;
use super::name;
use crate::buckets;
use crate::label::{Cardinality, LabelSet};

/// The kept handles of a metric whose labels are all closed, one slot for each combination.
struct Dense<H>(OnceLock<Box<[OnceLock<H>]>>);

impl<H> Dense<H> {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the handle of this combination, or `None` if the labels are not all closed.
    fn get<L: LabelSet>(&self, labels: &L, make: impl FnOnce() -> H) -> Option<&H> {
        let size = L::DENSE?;
        let table = self.0.get_or_init(|| (0..size).map(|_| OnceLock::new()).collect());
        let slot = table.get(labels.dense_index()?)?;
        Some(slot.get_or_init(make))
    }
}

macro_rules! typed_metric {
    ($(#[$doc:meta])* $name:ident, $handle:ident) => {
        $(#[$doc])*
        pub struct $name<L: LabelSet> {
            spec: Spec,
            dense: Dense<$handle>,
            labels: PhantomData<fn(L)>,
        }

        impl<L: LabelSet> $name<L> {
            const fn from_spec(spec: Spec) -> Self {
                Self { spec, dense: Dense::new(), labels: PhantomData }
            }

            /// Adds the family's name and the help text; called by [`family!`](crate::family).
            #[doc(hidden)]
            pub const fn described(self, family: &'static str, help: &'static str) -> Self {
                let mut spec = self.spec;
                spec.family = family;
                spec.help = help.trim_ascii();
                assert!(!spec.help.is_empty(), "a metric has a help text: write a doc comment");
                core::mem::forget(self);
                Self::from_spec(spec)
            }

            /// Marks the metric as optional: it is recorded only if the service turns it on.
            pub const fn optional(self) -> Self {
                let mut spec = self.spec;
                spec.optional = true;
                core::mem::forget(self);
                Self::from_spec(spec)
            }

            /// Returns the declaration of the metric.
            pub const fn spec(&self) -> &Spec {
                &self.spec
            }

            fn key(&self, labels: Vec<Label>) -> Key {
                Key::from_parts(KeyName::from_const_str(self.spec.name), labels)
            }

            /// Returns the key of one series, with labels of the user after those of the metric.
            pub(crate) fn key_with(&self, labels: &L, own: &[Label]) -> Key {
                let mut all = labels.labels();
                all.extend_from_slice(own);
                self.key(all)
            }

            /// Returns the handle of one series; keep it where the same labels recur.
            pub fn with(&self, labels: L) -> $handle {
                $handle::from_key(self.key_with(&labels, &[]))
            }

            /// Makes one series exist at zero, so that its first event is an increase.
            pub fn touch(&self, labels: L) {
                self.apply(&labels, $handle::touch);
            }

            /// Makes the series of every combination exist at zero, if all labels are closed.
            pub fn touch_all(&self) {
                if L::DENSE.is_none() {
                    return;
                }
                for labels in combinations(&self.spec) {
                    $handle::from_key(self.key(labels)).touch();
                }
            }

            fn apply<T>(&self, labels: &L, use_it: impl FnOnce(&$handle) -> T) -> T {
                let make = || $handle::from_key(self.key(labels.labels()));
                match self.dense.get(labels, make) {
                    Some(handle) => use_it(handle),
                    None => use_it(&make()),
                }
            }
        }

        impl<L: LabelSet> fmt::Debug for $name<L> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.spec.name).finish()
            }
        }
    };
}

/// Lists every combination of closed labels, in the order of their ordinals.
fn combinations(spec: &Spec) -> Vec<Vec<Label>> {
    let mut all = vec![Vec::new()];
    for label in spec.labels {
        let Cardinality::Closed(values) = label.values else { return Vec::new() };
        all = all
            .into_iter()
            .flat_map(|left: Vec<Label>| {
                values.iter().map(move |value| {
                    let mut labels = left.clone();
                    labels.push(Label::from_static_parts(label.key, value));
                    labels
                })
            })
            .collect();
    }
    all
}

const fn spec<L: LabelSet>(name: &'static str, kind: Kind, unit: Unit, buckets: &'static [f64]) -> Spec {
    name::name(name, kind, unit);
    let form = HistogramForm::Classic;
    Spec {
        name,
        help: "",
        family: "",
        kind,
        unit,
        labels: L::LABELS,
        buckets,
        form,
        optional: false,
        fractional: false,
    }
}

typed_metric! {
    /// A counter: a whole number that only grows, such as requests, errors or bytes.
    Counter, CounterHandle
}
typed_metric! {
    /// A gauge: a number that goes up and down, or a state.
    Gauge, GaugeHandle
}
typed_metric! {
    /// A histogram: observations in fixed buckets, with their sum and count.
    Histogram, HistogramHandle
}
typed_metric! {
    /// A counter with a fraction whose total is read from elsewhere, such as CPU seconds.
    ///
    /// Counters of the facade are whole numbers, so the facade carries this one as a gauge. Our recorder exports it as a counter.
    /// Another recorder exports a gauge, which queries read in the same way.
    FractionalCounter, GaugeHandle
}

impl<L: LabelSet> Counter<L> {
    /// Declares a counter. `unit` is the unit of the amounts that it adds up.
    ///
    /// # Panics
    ///
    /// At compile time, when the name breaks a naming rule.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        Self::from_spec(spec::<L>(name, Kind::Counter, unit, &[]))
    }

    /// Counts one.
    #[inline]
    pub fn increment(&self, labels: L) {
        self.add(labels, 1);
    }

    /// Counts `amount`.
    #[inline]
    pub fn add(&self, labels: L, amount: u64) {
        self.apply(&labels, |handle| handle.add(amount));
    }

    /// Sets the total to one that is counted elsewhere. A total that is less than the last one is refused.
    #[inline]
    pub fn observe(&self, labels: L, total: u64) {
        self.apply(&labels, |handle| handle.observe(total));
    }
}

impl<L: LabelSet> Gauge<L> {
    /// Declares a gauge.
    ///
    /// # Panics
    ///
    /// At compile time, when the name breaks a naming rule.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        Self::from_spec(spec::<L>(name, Kind::Gauge, unit, &[]))
    }

    /// Sets the value. A value that is not finite is refused and counted.
    #[inline]
    pub fn set(&self, labels: L, value: f64) {
        self.apply(&labels, |handle| handle.set(value));
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, labels: L, amount: f64) {
        self.apply(&labels, |handle| handle.add(amount));
    }

    /// Adds one, and takes it away when the returned guard is dropped.
    #[inline]
    pub fn track(&'static self, labels: L) -> InFlight {
        let make = || GaugeHandle::from_key(self.key(labels.labels()));
        match self.dense.get(&labels, make) {
            Some(handle) => handle.track(),
            None => InFlight::passing(make().current()),
        }
    }

    /// Clears the value, because it is no longer known: the series is not exported until it is set again.
    ///
    /// Another crate's recorder shows NaN.
    pub fn clear(&self, labels: L) {
        self.apply(&labels, GaugeHandle::clear);
    }
}

impl<L: LabelSet> Histogram<L> {
    /// Declares a histogram. `bounds` are ascending upper bounds without `+Inf`.
    ///
    /// # Panics
    ///
    /// At compile time, when the name breaks a naming rule or the bounds are not finite and ascending.
    pub const fn new(name: &'static str, unit: Unit, bounds: &'static [f64]) -> Self {
        assert!(buckets::is_valid(bounds), "bucket bounds are finite and ascending, 1 to 64 of them, without +Inf");
        Self::from_spec(spec::<L>(name, Kind::Histogram, unit, bounds))
    }

    /// Sets which buckets the metric has: classic, native or both. The default is classic.
    /// [`RecorderBuilder::histogram_form`](crate::RecorderBuilder::histogram_form) can say otherwise at set-up.
    pub const fn form(self, form: HistogramForm) -> Self {
        let mut spec = self.spec;
        spec.form = form;
        core::mem::forget(self);
        Self::from_spec(spec)
    }

    /// Returns the handle of a series with labels that the metric does not declare. The recorder budgets them as open labels.
    pub fn with_extra(&self, labels: L, extra: impl IntoIterator<Item = Label>) -> HistogramHandle {
        let mut all = labels.labels();
        all.extend(extra);
        HistogramHandle::from_key(self.key(all))
    }

    /// Records one observation. A value that is negative or not finite is refused and counted.
    #[inline]
    pub fn record(&self, labels: L, value: f64) {
        self.apply(&labels, |handle| handle.record(value));
    }
}

impl<L: LabelSet> FractionalCounter<L> {
    /// Declares a counter whose value has a fraction.
    ///
    /// # Panics
    ///
    /// At compile time, when the name breaks a naming rule.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        let mut spec = spec::<L>(name, Kind::Counter, unit, &[]);
        spec.fractional = true;
        Self::from_spec(spec)
    }

    /// Sets the total as it is now. A total that is negative or not finite is refused and counted.
    #[inline]
    pub fn observe(&self, labels: L, total: f64) {
        if_recordable(total, |total| self.apply(&labels, |handle| handle.set(total)));
    }
}
