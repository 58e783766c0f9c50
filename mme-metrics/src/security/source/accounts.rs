//! Detection of accounts that fail from many sources.

use super::table::{Entry, Table};
use super::window::Tick;

/// The number of accounts that one shard holds.
pub(super) const CAPACITY: usize = 256;

/// The number of cells that the sources of one account are distributed over.
const CELLS: usize = 64;

/// Ticks of a frame, which is 5 minutes. The sources of an account count in the last 12 frames and the current one.
const TICKS: u32 = 30;
const FRAMES: u32 = 13;

/// Upper bound of the limit. With more sources, every cell is taken.
pub(super) const MOST: u32 = 150;

/// Returns the number of cells that an account within the limit does not exceed, as a rule.
///
/// Sources are estimated by the number of cells taken (linear counting), because two sources may take the same cell.
/// The result is the number of cells that a quarter more sources than the limit take.
pub(super) fn cells_of(limit: u32) -> u32 {
    let sources = f64::from(limit) * 1.25;
    let taken = CELLS as f64 * (1.0 - (1.0 - 1.0 / CELLS as f64).powf(sources));
    // The number is between 0 and 64.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let cells = taken.round() as u32;
    cells
}

/// The flag of an account over the limit: the bit above the tick in its stamp.
const OVER: u32 = 1 << 31;

/// An account: its keyed hash, and the frame of the last hit of each cell. A slot has 76 bytes; there are 4 096 slots.
struct Slot {
    /// Two halves, because a `u64` would be aligned to eight bytes.
    hash: [u32; 2],
    /// The tick of the last failure, and the flag.
    stamp: u32,
    /// For each cell, the number of the frame modulo 255, plus one; 0 for none.
    cells: [u8; CELLS],
}

const _: () = assert!(size_of::<Slot>() == 76, "the memory of the tracker is counted on this");

impl Slot {
    fn hash(&self) -> u64 {
        let [high, low] = self.hash.map(u64::from);
        high << 32 | low
    }

    fn seen(&self) -> Tick {
        self.stamp & !OVER
    }

    /// Returns the cells as of `now`. Cells whose last hit is too old are empty.
    fn cells(&self, now: Tick) -> [u8; CELLS] {
        let (from, to) = (self.seen() / TICKS, now / TICKS);
        let passed = to.saturating_sub(from);
        if passed == 0 {
            return self.cells;
        }
        if passed >= FRAMES {
            return [0; CELLS];
        }
        // A hit is at most 12 frames older than the last failure, so up to 12 frames later its age is below 255. The
        // numbers run from 1 to 255, so the age must not count the 0 after they have wrapped around.
        let now = code(to);
        let age = |cell: u8| now.wrapping_sub(cell).wrapping_sub(u8::from(cell > now));
        self.cells.map(|cell| if u32::from(age(cell)) >= FRAMES { 0 } else { cell })
    }

    fn taken(&self, now: Tick) -> u32 {
        if self.seen() / TICKS == now / TICKS { taken(&self.cells) } else { taken(&self.cells(now)) }
    }
}

fn taken(cells: &[u8; CELLS]) -> u32 {
    // The sum is at most 64, so it fits in a byte.
    u32::from(cells.iter().map(|cell| u8::from(*cell != 0)).sum::<u8>())
}

fn code(frame: u32) -> u8 {
    // The remainder is below 255, so there is room for one more.
    u8::try_from(frame % 255).unwrap_or_default() + 1
}

impl Entry for Slot {
    type Key = u64;

    fn is(&self, key: u64) -> bool {
        self.hash() == key
    }

    fn weight(&mut self, now: Tick) -> (u32, Tick) {
        (self.taken(now), self.seen())
    }
}

/// A shard of the accounts, behind one lock.
pub(super) struct Accounts(Table<Slot>);

impl Accounts {
    pub(super) const fn new() -> Self {
        Self(Table::new(CAPACITY))
    }

    /// Adds a failure of an account from a source, each given by its hash. Returns whether it took the account over the
    /// limit.
    pub(super) fn fail(&mut self, account: u64, source: u64, now: Tick, most: u32) -> bool {
        // The casts keep both halves of the hash, so no bit is lost.
        #[allow(clippy::cast_possible_truncation)]
        let halves = [(account >> 32) as u32, account as u32];
        let make = |_: Option<&mut Slot>| Slot { hash: halves, stamp: now & !OVER, cells: [0; CELLS] };
        let slot = if let Some(slot) = self.0.find(account, account) {
            slot
        } else {
            self.0.insert(account, now, Slot::hash, make)
        };
        // If the clock goes back, keep the later tick.
        let now = now.max(slot.seen());
        slot.cells = slot.cells(now);
        // These bits of the hash are used for nothing else.
        slot.cells[(source >> 48) as usize % CELLS] = code(now / TICKS);
        let over = taken(&slot.cells) > most;
        let was_over = slot.stamp & OVER != 0;
        slot.stamp = now & !OVER | if over { OVER } else { 0 };
        over && !was_over
    }

    /// Counts the accounts over the limit.
    pub(super) fn over(&mut self, now: Tick, most: u32) -> usize {
        self.0.iter_mut().filter(|slot| slot.taken(now) > most).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_counted_over_the_end_of_the_numbers() {
        for to in 0..600_u32 {
            for age in 0..FRAMES.min(to + 1) {
                let seen = to.saturating_sub(12) * TICKS;
                let mut slot = Slot { hash: [0; 2], stamp: seen, cells: [0; CELLS] };
                slot.cells[7] = code(to - age);
                assert_eq!(slot.taken(to * TICKS), 1, "{age} at {to}");
            }
            let mut slot = Slot { hash: [0; 2], stamp: to * TICKS, cells: [0; CELLS] };
            slot.cells[7] = code(to);
            assert_eq!([slot.taken((to + 12) * TICKS), slot.taken((to + 13) * TICKS)], [1, 0], "{to}");
        }
    }

    /// Spreads small numbers as a hash would (the finalizer of `SplitMix64`).
    fn hash(number: u64) -> u64 {
        let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fail(accounts: &mut Accounts, account: u64, sources: std::ops::Range<u64>, now: Tick) -> usize {
        sources.filter(|source| accounts.fail(hash(account), hash(*source), now, cells_of(50))).count()
    }

    #[test]
    fn many_sources_are_noticed_once_and_one_that_repeats_itself_is_not() {
        let mut accounts = Accounts::new();
        assert_eq!(fail(&mut accounts, 1, 0..500, 0), 1);
        for turn in 0..500 {
            assert_eq!(fail(&mut accounts, 2, turn % 40..turn % 40 + 1, 0), 0);
        }
        assert_eq!(accounts.over(0, cells_of(50)), 1);
    }

    #[test]
    fn the_limit_is_kept_to_within_a_fifth_or_two() {
        let told = |sources: u64| {
            let tries = (0..200)
                .filter(|account| fail(&mut Accounts::new(), *account, account * 997..account * 997 + sources, 0) > 0);
            tries.count()
        };
        assert!(told(45) <= 4 && told(85) >= 190, "{} {}", told(45), told(85));
    }

    #[test]
    fn what_is_more_than_an_hour_ago_does_not_count() {
        let mut accounts = Accounts::new();
        fail(&mut accounts, 1, 0..40, 0);
        // The second half comes in the last frame before the first half expires, or one frame later.
        let mut late = Accounts::new();
        fail(&mut late, 1, 0..40, 0);
        assert_eq!(fail(&mut accounts, 1, 40..80, 12 * TICKS), 1);
        assert_eq!(fail(&mut late, 1, 40..80, 13 * TICKS), 0);
        assert_eq!(accounts.over(25 * TICKS, cells_of(50)), 0);
    }

    #[test]
    fn a_pause_of_days_leaves_nothing() {
        let mut accounts = Accounts::new();
        fail(&mut accounts, 1, 0..500, 0);
        // The numbers of the frames wrap around after 255 frames.
        for frame in [13, 255, 256, 510, 100_000] {
            assert_eq!(accounts.over(frame * TICKS, cells_of(50)), 0, "{frame}");
        }
        assert_eq!(fail(&mut accounts, 1, 0..1, 255 * TICKS), 0);
    }
}
