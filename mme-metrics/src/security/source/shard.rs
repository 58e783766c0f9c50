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

/// A source and its failures. A slot has 56 bytes; there are 131 072 slots.
#[derive(Clone, Copy)]
struct Slot {
    /// Two halves, because a `u64` would be aligned to eight bytes.
    prefix: [u32; 2],
    /// The tick of the last failure, and the flags.
    stamp: u32,
    /// The failures that were counted since the source came into the table: not one more than there were.
    windows: Windows,
    /// The failures that the source may have had before.
    doubt: Doubt,
}

const _: () = assert!(size_of::<Slot>() == 56, "the memory of the tracker is counted on this");

/// Failures that a source may have had before it came into the table, because it may be one that was evicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Doubt {
    hour: u16,
    /// At most 255. A higher limit of the minute is only passed by more certain failures.
    minute: u8,
    /// The frame of the hour in which the source came into the table, modulo 256.
    since: u8,
}

impl Doubt {
    fn new(counts: Counts, now: Tick) -> Self {
        let hour = u16::try_from(counts.hour).unwrap_or(u16::MAX);
        Self { hour, minute: u8::try_from(counts.minute).unwrap_or(u8::MAX), since: Windows::frame(now) }
    }

    /// Returns what counts at `now` of it, for a source whose last failure was at `seen`.
    fn counts(self, seen: Tick, now: Tick) -> Counts {
        let age = Windows::frame(now).wrapping_sub(self.since);
        // A doubt is cleared with the first failure after its hour. So if the last failure is within the hour, the frames cannot have
        // wrapped around.
        let [_, is_within] = Windows::reach(seen, now);
        let within = |frames: u8, count: u32| if is_within && age <= frames { count } else { 0 };
        Counts { minute: within(1, self.minute.into()), hour: within(Windows::HOUR_FRAMES - 1, self.hour.into()) }
    }
}

impl Slot {
    fn new(source: Source, now: Tick, doubt: Doubt) -> Self {
        let flag = if source.is_v6 { V6 } else { 0 };
        Self { prefix: halves(source.prefix), stamp: now & TICK | flag, windows: Windows::NONE, doubt }
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

    /// Returns the counts as of `now` with what the source may have had before it came into the table. Limits are compared with
    /// these, so that sources which come and go by the million hide no other.
    fn at_most(&self, now: Tick) -> Counts {
        let (counts, doubt) = (self.counts(now), self.doubt.counts(self.seen(), now));
        Counts { minute: counts.minute + doubt.minute, hour: counts.hour + doubt.hour }
    }

    fn fail(&mut self, now: Tick) {
        // If the clock goes back, keep the later tick.
        let now = now.max(self.seen());
        if self.doubt.counts(self.seen(), now) == Counts::default() {
            self.doubt = Doubt::default();
        }
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
                    let doubt = old.doubt.counts(old.seen(), now);
                    old.windows.advance(old.seen(), now);
                    old.windows.add_all(now.max(old.seen()), doubt);
                    forgotten.advance(*forgotten_at, now);
                    forgotten.track(&old.windows);
                    *forgotten_at = now.max(*forgotten_at);
                    more -= isize::from(old.is_over());
                }
                // The new source may be an evicted one. The failures that an evicted source may have had are held
                // against it, but no more than half of a limit. So a source over a limit has certainly failed more
                // than half as often as the limit allows.
                let half = Counts { minute: limits.minute / 2, hour: limits.hour / 2 };
                let doubt = if *forgotten == Windows::NONE {
                    Doubt::default()
                } else {
                    forgotten.advance(*forgotten_at, now);
                    *forgotten_at = now.max(*forgotten_at);
                    Doubt::new(forgotten.counts().at_most(half), now)
                };
                Slot::new(source, now, doubt)
            };
            table.insert(hash, now, |slot| hash_of(slot.source()), make)
        };
        slot.fail(now);
        let counts = slot.windows.counts();
        let over = slot.at_most(now).exceed(limits);
        let was_over = slot.set_over(over);
        more += isize::from(over) - isize::from(was_over);
        (SourceStanding { counts, over, crossed: over && !was_over }, more)
    }

    /// Returns the standing of a source. This changes nothing.
    pub(super) fn standing(&mut self, source: Source, hash: u64, now: Tick, limits: Counts) -> SourceStanding {
        let standing = self.table.find(hash, source).map(|slot| (slot.counts(now), slot.at_most(now).exceed(limits)));
        let (counts, over) = standing.unwrap_or_default();
        SourceStanding { counts, over, crossed: false }
    }

    /// Adds this shard to the totals.
    pub(super) fn add_up(&mut self, now: Tick, limits: Counts, totals: &mut Totals) {
        for slot in self.table.iter_mut() {
            let (counts, at_most) = (slot.counts(now), slot.at_most(now));
            let windows = [(counts.minute, at_most.minute, limits.minute), (counts.hour, at_most.hour, limits.hour)];
            for (window, (count, at_most, limit)) in windows.into_iter().enumerate() {
                totals.max[window] = totals.max[window].max(count);
                totals.over[window] += u32::from(at_most > limit);
                totals.distinct[window] += u32::from(Windows::reach(slot.seen(), now)[window]);
            }
            let over = at_most.exceed(limits);
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
                over_limit: slot.at_most(now).exceed(limits),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model: a list of all failures of each source. No source is ever said to have failed more often than it did, and one over a
    /// limit has failed more than half as often as it allows.
    #[test]
    fn no_source_is_said_to_have_failed_more_often_than_it_did_however_many_there_are() {
        let limits = Counts { minute: 10, hour: 50 };
        for seed in 1..=6_u64 {
            let (mut shard, mut state, mut now) = (Shard::new(), seed * 7_919, 0);
            let mut failures: std::collections::HashMap<u64, Vec<Tick>> = std::collections::HashMap::new();
            let mut random = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            };
            for _ in 0..60_000 {
                now += Tick::from(random().is_multiple_of(400));
                // Some who come again and again, and strangers who fill the table many times.
                let prefix = if random().is_multiple_of(4) { random() % 40 } else { 1_000 + random() % 20_000 };
                let source = Source { prefix, is_v6: false };
                let hash = prefix.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let (standing, _) =
                    shard.fail(source, hash, now, limits, |source| source.prefix.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let own = failures.entry(prefix).or_default();
                own.push(now);
                let did = [0, 1].map(|window| own.iter().filter(|then| Windows::reach(**then, now)[window]).count());
                let told = [standing.minute(), standing.hour()].map(|count| count as usize);
                assert!(told[0] <= did[0] && told[1] <= did[1], "{prefix}: {told:?} of {did:?}");
                assert!(!standing.is_over_limit() || did[0] > 5 || did[1] > 25, "{prefix}: {did:?}");
            }
            let mut totals = Totals::default();
            shard.add_up(now, limits, &mut totals);
            let most = |window: usize| {
                let counts =
                    failures.values().map(|own| own.iter().filter(|then| Windows::reach(**then, now)[window]).count());
                counts.max().unwrap_or_default()
            };
            assert!(totals.max[0] as usize <= most(0) && totals.max[1] as usize <= most(1), "{:?}", totals.max);
        }
    }

    #[test]
    fn a_doubt_ends_with_its_window_whenever_it_began() {
        for start in 0..300 * 30 {
            let doubt = Doubt::new(Counts { minute: 300, hour: 70_000 }, start);
            assert_eq!(doubt.counts(start, start), Counts { minute: 255, hour: 65_535 });
            let hour = start / 30 * 30 + 13 * 30;
            assert_eq!(doubt.counts(hour - 1, hour - 1).hour, 65_535);
            assert_eq!(doubt.counts(hour - 1, hour), Counts::default());
            // Days later, when the frame has the same number again.
            assert_eq!(doubt.counts(start, start + 256 * 30), Counts::default());
        }
    }

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
