//! Contestants taking turns, on one thread and on two that meet.

mod meeting;

pub use self::meeting::together;

use std::fmt;
use std::time::{Duration, Instant};

use crate::table::{Spread, Table};

/// One way to do the same thing.
pub struct Contestant {
    /// What the table calls it.
    pub name: String,
    /// Does it so many times.
    pub run: Box<dyn Fn(u64) + Send + Sync>,
    /// Does what was put off, such as sorting buffered samples; timed with the rest.
    pub settle: Box<dyn Fn() + Send + Sync>,
    /// Returns how many times it was done, as its exposition says.
    pub done: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Contestant {
    /// Makes a contestant that puts nothing off.
    pub fn new(
        name: impl Into<String>,
        run: impl Fn(u64) + Send + Sync + 'static,
        done: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(run), settle: Box::new(|| {}), done: Box::new(done) }
    }

    /// Panics unless what it does is really counted.
    ///
    /// # Panics
    ///
    /// When it is not.
    pub fn verify(&self) {
        let before = (self.done)();
        (self.run)(1234);
        (self.settle)();
        assert_eq!((self.done)() - before, 1234, "{} does not record what it is given", self.name);
    }
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contestant").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How long one batch should take: short enough to be rarely preempted, long enough that reading the clock costs nothing.
const BATCH: Duration = Duration::from_micros(500);

/// How often a disturbed batch is done again before it counts as it is.
const RETRIES: usize = 20;

/// Longer batches are never done again: on a busy machine they are always disturbed. They leave the waiting out instead.
const LONG: Duration = Duration::from_millis(5);

/// Share of a batch that a thread may have waited for a processor.
const DISTURBED: f64 = 0.01;

/// What each round measured of every contestant, in their order.
#[derive(Clone, Debug)]
pub struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    /// Returns what was measured of the contestant at `index`.
    pub fn spread(&self, index: usize) -> Spread {
        Spread::new(self.0.iter().map(|round| round[index]).collect())
    }

    /// Returns what was measured of each contestant, in their order.
    ///
    /// # Panics
    ///
    /// When other programs disturbed every round.
    pub fn spreads(&self) -> Vec<Spread> {
        let first =
            self.0.first().expect("at least one undisturbed round: run this again with less load on the machine");
        (0..first.len()).map(|index| self.spread(index)).collect()
    }

    /// Returns by how much the contestant at `index` took longer than those at `bare` did on average, each time in the same
    /// round.
    pub fn over(&self, index: usize, bare: &[usize]) -> Spread {
        let mean = |round: &[f64]| bare.iter().map(|at| round[*at]).sum::<f64>() / bare.len() as f64;
        Spread::new(self.0.iter().map(|round| round[index] - mean(round)).collect())
    }
}

/// Times all contestants on one thread, and returns the table of that with the spread of each.
pub fn timed(title: &str, contestants: &[Contestant], rounds: usize) -> (Table, Vec<Spread>) {
    let spreads = alone(contestants, rounds).spreads();
    let mut table = Table::new(title, &["contestant", "ns", "least", "batches"]);
    for (contestant, spread) in contestants.iter().zip(&spreads) {
        let (least, batches) = (format!("{:.1}", spread.quantile(0.0)), spread.len().to_string());
        table.row(vec![contestant.name.clone(), spread.to_string(), least, batches]);
    }
    (table, spreads)
}

/// Times every contestant alone, `rounds` times in turn, in nanoseconds for each time.
pub fn alone(contestants: &[Contestant], rounds: usize) -> Rounds {
    pin(0);
    let counts: Vec<u64> = contestants.iter().map(calibrate).collect();
    let rounds = rounds_of(contestants, rounds, |index, contestant| {
        let count = counts[index];
        let start = Instant::now();
        (contestant.run)(count);
        (contestant.settle)();
        start.elapsed().as_nanos() as f64 / count as f64
    });
    at_full_speed(contestants, rounds)
}

/// Keeps the rounds in which the bare loops ran as fast as they can: in the others, another program used the same core.
fn at_full_speed(contestants: &[Contestant], rounds: Vec<Vec<f64>>) -> Rounds {
    /// How much slower a bare loop may have been in a round that counts.
    const SLOWER: f64 = 1.25;
    let bare: Vec<usize> =
        (0..contestants.len()).filter(|index| contestants[*index].name.starts_with("bare")).collect();
    // `max` would take what was not measured for nothing at all.
    let larger = |left: f64, right: f64| if right.is_nan() { f64::INFINITY } else { left.max(right) };
    let slowest = |round: &[f64]| bare.iter().map(|index| round[*index]).fold(0.0, larger);
    let fastest = rounds.iter().map(|round| slowest(round)).fold(f64::INFINITY, f64::min);
    Rounds(rounds.into_iter().filter(|round| slowest(round) <= SLOWER * fastest && fastest.is_finite()).collect())
}

/// Lets `measure` run for every contestant in turn, again where it was disturbed.
pub fn in_turn<C>(contestants: &[C], rounds: usize, measure: impl FnMut(usize, &C) -> f64) -> Vec<Spread> {
    Rounds(rounds_of(contestants, rounds, measure)).spreads()
}

fn rounds_of<C>(contestants: &[C], rounds: usize, mut measure: impl FnMut(usize, &C) -> f64) -> Vec<Vec<f64>> {
    (0..rounds)
        .map(|round| {
            let mut figures = vec![f64::NAN; contestants.len()];
            for turn in 0..contestants.len() {
                // Each round begins with another contestant, so that none always follows the same one.
                let index = (round + turn) % contestants.len();
                for _ in 0..RETRIES {
                    let (start, waited) = (Instant::now(), waited());
                    figures[index] = measure(index, &contestants[index]);
                    let took = start.elapsed();
                    if took > LONG || !disturbed(waited, took) {
                        break;
                    }
                }
            }
            figures
        })
        .collect()
}

fn calibrate(contestant: &Contestant) -> u64 {
    let mut count = 64;
    loop {
        let start = Instant::now();
        (contestant.run)(count);
        (contestant.settle)();
        if start.elapsed() >= BATCH {
            return count;
        }
        count *= 2;
    }
}

/// Nanoseconds that this thread has waited for a processor, where the system tells.
pub(crate) fn waited() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn disturbed(waited_before: u64, took: Duration) -> bool {
    (waited() - waited_before) as f64 > DISTURBED * took.as_nanos() as f64
}

/// Keeps the calling thread on one processor.
pub fn pin(core: usize) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    if let Some(core) = cores.get(core % cores.len().max(1)) {
        core_affinity::set_for_current(*core);
    }
}
