//! Finds the recorder of the process.
//!
//! A handle that is kept belongs to the global recorder, so code has to know whether the current recorder is the global one. The
//! facade cannot say so: `metrics::with_recorder` prefers a local recorder of the thread, and there is no other call. A new thread
//! has no local recorder, so the current recorder there is the global one: this file asks such a thread, a bounded number of times
//! in the life of a process.
//!
//! # Upstream proposal
//!
//! One function in `metrics` would replace this file. It needs nothing that the facade does not have:
//!
//! ```ignore
//! /// Returns the global recorder, whatever recorder is local to this thread; `None` until one is installed.
//! pub fn global_recorder() -> Option<&'static dyn Recorder> {
//!     GLOBAL_RECORDER.try_load()
//! }
//! ```
//!
//! `is_global` would compare `address_of` of that with the current recorder, without a thread, an attempt count or a cache.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::{ptr, thread};

use metrics::Recorder;

use super::pending;
use crate::clock;

/// The address of the global recorder, once known. The recorder is never freed, so its address is its identity.
pub(super) static GLOBAL: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// How often an unknown recorder was compared with the global one.
static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

/// How often another thread may be asked, so that local recorders cannot start threads without end.
const MAX_ATTEMPTS: usize = 64;

/// The recorder refused last, so that one local recorder costs one attempt.
static REFUSED: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[inline]
pub(super) fn address_of(recorder: &dyn Recorder) -> *mut () {
    ptr::from_ref(recorder).cast::<()>().cast_mut()
}

/// Says whether this is the facade's own recorder, which means that none is installed: it has no size.
pub(crate) fn is_noop(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) == 0
}

#[cold]
pub(super) fn is_global(recorder: &dyn Recorder, address: *mut ()) -> bool {
    // The address of a recorder without a size is not its identity.
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

/// Learns the address of the global recorder from a new thread, which has no local one.
pub(crate) fn learn_global() {
    let look = || {
        metrics::with_recorder(|recorder| {
            if !is_noop(recorder) {
                // Relaxed: every thread that looks stores the same pointer.
                GLOBAL.store(address_of(recorder), Ordering::Relaxed);
                pending::hand_over(recorder);
            }
        });
    };
    // If no thread can be started, the fast path stays off; every event still finds its recorder.
    if let Ok(thread) = thread::Builder::new().name("mme-metrics".to_owned()).spawn(look) {
        // If the closure panicked, nothing was learned.
        let _ = thread.join();
    }
    // Relaxed: whether there is a recorder at all, so that durations are worth a faster clock.
    if !GLOBAL.load(Ordering::Relaxed).is_null() {
        clock::calibrate();
    }
}
