//! Events of a domain, beside the bare handles of the facade that do the same.

use std::hint::black_box;

use mme_metrics::{Format, Recorder};

use crate::contest::{self, Contestant};
use crate::load;
use crate::table::Table;

/// How much more than bare handles an event may cost.
const MOST: f64 = 1.5;

/// Returns how much a counter or the `_count` of a histogram of the process's recorder stands at, all series together.
///
/// # Panics
///
/// When it is called and no recorder of ours is installed.
pub fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    || load::total(&Recorder::installed().expect("it was installed").render(Format::Text), name)
}

/// A contestant that does `one` so many times.
pub fn times(
    name: &str,
    one: impl Fn() + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    Contestant::new(name, move |count| (0..count).for_each(|_| one()), done)
}

/// The loop that does nothing, twice.
pub fn bare() -> [Contestant; 2] {
    ["bare loop", "bare loop again"].map(|name| times(name, || _ = black_box(1), || 0))
}

/// Times contestants of which the first is the bare way and the last two are the bare loop; the `judged` after the first may
/// cost half as much again as that.
pub fn beside_bare(title: &str, contestants: &[Contestant], rounds: usize, judged: usize) -> Table {
    contestants[..contestants.len() - 2].iter().for_each(Contestant::verify);
    let (mut table, spreads) = contest::timed(title, contestants, rounds);
    for (contestant, spread) in contestants.iter().zip(&spreads).skip(1).take(judged) {
        table.share(&format!("{} to bare", contestant.name), spread.median() / spreads[0].median(), MOST);
    }
    table
}
