//! The atomic types of the cells: those of the standard library, or those of loom in a model.

#[cfg(not(mme_loom))]
pub(super) use std::sync::OnceLock;
#[cfg(not(mme_loom))]
pub(super) use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(mme_loom)]
pub(super) use self::model::{AtomicU64, NUMBER, OnceLock, step};
#[cfg(mme_loom)]
pub(super) use loom::sync::atomic::Ordering;

#[cfg(mme_loom)]
mod model {
    use std::cell::Cell;
    use std::sync::OnceLock as Std;

    use loom::sync::Mutex;
    use loom::sync::atomic::{self, AtomicBool, Ordering};

    loom::thread_local! {
        /// The number of the current thread of a model.
        pub(in crate::recorder::cell) static NUMBER: Cell<u64> = Cell::new(0);
    }

    loom::lazy_static! {
        static ref STEPS: atomic::AtomicU64 = atomic::AtomicU64::new(0);
    }

    /// Runs before each operation, so that loom explores both orders of any two operations.
    ///
    /// For each word, loom remembers only the last access. If a thread reads a word and then writes it, that last
    /// access is its own. So loom forgets a read by another thread in between, and never tries a write between two
    /// reads. A step before each operation prevents that. Steps are relaxed, so they make no other write visible.
    pub(in crate::recorder::cell) fn step() {
        STEPS.fetch_add(1, Ordering::Relaxed);
    }

    /// The atomic word of loom, with a step before each operation.
    pub(in crate::recorder::cell) struct AtomicU64(atomic::AtomicU64);

    impl Default for AtomicU64 {
        fn default() -> Self {
            Self::new(0)
        }
    }

    impl AtomicU64 {
        pub(in crate::recorder::cell) fn new(value: u64) -> Self {
            Self(atomic::AtomicU64::new(value))
        }

        pub(in crate::recorder::cell) fn load(&self, order: Ordering) -> u64 {
            step();
            self.0.load(order)
        }

        pub(in crate::recorder::cell) fn store(&self, value: u64, order: Ordering) {
            step();
            self.0.store(value, order);
        }

        pub(in crate::recorder::cell) fn compare_exchange(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            step();
            self.0.compare_exchange(current, new, success, failure)
        }

        pub(in crate::recorder::cell) fn fetch_update(
            &self,
            set: Ordering,
            fetch: Ordering,
            update: impl FnMut(u64) -> Option<u64>,
        ) -> Result<u64, u64> {
            step();
            self.0.fetch_update(set, fetch, update)
        }
    }

    /// A replacement for `OnceLock`, which loom lacks. It puts the standard one behind a lock and a flag of loom, so
    /// that its interleavings are explored too.
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
            step();
            // Acquire: pairs with the release below, as in the standard `OnceLock`.
            if self.filled.load(Ordering::Acquire) { self.value.get() } else { None }
        }

        pub(in crate::recorder::cell) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
            if let Some(value) = self.get() {
                return value;
            }
            let _held = self.lock.lock();
            let value = self.value.get_or_init(make);
            step();
            // Release: a thread that sees the flag also sees the value.
            self.filled.store(true, Ordering::Release);
            value
        }
    }
}
