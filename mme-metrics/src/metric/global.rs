//! Where the recorder of the process stands.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::{ptr, thread};

use metrics::Recorder;

use crate::clock;

/// Where the global recorder stands, once known. It is never freed, so its address is its identity.
pub(super) static GLOBAL: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// How often an unknown recorder was compared with the global one.
static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

/// Recorders that only stand on one thread are told apart by asking another thread, which is bounded by this.
const MAX_ATTEMPTS: usize = 64;

/// The recorder refused last, so that one local recorder costs one attempt.
static REFUSED: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[inline]
pub(super) fn address_of(recorder: &dyn Recorder) -> *mut () {
    ptr::from_ref(recorder).cast::<()>().cast_mut()
}

/// Says whether this is the facade's own recorder, which stands for none: it has no size.
pub(super) fn is_noop(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) == 0
}

#[cold]
pub(super) fn is_global(recorder: &dyn Recorder, address: *mut ()) -> bool {
    // An address says nothing of a recorder without a size.
    if is_noop(recorder)
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
            if !is_noop(recorder) {
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
