//! A shard of the sources, behind one lock.

#[cfg(feature = "prometheus")]
use std::net::IpAddr;

use super::network::Source;
use super::standing::SourceStanding;
use super::table::{Entry, Table};
use super::window::{Counts, Tick, Windows};

/// The number of sources that one shard holds.
pub(super) const CAPACITY: usize = 2048;

/// The bits of a stamp: the tick, and two flags above it. The 30 bits of the tick last 340 years.
const TICK: u32 = (1 << 30) - 1;
const OVER: u32 = 1 << 30;
const V6: u32 = 1 << 31;

/// A source and its failures. A slot has 52 bytes; there are 131 072 slots.
#[derive(Clone, Copy)]
struct Slot {
    /// Two halves, because a `u64` would be aligned to eight bytes.
    prefix: [u32; 2],
    /// The tick of the last failure, and the flags.
    stamp: u32,
    windows: Windows,
}

const _: () = assert!(size_of::<Slot>() == 52, "the memory of the tracker is counted on this");

impl Slot {
    fn new(source: Source, now: Tick, windows: Windows) -> Self {
        let flag = if source.is_v6 { V6 } else { 0 };
        Self { prefix: halves(source.prefix), stamp: now & TICK | flag, windows }
    }

    fn source(&self) -> Source {
        let [high, low] = self.prefix.map(u64::from);
        Source { prefix: high << 32 | low, is_v6: self.stamp & V6 != 0 }
    }

    fn seen(&self) -> Tick {
        self.stamp & TICK
    }

    fn is_over(&self) -> bool {
        self.stamp & OVER != 0
    }

    /// Sets whether a limit is exceeded, and returns the previous value.
    fn set_over(&mut self, over: bool) -> bool {
        let before = self.is_over();
        self.stamp = self.stamp & !OVER | if over { OVER } else { 0 };
        before
    }

    /// Returns the counts as of `now`. The slot stays at the tick of its last failure.
    fn counts(&self, now: Tick) -> Counts {
        let mut windows = self.windows;
        windows.advance(self.seen(), now);
        windows.counts()
    }

    fn fail(&mut self, now: Tick) {
        // If the clock goes back, keep the later tick.
        let now = now.max(self.seen());
        self.windows.advance(self.seen(), now);
        self.windows.add(now);
        self.stamp = self.stamp & !TICK | now & TICK;
    }
}

/// Returns the two halves of a word.
fn halves(word: u64) -> [u32; 2] {
    // The casts keep both halves of the word, so no bit is lost.
    #[allow(clippy::cast_possible_truncation)]
    [(word >> 32) as u32, word as u32]
}

impl Entry for Slot {
    type Key = Source;

    fn is(&self, key: Source) -> bool {
        self.prefix == halves(key.prefix) && (self.stamp & V6 != 0) == key.is_v6
    }

    fn weight(&mut self, now: Tick) -> (u32, Tick) {
        (self.counts(now).hour, self.seen())
    }
}

/// A shard of the sources, and the failures of the sources that it evicted.
pub(super) struct Shard {
    table: Table<Slot>,
    /// For each frame, the most failures that an evicted source may have had.
    forgotten: Windows,
    forgotten_at: Tick,
}

/// The figures of all shards together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) max: [u32; 2],
    pub(super) over: [u32; 2],
    pub(super) distinct: [u32; 2],
    /// The change in the number of sources that are marked as over a limit.
    pub(super) more: isize,
}

/// One source with its address, for callers that may know the address.
#[cfg(feature = "prometheus")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceReport {
    // The order of the fields makes the worst source the largest.
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) seconds_ago: u64,
    pub(crate) address: IpAddr,
    pub(crate) bits: u8,
    pub(crate) over_limit: bool,
}

impl Shard {
    pub(super) const fn new() -> Self {
        let forgotten = Windows::NONE;
        Self { table: Table::new(CAPACITY), forgotten, forgotten_at: 0 }
    }

    /// Adds a failure. Returns the standing of the source, and the change in the number of sources over a limit: -1, 0
    /// or 1.
    pub(super) fn fail(
        &mut self,
        source: Source,
        hash: u64,
        now: Tick,
        limits: Counts,
        hash_of: impl Fn(Source) -> u64,
    ) -> (SourceStanding, isize) {
        let mut more = 0;
        let Self { table, forgotten, forgotten_at } = self;
        let slot = if let Some(slot) = table.find(hash, source) {
            slot
        } else {
            let make = |old: Option<&mut Slot>| {
                if let Some(old) = old {
                    old.windows.advance(old.seen(), now);
                    forgotten.advance(*forgotten_at, now);
                    forgotten.track(&old.windows);
                    *forgotten_at = now.max(*forgotten_at);
                    more -= isize::from(old.is_over());
                }
                // The new source may be an evicted one. It starts with the failures that an evicted source may have
                // had, but with no more than half of a limit. So a source over a limit has certainly failed more than
                // half as often as the limit allows.
                let half = Counts { minute: limits.minute / 2, hour: limits.hour / 2 };
                let windows = if *forgotten == Windows::NONE {
                    Windows::NONE
                } else {
                    forgotten.advance(*forgotten_at, now);
                    *forgotten_at = now.max(*forgotten_at);
                    forgotten.part(now, half)
                };
                Slot::new(source, now, windows)
            };
            table.insert(hash, now, |slot| hash_of(slot.source()), make)
        };
        slot.fail(now);
        let counts = slot.windows.counts();
        let over = counts.exceed(limits);
        let was_over = slot.set_over(over);
        more += isize::from(over) - isize::from(was_over);
        (SourceStanding { counts, over, crossed: over && !was_over }, more)
    }

    /// Returns the standing of a source. This changes nothing.
    pub(super) fn standing(&mut self, source: Source, hash: u64, now: Tick, limits: Counts) -> SourceStanding {
        let counts = self.table.find(hash, source).map(|slot| slot.counts(now)).unwrap_or_default();
        SourceStanding { counts, over: counts.exceed(limits), crossed: false }
    }

    /// Adds this shard to the totals.
    pub(super) fn add_up(&mut self, now: Tick, limits: Counts, totals: &mut Totals) {
        for slot in self.table.iter_mut() {
            let Counts { minute, hour } = slot.counts(now);
            for (window, (count, limit)) in [(minute, limits.minute), (hour, limits.hour)].into_iter().enumerate() {
                totals.max[window] = totals.max[window].max(count);
                totals.over[window] += u32::from(count > limit);
                totals.distinct[window] += u32::from(Windows::reach(slot.seen(), now)[window]);
            }
            let over = Counts { minute, hour }.exceed(limits);
            totals.more += isize::from(over) - isize::from(slot.set_over(over));
        }
    }

    /// Lists the sources that have failed within an hour.
    #[cfg(feature = "prometheus")]
    pub(super) fn reports(
        &mut self,
        now: Tick,
        limits: Counts,
        seconds: impl Fn(Tick) -> u64,
    ) -> impl Iterator<Item = SourceReport> {
        self.table.iter_mut().filter_map(move |slot| {
            let counts = slot.counts(now);
            let (address, bits) = slot.source().network();
            (counts.hour > 0).then(|| SourceReport {
                hour: counts.hour,
                minute: counts.minute,
                seconds_ago: seconds(slot.seen()),
                address,
                bits,
                over_limit: counts.exceed(limits),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_of_sources_over_a_limit_adds_up_whoever_looks() {
        let (mut shard, limits) = (Shard::new(), Counts { minute: 1, hour: 1 });
        let mut noted = 0;
        let look = |shard: &mut Shard, now| {
            let mut totals = Totals::default();
            shard.add_up(now, limits, &mut totals);
            totals.more
        };
        for (prefix, now) in [(1, 0), (1, 0), (1, 0), (2, 0), (2, 1)] {
            let source = Source { prefix, is_v6: false };
            noted += shard.fail(source, prefix, now, limits, |source| source.prefix).1;
        }
        assert_eq!(noted, 2);
        assert_eq!(look(&mut shard, 1), 0);
        // An hour later no source is over a limit. The change is reported once.
        assert_eq!([look(&mut shard, 400), look(&mut shard, 400)], [-2, 0]);
    }
}
