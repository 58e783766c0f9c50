//! Kept handles: made once, bound to the process's recorder as soon as there is one, and correct under every other recorder.

use std::fmt;

use metrics::Key;

use super::emit::{self, ABSENT, METADATA};
use super::in_flight::InFlight;
use super::slot::Slot;

macro_rules! kept_handle {
    ($(#[$doc:meta])* $name:ident, $handle:ty, $register:ident) => {
        $(#[$doc])*
        ///
        /// It may be made before a recorder is installed, and shared between threads and tests: each event goes to the recorder
        /// that is current then. Under the process's recorder an event costs no lookup.
        pub struct $name {
            key: Key,
            slot: Slot<$handle>,
        }

        impl $name {
            pub(crate) const fn from_key(key: Key) -> Self {
                Self { key, slot: Slot::new() }
            }

            #[inline]
            fn with<T>(&self, use_it: impl FnOnce(&$handle) -> T) -> T {
                self.slot.with(|recorder| recorder.$register(&self.key, &METADATA), use_it)
            }

            /// Returns the facade's own handle under the current recorder.
            pub fn current(&self) -> $handle {
                self.with(Clone::clone)
            }

            /// Makes the series exist at zero; if no recorder is installed yet, as soon as one is.
            pub fn touch(&self) {
                let register = |recorder: &dyn metrics::Recorder| recorder.$register(&self.key, &METADATA);
                self.slot.touch(register, emit::touch::$register);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.key.name()).finish()
            }
        }
    };
}

kept_handle! {
    /// The kept handle of one series of a counter.
    CounterHandle, metrics::Counter, register_counter
}
kept_handle! {
    /// The kept handle of one series of a gauge.
    GaugeHandle, metrics::Gauge, register_gauge
}
kept_handle! {
    /// The kept handle of one series of a histogram.
    HistogramHandle, metrics::Histogram, register_histogram
}

impl CounterHandle {
    /// Counts one.
    #[inline]
    pub fn increment(&self) {
        self.add(1);
    }

    /// Counts `amount`.
    #[inline]
    pub fn add(&self, amount: u64) {
        self.with(|counter| counter.increment(amount));
    }

    /// Sets the total to one that is counted elsewhere. A total that is less than the last one is refused.
    #[inline]
    pub fn observe(&self, total: u64) {
        self.with(|counter| counter.absolute(total));
    }

    /// Returns the counter under the current recorder, for code that counts often under one recorder.
    #[cfg(feature = "grpc")]
    #[inline]
    pub(crate) fn held(&'static self) -> HeldCounter {
        let register = |recorder: &dyn metrics::Recorder| recorder.register_counter(&self.key, &METADATA);
        self.slot.global(register).map_or(HeldCounter::Passing(self), HeldCounter::Kept)
    }
}

/// A counter of the process's recorder if that was current when this was made, else of the current recorder at each event.
#[cfg(feature = "grpc")]
#[derive(Clone, Copy)]
pub(crate) enum HeldCounter {
    Kept(&'static metrics::Counter),
    Passing(&'static CounterHandle),
}

#[cfg(feature = "grpc")]
impl HeldCounter {
    #[inline]
    pub(crate) fn add(self, amount: u64) {
        match self {
            Self::Kept(counter) => counter.increment(amount),
            Self::Passing(counter) => Self::pass(counter, amount),
        }
    }

    #[cold]
    #[inline(never)]
    fn pass(counter: &CounterHandle, amount: u64) {
        counter.add(amount);
    }
}

#[cfg(feature = "grpc")]
impl fmt::Debug for HeldCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldCounter")
    }
}

impl GaugeHandle {
    /// Adds one, and takes it away when the returned guard is dropped.
    #[inline]
    pub fn track(&'static self) -> InFlight {
        InFlight::on(&self.slot, |recorder| recorder.register_gauge(&self.key, &METADATA))
    }

    /// Sets the value. A value that is not finite is refused and counted.
    #[inline]
    pub fn set(&self, value: f64) {
        emit::if_finite(value, |value| self.with(|gauge| gauge.set(value)));
    }

    /// Clears the value, because it is no longer known: the series is not exported until it is set again.
    ///
    /// Another crate's recorder shows NaN.
    pub fn clear(&self) {
        self.with(|gauge| gauge.set(ABSENT));
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        emit::if_finite(amount, |amount| self.with(|gauge| emit::shift(gauge, amount)));
    }
}

impl HistogramHandle {
    /// Records one observation. A value that is negative or not finite is refused and counted.
    #[inline]
    pub fn record(&self, value: f64) {
        emit::if_recordable(value, |value| self.with(|histogram| histogram.record(value)));
    }
}
