//! The mark of a thread that runs collectors.

use std::cell::Cell;

thread_local! {
    static IS_COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread while `run` runs collectors or polls families.
pub(in crate::recorder) fn collecting<T>(run: impl FnOnce() -> T) -> T {
    struct Mark {
        before: bool,
    }

    impl Drop for Mark {
        fn drop(&mut self) {
            IS_COLLECTING.set(self.before);
        }
    }

    let _mark = Mark { before: IS_COLLECTING.replace(true) };
    run()
}

/// Returns whether a collector or a family makes this call. It must not wait for itself.
pub(in crate::recorder) fn is_collecting() -> bool {
    IS_COLLECTING.get()
}
