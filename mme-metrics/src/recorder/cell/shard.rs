//! Which shard a thread writes, and the shards of one cell.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::available_parallelism;

use super::sync;

/// Who the current thread is.
#[derive(Clone, Copy)]
pub(super) struct Thread {
    /// Never given to another thread, not even after this one has ended. Zero is nobody.
    pub(super) id: u64,
    /// Small, and given on when the thread ends, so that the threads that live at one time have shards of their own.
    pub(super) shard: usize,
}

impl Thread {
    /// Returns the identity of the calling thread.
    #[cfg(mme_loom)]
    pub(super) fn current() -> Self {
        let number = sync::NUMBER.with(std::cell::Cell::get);
        Self { id: number + 1, shard: number as usize }
    }

    /// Gives the calling thread of a model its number. Models run on one thread of the system, whose own cannot be used.
    #[cfg(mme_loom)]
    pub(super) fn enter(number: u64) {
        sync::NUMBER.with(|own| own.set(number));
    }

    /// Returns the identity of the calling thread.
    #[cfg(not(mme_loom))]
    #[inline]
    pub(super) fn current() -> Self {
        THREAD.with(|thread| match thread.get() {
            known @ Self { id: 1.., .. } => known,
            _ => Self::introduce(thread),
        })
    }

    #[cold]
    fn introduce(thread: &Cell<Self>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // A thread that is already being torn down shares the first shard.
        let shard = LEASE.try_with(|lease| lease.0).unwrap_or(0);
        // Relaxed: only uniqueness matters.
        let known = Self { id: NEXT.fetch_add(1, Ordering::Relaxed), shard };
        thread.set(known);
        known
    }
}

thread_local! {
    static THREAD: Cell<Thread> = const { Cell::new(Thread { id: 0, shard: 0 }) };
    static LEASE: Lease = Lease::take();
}

/// Shard numbers that ended threads have given back, smallest first.
static FREE: Mutex<BinaryHeap<Reverse<usize>>> = Mutex::new(BinaryHeap::new());

/// A shard number, held while its thread lives.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Relaxed: only uniqueness matters.
        Self(free.map_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed), |Reverse(number)| number))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(Reverse(self.0));
    }
}

/// How many shards a cell can have: one for each core, but not so few that sleeping threads get in each other's way, nor so
/// many that a busy histogram takes more than 16 KiB.
fn shard_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        if cfg!(mme_loom) {
            return 2;
        }
        available_parallelism().map_or(8, usize::from).next_power_of_two().clamp(8, 64)
    })
}

/// One place for each thread, filled as the threads come.
pub(super) struct Shards<T>(Box<[sync::OnceLock<Box<T>>]>);

impl<T> Shards<T> {
    pub(super) fn new() -> Self {
        Self((0..shard_count()).map(|_| sync::OnceLock::new()).collect())
    }

    /// Returns the shard that `thread` writes.
    #[inline]
    pub(super) fn of(&self, thread: Thread, make: impl FnOnce() -> T) -> &T {
        // The number of shards is a power of two.
        self.0[thread.shard & (self.0.len() - 1)].get_or_init(|| Box::new(make()))
    }

    /// Lists the shards that exist.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|shard| shard.get().map(|shard| &**shard))
    }
}

/// The shards of a cell, which most cells never need.
pub(super) struct Spread<T>(sync::OnceLock<Box<Shards<T>>>);

impl<T> Spread<T> {
    pub(super) fn new() -> Self {
        Self(sync::OnceLock::new())
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&Shards<T>> {
        self.0.get().map(|shards| &**shards)
    }

    #[cold]
    pub(super) fn start(&self) -> &Shards<T> {
        self.0.get_or_init(|| Box::new(Shards::new()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.get().into_iter().flat_map(Shards::iter)
    }
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn threads_that_live_together_have_their_own_numbers() {
        let barrier = Barrier::new(8);
        let threads: Vec<_> = std::thread::scope(|scope| {
            let run = || {
                let thread = Thread::current();
                barrier.wait();
                (thread.id, thread.shard)
            };
            let running: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut ids: Vec<_> = threads.iter().map(|thread| thread.0).collect();
        let mut shards: Vec<_> = threads.iter().map(|thread| thread.1).collect();
        ids.sort_unstable();
        ids.dedup();
        shards.sort_unstable();
        shards.dedup();
        assert_eq!((ids.len(), shards.len()), (8, 8));
    }

    #[test]
    fn a_thread_keeps_its_identity() {
        let (first, second) = (Thread::current(), Thread::current());
        assert_eq!((first.id, first.shard), (second.id, second.shard));
    }
}
