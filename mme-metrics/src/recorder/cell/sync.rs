//! The atomics the cells stand on: the standard ones, or loom's where the model checker runs.

#[cfg(not(mme_loom))]
pub(super) use std::sync::OnceLock;
#[cfg(not(mme_loom))]
pub(super) use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(mme_loom)]
pub(super) use self::model::OnceLock;
#[cfg(mme_loom)]
pub(super) use loom::sync::atomic::{AtomicU64, Ordering};

#[cfg(mme_loom)]
loom::thread_local! {
    /// What a thread of a model is called.
    pub(super) static NUMBER: std::cell::Cell<u64> = std::cell::Cell::new(0);
}

/// What loom lacks: a cell that is filled once.
#[cfg(mme_loom)]
mod model {
    use std::sync::OnceLock as Std;

    use loom::sync::Mutex;
    use loom::sync::atomic::{AtomicBool, Ordering};

    /// The standard cell behind loom's lock and flag, so that its order of events is explored too.
    pub(in crate::recorder::cell) struct OnceLock<T> {
        filled: AtomicBool,
        lock: Mutex<()>,
        value: Std<T>,
    }

    impl<T> OnceLock<T> {
        pub(in crate::recorder::cell) fn new() -> Self {
            Self { filled: AtomicBool::new(false), lock: Mutex::new(()), value: Std::new() }
        }

        pub(in crate::recorder::cell) fn get(&self) -> Option<&T> {
            // Acquire: pairs with the release below, as in the standard cell.
            if self.filled.load(Ordering::Acquire) { self.value.get() } else { None }
        }

        pub(in crate::recorder::cell) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
            if let Some(value) = self.get() {
                return value;
            }
            let _held = self.lock.lock();
            let value = self.value.get_or_init(make);
            // Release: whoever sees the flag sees the value.
            self.filled.store(true, Ordering::Release);
            value
        }
    }
}
