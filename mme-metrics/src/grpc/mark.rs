//! What the body of a request has seen, left for the observer of its call.
//!
//! The two live in different places, and few calls have anything to leave. So they share a number instead of memory of their own:
//! a table of the process has the marks of all calls, and a call without a mark does not touch it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// The client gave up before the request was complete.
pub(super) const GONE: u64 = 1;

/// The client sent more than one message.
pub(super) const MANY: u64 = 2;

/// The bits of a number that are marks.
const FLAGS: u64 = GONE | MANY;

/// The size of the table: more than the calls that have a mark and have not ended yet.
const SLOTS: usize = 1 << 12;

/// The slots in which a number is looked for.
const WINDOW: usize = 8;

/// The numbers that a thread takes at once.
const BLOCK: u64 = 1 << 24;

static MARKS: [AtomicU64; SLOTS] = [const { AtomicU64::new(0) }; SLOTS];

/// The number of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallNumber(u64);

impl CallNumber {
    /// No call: it has no marks.
    pub(super) const NONE: Self = Self(0);

    /// Returns a number that no other call of the process has.
    #[inline]
    pub(super) fn next() -> Self {
        thread_local! {
            static NEXT: Cell<u64> = const { Cell::new(0) };
        }
        NEXT.with(|next| {
            let number = next.get();
            let number = if number.is_multiple_of(BLOCK) { Self::block() } else { number };
            next.set(number + FLAGS + 1);
            Self(number)
        })
    }

    #[cold]
    fn block() -> u64 {
        // No number is zero, which is an empty slot.
        static BLOCKS: AtomicU64 = AtomicU64::new(BLOCK);
        // Relaxed: the number orders nothing.
        BLOCKS.fetch_add(BLOCK, Ordering::Relaxed)
    }

    fn slots(self) -> impl Iterator<Item = &'static AtomicU64> {
        // The upper bits of a product are spread, whichever blocks the threads have. They fit, for there are 12 of them.
        #[allow(clippy::cast_possible_truncation)]
        let first = (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.ilog2())) as usize;
        (0..WINDOW).map(move |step| &MARKS[(first + step) % SLOTS])
    }

    /// Sets a mark. Only the body of the request does, so nothing else writes this number. If all slots are taken, as a rule by
    /// calls that have ended long ago, it takes the first one.
    #[cold]
    pub(super) fn mark(self, flag: u64) {
        if self == Self::NONE {
            return;
        }
        // Relaxed, here and in `take`: a mark orders nothing. Its reader knows by other means whether the body is over.
        if let Some(mine) = self.slots().find(|slot| slot.load(Ordering::Relaxed) & !FLAGS == self.0) {
            mine.fetch_or(flag, Ordering::Relaxed);
            return;
        }
        let set =
            |slot: &AtomicU64| slot.compare_exchange(0, self.0 | flag, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !self.slots().any(set) {
            self.slots().take(1).for_each(|slot| slot.store(self.0 | flag, Ordering::Relaxed));
        }
    }

    /// Returns the marks of this call and frees their place.
    pub(super) fn take(self) -> u64 {
        let taken = self.slots().find_map(|slot| {
            let marks = slot.load(Ordering::Relaxed);
            let is_mine = marks & !FLAGS == self.0;
            (is_mine && slot.compare_exchange(marks, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()).then_some(marks)
        });
        taken.unwrap_or(0) & FLAGS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::thread;

    use super::*;

    /// Held by each test, because all calls of a process share the slots.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        // What another test has left.
        MARKS.iter().for_each(|slot| slot.store(0, Ordering::Relaxed));
        alone
    }

    #[test]
    fn a_mark_is_taken_once_by_its_call_and_no_other() {
        let _alone = alone();
        let (first, second) = (CallNumber::next(), CallNumber::next());
        first.mark(GONE);
        first.mark(MANY);
        assert_eq!(second.take(), 0);
        assert_eq!(first.take(), GONE | MANY);
        assert_eq!(first.take(), 0);
    }

    #[test]
    fn numbers_are_unique_across_threads_and_their_marks_fit() {
        let _alone = alone();
        let numbers = || (0..100).map(|_| CallNumber::next()).collect::<Vec<_>>();
        let all: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(numbers)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("nothing panics there")).collect()
        });
        all.iter().for_each(|number| number.mark(GONE));
        assert!(all.iter().all(|number| number.take() == GONE));
    }

    #[test]
    fn marks_that_are_never_taken_do_not_stop_new_ones() {
        let _alone = alone();
        (0..3 * SLOTS).for_each(|_| CallNumber::next().mark(MANY));
        let last = CallNumber::next();
        last.mark(GONE);
        assert_eq!(last.take(), GONE);
    }
}
