//! Typed metrics. Their labels are a type, so a missing, swapped or foreign label does not compile.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use metrics::{Key, KeyName, Label, Level, Metadata};

use super::handle::{CounterHandle, GaugeHandle, HistogramHandle};
use super::{InFlight, Kind, REJECTED, Spec, TYPED, Unit, name};
use crate::buckets;
use crate::label::{LabelSet, Refusal};

/// What the facade is told of every registration.
pub(crate) const METADATA: Metadata<'static> = Metadata::new(TYPED, Level::INFO, None);

/// Makes a series exist without counting anything; recorders differ in whether registering alone does that.
pub(super) mod touch {
    pub(in crate::metric) fn register_counter(counter: &metrics::Counter) {
        counter.increment(0);
    }

    pub(in crate::metric) fn register_gauge(gauge: &metrics::Gauge) {
        gauge.increment(0.0);
    }

    pub(in crate::metric) fn register_histogram(_registered_is_enough: &metrics::Histogram) {}
}

/// What a gauge is set to so that it has no value until it is set again.
///
/// Our recorder leaves such a series out of the exposition; another one shows a NaN, which no comparison of a query is true
/// for. The payload tells it from a NaN that was computed, which is refused.
pub(crate) const ABSENT: f64 = f64::from_bits(0x7ff8_0000_6d6d_6500);

/// Counts an observation that no recorder should see.
#[cold]
pub(crate) fn refuse(reason: Refusal) {
    metrics::counter!(target: TYPED, REJECTED, "reason" => reason.as_str()).increment(1);
}

#[inline]
pub(super) fn if_finite(value: f64, use_it: impl FnOnce(f64)) {
    if value.is_finite() { use_it(value) } else { refuse(Refusal::NotFinite) }
}

#[inline]
pub(super) fn if_recordable(value: f64, use_it: impl FnOnce(f64)) {
    if value < 0.0 && value.is_finite() { refuse(Refusal::Negative) } else { if_finite(value, use_it) }
}

pub(super) fn shift(gauge: &metrics::Gauge, amount: f64) {
    if amount < 0.0 { gauge.decrement(-amount) } else { gauge.increment(amount) }
}

/// The kept handles of a metric whose labels are all closed, one place for each combination.
struct Dense<H>(OnceLock<Box<[OnceLock<H>]>>);

impl<H> Dense<H> {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the handle of this combination, or nothing if the labels are not all closed.
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

            /// Adds what [`family!`](crate::family) knows: the family's name and the doc comment.
            #[doc(hidden)]
            pub const fn described(self, family: &'static str, help: &'static str) -> Self {
                let mut spec = self.spec;
                spec.family = family;
                spec.help = help.trim_ascii();
                assert!(!spec.help.is_empty(), "a metric has a help text: write a doc comment");
                core::mem::forget(self);
                Self::from_spec(spec)
            }

            /// Marks the metric as off unless the service asks for it.
            pub const fn optional(self) -> Self {
                let mut spec = self.spec;
                spec.optional = true;
                core::mem::forget(self);
                Self::from_spec(spec)
            }

            /// Returns everything that is known of the metric.
            pub const fn spec(&self) -> &Spec {
                &self.spec
            }

            fn key(&self, labels: Vec<Label>) -> Key {
                Key::from_parts(KeyName::from_const_str(self.spec.name), labels)
            }

            /// Returns the key of one series, with labels of the user's own behind those of the metric.
            pub(crate) fn key_with(&self, labels: &L, own: &[Label]) -> Key {
                let mut all = labels.labels();
                all.extend_from_slice(own);
                self.key(all)
            }

            /// Returns the handle of one series, to be kept where the same labels come again and again.
            pub fn with(&self, labels: L) -> $handle {
                $handle::from_key(self.key_with(&labels, &[]))
            }

            /// Makes one series exist, so that its first event is an increase and not a beginning.
            pub fn touch(&self, labels: L) {
                self.apply(&labels, $handle::touch);
            }

            /// Makes the series of every combination exist, if all labels are closed.
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
        let crate::label::Cardinality::Closed(values) = label.values else { return Vec::new() };
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
    Spec { name, help: "", family: "", kind, unit, labels: L::LABELS, buckets, optional: false, fractional: false }
}

typed_metric! {
    /// A whole number that only grows: requests, errors, bytes.
    Counter, CounterHandle
}
typed_metric! {
    /// A number that goes up and down, or a state.
    Gauge, GaugeHandle
}
typed_metric! {
    /// Observations in fixed buckets, with their sum and count.
    Histogram, HistogramHandle
}
typed_metric! {
    /// A growing number with a fraction that is kept elsewhere and read from there, such as CPU seconds.
    ///
    /// Counters of the facade are whole numbers, so it carries this one as a gauge. Our recorder exports it as the counter
    /// it is; a foreign recorder calls it a gauge, and queries read it the same.
    FractionalCounter, GaugeHandle
}

impl<L: LabelSet> Counter<L> {
    /// Declares a counter. `unit` is that of what it adds up.
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

    /// Sets the value; one that is not finite is refused and counted.
    #[inline]
    pub fn set(&self, labels: L, value: f64) {
        self.apply(&labels, |handle| handle.set(value));
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, labels: L, amount: f64) {
        self.apply(&labels, |handle| handle.add(amount));
    }

    /// Adds one, until what is returned is dropped.
    #[inline]
    pub fn track(&'static self, labels: L) -> InFlight {
        let make = || GaugeHandle::from_key(self.key(labels.labels()));
        match self.dense.get(&labels, make) {
            Some(handle) => handle.track(),
            None => InFlight::passing(make().current()),
        }
    }

    /// Takes the value away, because it is known no more: the series is not exported until it is set again.
    ///
    /// A recorder that is not ours shows NaN.
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

    /// Returns the handle of a series with labels that the metric does not declare; the recorder budgets them as open ones.
    pub fn with_extra(&self, labels: L, extra: impl IntoIterator<Item = Label>) -> HistogramHandle {
        let mut all = labels.labels();
        all.extend(extra);
        HistogramHandle::from_key(self.key(all))
    }

    /// Records one observation; one that is negative or not finite is refused and counted.
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

    /// Tells the figure as it stands now; one that is not finite or negative is refused and counted.
    #[inline]
    pub fn observe(&self, labels: L, total: f64) {
        if_recordable(total, |total| self.apply(&labels, |handle| handle.set(total)));
    }
}
