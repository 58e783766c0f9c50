//! The shards of a cell, and the assignment of threads to shards.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::available_parallelism;

use super::sync::{self, AtomicU64};

/// The identity of a thread: a number, starting at one, that no other living thread has.
///
/// When a thread ends, its number is passed on to a later thread through a lock. So the next holder sees everything
/// that the last one wrote, and the words that belong to a number have one writer at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thread(u64);

/// A thread that has no number yet.
const UNKNOWN: Thread = Thread(0);

/// A thread that is ending and has returned its number. There may be several such threads, so they own no words.
const ENDING: Thread = Thread(u64::MAX);

/// In place of an owner: several threads have written the cell, so none owns it any more. No thread has this number.
const SHARED: u64 = u64::MAX - 1;

impl Thread {
    /// Returns the identity of the calling thread.
    #[cfg(mme_loom)]
    pub(super) fn current() -> Self {
        Self(sync::NUMBER.with(std::cell::Cell::get) + 1)
    }

    /// Sets the number of the calling thread of a model. All threads of a model run on one system thread, whose own
    /// number cannot be used.
    #[cfg(mme_loom)]
    pub(super) fn enter(number: u64) {
        sync::NUMBER.with(|own| own.set(number));
    }

    /// Returns the identity of the calling thread.
    #[cfg(not(mme_loom))]
    #[inline]
    pub(super) fn current() -> Self {
        THREAD.with(|thread| match thread.get() {
            UNKNOWN => Self::introduce(thread),
            known => known,
        })
    }

    #[cold]
    fn introduce(thread: &Cell<Self>) -> Self {
        let known = LEASE.try_with(|lease| Self(lease.0 as u64 + 1)).unwrap_or(ENDING);
        thread.set(known);
        known
    }

    /// Returns whether this thread owns the words that `owner` guards, so that no other thread may write them. The
    /// first thread that calls it becomes the owner, until another one calls it: then no thread owns the words, and the
    /// previous owner finds that out with its next call.
    #[inline]
    pub(super) fn owns(self, owner: &AtomicU64) -> bool {
        // Relaxed: only the owner writes the guarded words, also after the owner was removed, and the holder of a number
        // sees what the previous holder wrote.
        let found = owner.load(Ordering::Relaxed);
        found == self.0 || (found != SHARED && self.claims(owner, found))
    }

    /// Becomes the owner if there was none, else ends the ownership.
    #[cold]
    fn claims(self, owner: &AtomicU64, found: u64) -> bool {
        if found == 0 && self == ENDING {
            return false;
        }
        let next = if found == 0 { self.0 } else { SHARED };
        // Relaxed, as above.
        if owner.compare_exchange(found, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            return next == self.0;
        }
        // Another thread was faster, and became the owner or ended the ownership. It never becomes this thread's.
        // Relaxed, as above.
        owner.store(SHARED, Ordering::Relaxed);
        false
    }
}

thread_local! {
    static THREAD: Cell<Thread> = const { Cell::new(UNKNOWN) };
    static LEASE: Lease = Lease::take();
}

/// Numbers that ended threads have returned. The smallest is reused first.
static FREE: Mutex<BinaryHeap<Reverse<usize>>> = Mutex::new(BinaryHeap::new());

/// The number of a thread, which is returned when the thread ends.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Relaxed: the numbers only have to be unique.
        Self(free.map_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed), |Reverse(number)| number))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What still runs while the thread ends must not write words that belong to the next holder of the number.
        THREAD.with(|thread| thread.set(ENDING));
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(Reverse(self.0));
    }
}

/// Returns how many threads have their own shard in each cell. It is one for each core, with a minimum that also covers
/// sleeping threads, and a maximum at which a busy histogram takes at most 32 KiB.
fn own_shards() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        if cfg!(mme_loom) {
            return 1;
        }
        available_parallelism().map_or(8, usize::from).next_power_of_two().clamp(8, 64)
    })
}

/// The most memory that the shards of all cells of a process may take: 64 MiB. Past it, cells on which threads collide
/// keep the words that all threads share.
const MOST_MEMORY: usize = 64 << 20;

/// The memory that is reserved for shards.
static RESERVED: AtomicUsize = AtomicUsize::new(0);

/// A share of [`MOST_MEMORY`], returned when it is dropped.
struct Reservation(usize);

impl Reservation {
    const NONE: Self = Self(0);

    fn take(bytes: usize) -> Option<Self> {
        // Relaxed, here and below: the count orders nothing.
        let taken = RESERVED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |reserved| {
            reserved.checked_add(bytes).filter(|sum| *sum <= MOST_MEMORY)
        });
        // Not `then_some`: a reservation that was not taken must not be returned either.
        taken.is_ok().then(|| Self(bytes))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        RESERVED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Slots for shards, filled on demand. In the first half, each thread with one of the lowest numbers has its own slot.
/// All other threads share the second half.
type ShardSlots<T> = Box<[sync::OnceLock<T>]>;

/// The shards of a cell. It gets them when two threads collide on the words that all threads share; most cells never do.
pub(super) struct Shards<T>(sync::OnceLock<(ShardSlots<T>, Reservation)>);

/// The shards of a cell that has shards.
#[derive(Clone, Copy)]
pub(super) struct ShardSlice<'a, T>(&'a [sync::OnceLock<T>]);

impl<T> Shards<T> {
    pub(super) fn new() -> Self {
        Self(sync::OnceLock::new())
    }

    #[inline]
    pub(super) fn get(&self) -> Option<ShardSlice<'_, T>> {
        self.0.get().map(|(places, _)| ShardSlice(places))
    }

    /// Makes the slots of the shards, each of which takes up to `bytes`. Returns `None` if the shards of the process take
    /// as much memory as they may.
    #[cold]
    pub(super) fn start(&self, bytes: usize) -> Option<ShardSlice<'_, T>> {
        let reservation = Reservation::take(2 * own_shards() * (size_of::<sync::OnceLock<T>>() + bytes))?;
        Some(self.make(reservation))
    }

    /// Makes the slots of the shards, however much memory shards take already.
    #[cold]
    pub(super) fn start_anyway(&self) -> ShardSlice<'_, T> {
        self.make(Reservation::NONE)
    }

    fn make(&self, reservation: Reservation) -> ShardSlice<'_, T> {
        let slots = || (0..2 * own_shards()).map(|_| sync::OnceLock::new()).collect();
        ShardSlice(&self.0.get_or_init(|| (slots(), reservation)).0)
    }

    /// Iterates over the shards that exist.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.get().into_iter().flat_map(|(places, _)| places.iter().filter_map(|place| place.get()))
    }
}

impl<'a, T> ShardSlice<'a, T> {
    /// Returns the shard of `thread`, and whether no other thread writes it.
    #[inline]
    pub(super) fn of(self, thread: Thread, make: impl FnOnce() -> T) -> (&'a T, bool) {
        let own = self.0.len() / 2;
        // The number is at least one. On a 32-bit machine the cast drops the upper bits, which the mask below ignores
        // anyway.
        #[allow(clippy::cast_possible_truncation)]
        let number = (thread.0 as usize).wrapping_sub(1);
        let alone = number < own;
        // `own` is a power of two.
        let place = if alone { number } else { own + (number & (own - 1)) };
        (self.0[place].get_or_init(make), alone)
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
                thread
            };
            let running: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut numbers: Vec<_> = threads.iter().map(|thread| thread.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 8);
    }

    #[test]
    fn a_thread_keeps_its_identity() {
        assert_eq!(Thread::current(), Thread::current());
    }

    #[test]
    fn a_shard_is_written_alone_only_by_one_of_the_lowest_numbers() {
        let spread = Shards::<u64>::new();
        let count = own_shards() as u64;
        let shards = spread.start_anyway();
        let place = |number| shards.of(Thread(number), || number);
        for number in 1..=count {
            assert_eq!(place(number), (&number, true));
        }
        assert_eq!(place(count + 1), (&(count + 1), false));
        assert_eq!(place(2 * count + 1), (&(count + 1), false));
        assert!(!place(ENDING.0).1);
    }

    #[test]
    fn a_thread_that_has_given_its_number_back_owns_nothing() {
        let owner = AtomicU64::new(0);
        assert!(!ENDING.owns(&owner));
        assert!(Thread(3).owns(&owner) && Thread(3).owns(&owner) && !Thread(4).owns(&owner));
    }

    #[test]
    fn a_second_thread_ends_the_ownership_for_ever() {
        let owner = AtomicU64::new(0);
        assert!(Thread(3).owns(&owner) && !Thread(4).owns(&owner));
        assert!(!Thread(3).owns(&owner) && !Thread(4).owns(&owner));
    }

    #[test]
    fn shards_past_the_memory_of_the_process_are_refused_and_return_what_they_took() {
        let huge = Shards::<u64>::new();
        assert!(huge.start(MOST_MEMORY).is_none() && huge.get().is_none());
        let half = MOST_MEMORY / 4 / own_shards();
        {
            let (first, second) = (Shards::<u64>::new(), Shards::<u64>::new());
            assert!(first.start(half).is_some());
            assert!(second.start(half).is_none(), "with its slots it takes a little more than a half");
        }
        assert!(Shards::<u64>::new().start(half).is_some());
    }
}
