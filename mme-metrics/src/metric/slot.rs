//! A slot for a handle of the process's recorder.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use metrics::Recorder;

use super::global::{GLOBAL, address_of, is_global, is_noop};
use super::pending;

/// A slot for a handle of the global recorder. Under any other recorder the handle is looked up each time.
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

    /// Makes the series of the handle exist under the current recorder; `touch` does what a registered handle needs for that.
    /// If the process has no recorder yet, the series exist as soon as it has one.
    #[cold]
    pub(crate) fn touch(&self, register: impl Fn(&dyn Recorder) -> H, touch: impl Fn(&H)) {
        let passing = |recorder: &dyn Recorder| {
            if is_noop(recorder) {
                pending::remember(|pending| touch(&register(pending)));
                // Between the two, another thread may have installed a recorder and handed over what there was.
                hand_over_if_installed();
            } else {
                touch(&register(recorder));
            }
        };
        self.with_either(&register, &touch, passing);
    }

    /// Runs `kept` with the handle of the global recorder, or `passing` with any other recorder that is current.
    #[inline]
    pub(crate) fn with_either<T>(
        &self,
        register: impl FnOnce(&dyn Recorder) -> H,
        kept: impl FnOnce(&H) -> T,
        passing: impl FnOnce(&dyn Recorder) -> T,
    ) -> T {
        if let Some(handle) = self.ready() {
            return kept(handle);
        }
        cold(|| match self.make(register) {
            Some(handle) => kept(handle),
            None => metrics::with_recorder(passing),
        })
    }

    /// Returns what `kept` makes of the handle of the global recorder, or `passing` of one under any other.
    #[inline]
    pub(super) fn with_static<T>(
        &'static self,
        register: impl Fn(&dyn Recorder) -> H,
        kept: impl FnOnce(&'static H) -> T,
        passing: impl FnOnce(H) -> T,
    ) -> T {
        if let Some(handle) = self.ready() {
            return kept(handle);
        }
        cold(|| match self.make(&register) {
            Some(handle) => kept(handle),
            None => passing(metrics::with_recorder(register)),
        })
    }

    /// Returns the handle of the global recorder, if that is the current one.
    #[cfg(feature = "grpc")]
    #[inline]
    pub(super) fn global(&'static self, register: impl FnOnce(&dyn Recorder) -> H) -> Option<&'static H> {
        self.ready().or_else(|| cold(|| self.make(register)))
    }

    /// Runs `use_it` with the handle that `register` makes with the current recorder.
    #[inline]
    pub(crate) fn with<T>(&self, register: impl Fn(&dyn Recorder) -> H, use_it: impl FnOnce(&H) -> T) -> T {
        if let Some(handle) = self.ready() {
            return use_it(handle);
        }
        cold(|| match self.make(&register) {
            Some(handle) => use_it(handle),
            None => use_it(&metrics::with_recorder(register)),
        })
    }

    /// Returns the handle that is kept, if the current recorder is the global one.
    #[inline]
    fn ready(&self) -> Option<&H> {
        // The facade compiles its closure once for each place that can hold a recorder, so only an address leaves it. Relaxed:
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

fn hand_over_if_installed() {
    // Relaxed: only whether there is a recorder; the facade finds it with an ordering of its own.
    if !GLOBAL.load(Ordering::Relaxed).is_null() {
        metrics::with_recorder(pending::hand_over);
    }
}

/// Keeps rare code out of the code that runs with every event.
#[cold]
#[inline(never)]
fn cold<T>(code: impl FnOnce() -> T) -> T {
    code()
}
