//! Contestants taking turns, on one thread and on two that meet.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::table::Spread;

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

/// How long two threads meet.
const WINDOW: Duration = Duration::from_millis(2);

/// How often a disturbed batch is done again before it counts as it is.
const RETRIES: usize = 20;

/// Share of a batch that a thread may have waited for a processor.
const DISTURBED: f64 = 0.01;

/// Times every contestant alone, `rounds` times in turn; returns nanoseconds for each time.
pub fn alone(contestants: &[Contestant], rounds: usize) -> Vec<Spread> {
    pin(0);
    let counts: Vec<u64> = contestants.iter().map(calibrate).collect();
    in_turn(contestants, rounds, |index, contestant| {
        let count = counts[index];
        let start = Instant::now();
        (contestant.run)(count);
        (contestant.settle)();
        start.elapsed().as_nanos() as f64 / count as f64
    })
}

/// Times every contestant on two pinned threads at once; returns nanoseconds that each thread waits for each time.
pub fn together(contestants: &[Contestant], rounds: usize) -> Vec<Spread> {
    let mut all = vec![Vec::new(); contestants.len()];
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            let kept = (0..RETRIES).find_map(|_| meet(&contestants[index]).ok());
            all[index].push(kept.unwrap_or_else(|| meet(&contestants[index]).unwrap_or_else(|disturbed| disturbed)));
        }
    }
    all.into_iter().map(Spread::new).collect()
}

/// Lets `measure` run for every contestant in turn, again where it was disturbed.
pub fn in_turn<C>(contestants: &[C], rounds: usize, mut measure: impl FnMut(usize, &C) -> f64) -> Vec<Spread> {
    let mut all = vec![Vec::new(); contestants.len()];
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            // Another one begins each round, so that nobody always follows the same neighbour.
            let index = (round + turn) % contestants.len();
            let mut figure = 0.0;
            for _ in 0..RETRIES {
                let (start, waited) = (Instant::now(), waited());
                figure = measure(index, &contestants[index]);
                if !disturbed(waited, start.elapsed()) {
                    break;
                }
            }
            all[index].push(figure);
        }
    }
    all.into_iter().map(Spread::new).collect()
}

fn calibrate(contestant: &Contestant) -> u64 {
    let mut count = 1024;
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

/// Lets two threads run until a common deadline; the error is a figure that something disturbed.
fn meet(contestant: &Contestant) -> Result<f64, f64> {
    /// Times done between two looks at the clock.
    const STRIDE: u64 = 512;
    let arrived = AtomicUsize::new(0);
    let thread = |core: usize| {
        pin(core);
        // Release and acquire: nobody starts before both have arrived.
        arrived.fetch_add(1, Ordering::AcqRel);
        while arrived.load(Ordering::Acquire) < 2 {
            std::hint::spin_loop();
        }
        let (start, waited) = (Instant::now(), waited());
        let mut count = 0;
        while start.elapsed() < WINDOW {
            (contestant.run)(STRIDE);
            count += STRIDE;
        }
        let end = Instant::now();
        (start, end, count, disturbed(waited, end - start))
    };
    let (left, right) = thread::scope(|scope| {
        let other = scope.spawn(|| thread(1));
        let here = scope.spawn(|| thread(0));
        (here.join().expect("a contestant does not panic"), other.join().expect("a contestant does not panic"))
    });
    let settle = Instant::now();
    (contestant.settle)();
    let settle = settle.elapsed();
    let overlap = left.1.min(right.1).saturating_duration_since(left.0.max(right.0));
    let whole = (left.1 - left.0).max(right.1 - right.0);
    let count: u64 = left.2 + right.2;
    // Each thread did half of the times; what was put off would have kept both.
    let figure = 2.0 * (whole + settle).as_nanos() as f64 / count as f64;
    let met = overlap.as_secs_f64() > 0.95 * whole.as_secs_f64();
    if met && !left.3 && !right.3 { Ok(figure) } else { Err(figure) }
}

/// Nanoseconds that this thread has waited for a processor, where the system tells.
fn waited() -> u64 {
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
