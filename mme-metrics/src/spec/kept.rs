//! Handles that are kept: made once, bound to the process's recorder when it is there, right under every other recorder.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::{ptr, thread};

use metrics::{Key, Recorder};

use super::Raised;
use super::metric::{ABSENT, METADATA};
use crate::clock;

/// Where the global recorder stands, once known. It is never freed, so its address is its identity.
static GLOBAL: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// How often an unknown recorder was compared with the global one.
static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

/// Recorders that only stand on one thread are told apart by asking another thread, which is bounded by this.
const MAX_ATTEMPTS: usize = 64;

/// The recorder refused last, so that one local recorder costs one attempt.
static REFUSED: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[inline]
fn address_of(recorder: &dyn Recorder) -> *mut () {
    ptr::from_ref(recorder).cast::<()>().cast_mut()
}

/// Says whether this is the facade's own recorder, which stands for none: it has no size.
pub(crate) fn is_none(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) == 0
}

#[cold]
fn is_global(recorder: &dyn Recorder, address: *mut ()) -> bool {
    // An address says nothing of a recorder without a size.
    if is_none(recorder)
        // Relaxed, as above; a race costs one more attempt.
        || !GLOBAL.load(Ordering::Relaxed).is_null()
        || REFUSED.load(Ordering::Relaxed) == address
        // Relaxed: a count that orders nothing.
        || ATTEMPTS.fetch_add(1, Ordering::Relaxed) >= MAX_ATTEMPTS
    {
        return false;
    }
    learn_global();
    let found = GLOBAL.load(Ordering::Relaxed) == address;
    if !found {
        REFUSED.store(address, Ordering::Relaxed);
    }
    found
}

/// Finds out where the global recorder stands: a new thread has no other.
pub(crate) fn learn_global() {
    let look = || {
        metrics::with_recorder(|recorder| {
            if !is_none(recorder) {
                // Relaxed: every thread that looks stores the same pointer.
                GLOBAL.store(address_of(recorder), Ordering::Relaxed);
            }
        });
    };
    // Without a thread the fast path stays off, and every event still finds its recorder.
    if let Ok(thread) = thread::Builder::new().name("mme-metrics".to_owned()).spawn(look) {
        // The closure cannot panic; and if it did, nothing was learned.
        let _ = thread.join();
    }
    // Relaxed: whether there is a recorder at all, for which durations are worth a faster clock.
    if !GLOBAL.load(Ordering::Relaxed).is_null() {
        clock::calibrate();
    }
}

/// A place for a handle of the global recorder; under any other recorder the handle is looked up each time.
pub(crate) struct Slot<H>(OnceLock<H>);

impl<H> Slot<H> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Says whether a handle of the global recorder is kept already.
    #[inline]
    pub(crate) fn is_filled(&self) -> bool {
        self.0.get().is_some()
    }

    /// Makes the handles exist under the current recorder. Under the facade's own, which stands for none, there is nothing to
    /// be seen before the first event.
    #[cold]
    pub(crate) fn announce(&self, register: impl Fn(&dyn Recorder) -> H) {
        let passing = |recorder: &dyn Recorder| {
            if !is_none(recorder) {
                register(recorder);
            }
        };
        self.either(&register, |_| (), passing);
    }

    /// Runs `kept` with the handle of the global recorder, or `passing` with any other recorder that is current.
    #[inline]
    pub(crate) fn either<T>(
        &self,
        register: impl FnOnce(&dyn Recorder) -> H,
        kept: impl FnOnce(&H) -> T,
        passing: impl FnOnce(&dyn Recorder) -> T,
    ) -> T {
        if let Some(handle) = self.ready() {
            return kept(handle);
        }
        rarely(|| match self.make(register) {
            Some(handle) => kept(handle),
            None => metrics::with_recorder(passing),
        })
    }

    /// Returns what `kept` makes of the handle of the global recorder, or `passing` of one under any other.
    #[inline]
    pub(super) fn hold<T>(
        &'static self,
        register: impl Fn(&dyn Recorder) -> H,
        kept: impl FnOnce(&'static H) -> T,
        passing: impl FnOnce(H) -> T,
    ) -> T {
        if let Some(handle) = self.ready() {
            return kept(handle);
        }
        rarely(|| match self.make(&register) {
            Some(handle) => kept(handle),
            None => passing(metrics::with_recorder(register)),
        })
    }

    /// Returns the handle of the global recorder, if that is the current one.
    #[cfg(feature = "grpc")]
    #[inline]
    fn global(&'static self, register: impl FnOnce(&dyn Recorder) -> H) -> Option<&'static H> {
        self.ready().or_else(|| rarely(|| self.make(register)))
    }

    /// Runs `use_it` with the handle that `register` makes with the current recorder.
    #[inline]
    pub(crate) fn with<T>(&self, register: impl Fn(&dyn Recorder) -> H, use_it: impl FnOnce(&H) -> T) -> T {
        if let Some(handle) = self.ready() {
            return use_it(handle);
        }
        rarely(|| match self.make(&register) {
            Some(handle) => use_it(handle),
            None => use_it(&metrics::with_recorder(register)),
        })
    }

    /// Returns the handle that is kept, if the current recorder is the global one.
    #[inline]
    fn ready(&self) -> Option<&H> {
        // Only an address leaves the facade's closure, which is compiled once for each place a recorder can be at. Relaxed:
        // the pointer is only compared, and nothing is read through it.
        if metrics::with_recorder(address_of) == GLOBAL.load(Ordering::Relaxed) { self.0.get() } else { None }
    }

    /// Returns the handle of the global recorder if that is the current one.
    fn make(&self, register: impl FnOnce(&dyn Recorder) -> H) -> Option<&H> {
        metrics::with_recorder(|recorder| {
            let address = address_of(recorder);
            // Relaxed, as above.
            let global = address == GLOBAL.load(Ordering::Relaxed) || is_global(recorder, address);
            global.then(|| self.0.get_or_init(|| register(recorder)))
        })
    }
}

/// Keeps code out of the way of what runs with every event.
#[cold]
#[inline(never)]
fn rarely<T>(code: impl FnOnce() -> T) -> T {
    code()
}

macro_rules! kept_handle {
    ($(#[$doc:meta])* $name:ident, $handle:ty, $register:ident) => {
        $(#[$doc])*
        ///
        /// It may be made at any time, before a recorder is installed too, and be shared between threads and tests: each
        /// event goes to the recorder that is current then. Under the process's recorder that costs no lookup.
        pub struct $name {
            key: Key,
            slot: Slot<$handle>,
        }

        impl $name {
            pub(super) const fn from_key(key: Key) -> Self {
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

            /// Makes the series exist, with nothing counted yet.
            pub fn touch(&self) {
                self.with(super::metric::touch::$register);
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
    /// One series of a counter, kept.
    CounterHandle, metrics::Counter, register_counter
}
kept_handle! {
    /// One series of a gauge, kept.
    GaugeHandle, metrics::Gauge, register_gauge
}
kept_handle! {
    /// One series of a histogram, kept.
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

    /// Returns where it counts now: who counts often, and under one recorder, need not look for that each time.
    #[cfg(feature = "grpc")]
    #[inline]
    pub(crate) fn held(&'static self) -> HeldCounter {
        let register = |recorder: &dyn Recorder| recorder.register_counter(&self.key, &METADATA);
        self.slot.global(register).map_or(HeldCounter::Passing(self), HeldCounter::Kept)
    }
}

/// A counter of the process's recorder if that was current when it was taken, else of whichever is.
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
    /// Adds one, until what is returned is dropped.
    #[inline]
    pub fn raise(&'static self) -> Raised {
        Raised::on(&self.slot, |recorder| recorder.register_gauge(&self.key, &METADATA))
    }

    /// Sets the value; one that is not finite is refused and counted.
    #[inline]
    pub fn set(&self, value: f64) {
        super::metric::if_finite(value, |value| self.with(|gauge| gauge.set(value)));
    }

    /// Takes the value away, because it is known no more: the series is not exported until it is set again.
    ///
    /// A recorder that is not ours shows NaN.
    pub fn clear(&self) {
        self.with(|gauge| gauge.set(ABSENT));
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        super::metric::if_finite(amount, |amount| self.with(|gauge| super::metric::shift(gauge, amount)));
    }
}

impl HistogramHandle {
    /// Records one observation; one that is negative or not finite is refused and counted.
    #[inline]
    pub fn record(&self, value: f64) {
        super::metric::if_recordable(value, |value| self.with(|histogram| histogram.record(value)));
    }
}
