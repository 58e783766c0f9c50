//! Two threads that do the same thing at the same moment, on two processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Contestant, Rounds, at_full_speed, calibrate, disturbed, pin, waited};

/// How long two threads meet: much shorter than a scheduler's slice, so that some meetings pass undisturbed on a busy machine.
const WINDOW: Duration = Duration::from_micros(300);

/// Most times done between two looks at the clock.
const STRIDE: u64 = 512;

/// How many looks at the clock there are at least while two threads meet; what takes long is done fewer times in between.
const LOOKS: u64 = 100;

/// How long a meeting is tried before it is left out.
const PATIENCE: Duration = Duration::from_millis(300);

/// Share of the window that one thread may have begun or ended earlier than the other.
const APART: f64 = 0.05;

/// Times every contestant on two pinned threads at once, in nanoseconds that each thread waits for each time. Meetings that no
/// attempt got undisturbed are left out.
pub fn together(contestants: &[Contestant], rounds: usize) -> Rounds {
    let strides: Vec<_> =
        contestants.iter().map(|contestant| (calibrate(contestant) / LOOKS).clamp(1, STRIDE)).collect();
    let rounds = (0..rounds).map(|round| {
        let mut figures = vec![f64::NAN; contestants.len()];
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            figures[index] = meet(&contestants[index], strides[index]).unwrap_or(f64::NAN);
        }
        figures
    });
    at_full_speed(contestants, rounds.collect())
}

/// What one thread did in one attempt.
#[derive(Clone, Copy)]
struct Stay {
    start: Instant,
    end: Instant,
    count: u64,
    disturbed: bool,
    /// What it took to do what both had put off.
    settle: Duration,
}

/// Where two threads wait for each other.
#[derive(Default)]
struct Door(AtomicUsize);

impl Door {
    /// Waits until both have come for the `visit`th time. It spins: a thread that sleeps here would be late.
    fn pass(&self, visit: usize) {
        // Release and acquire: what the other wrote before is seen after.
        self.0.fetch_add(1, Ordering::AcqRel);
        while self.0.load(Ordering::Acquire) < 2 * visit {
            std::hint::spin_loop();
        }
    }
}

/// Lets two threads meet until they were undisturbed.
fn meet(contestant: &Contestant, stride: u64) -> Option<f64> {
    let door = Door::default();
    let stays = [Mutex::new(None), Mutex::new(None)];
    let stay = |core: usize| *stays[core].lock().unwrap_or_else(PoisonError::into_inner);
    let patience = Instant::now() + PATIENCE;
    let thread = |core: usize| {
        pin(core);
        for attempt in 0.. {
            door.pass(3 * attempt + 1);
            let mut one = run(contestant, stride);
            door.pass(3 * attempt + 2);
            if core == 0 {
                let settle = Instant::now();
                (contestant.settle)();
                one.settle = settle.elapsed();
            }
            *stays[core].lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
            door.pass(3 * attempt + 3);
            // Both look at the same two stays, and so go on or leave together.
            let (left, right) = (stay(0)?, stay(1)?);
            let figure = figure(left, right);
            if figure.is_some() || left.end.max(right.end) > patience {
                return figure;
            }
        }
        None
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| thread(1));
        let here = scope.spawn(|| thread(0));
        other.join().expect("a contestant does not panic");
        here.join().expect("a contestant does not panic")
    })
}

fn run(contestant: &Contestant, stride: u64) -> Stay {
    let (waited, start) = (waited(), Instant::now());
    let mut count = 0;
    while start.elapsed() < WINDOW {
        (contestant.run)(stride);
        count += stride;
    }
    let end = Instant::now();
    Stay { start, end, count, disturbed: disturbed(waited, end - start), settle: Duration::ZERO }
}

/// Nanoseconds of each time, unless the two were not there together all the time.
fn figure(left: Stay, right: Stay) -> Option<f64> {
    let whole = left.end.max(right.end) - left.start.min(right.start);
    let both = left.end.min(right.end).saturating_duration_since(left.start.max(right.start));
    let together = both.as_secs_f64() > (1.0 - APART) * whole.as_secs_f64();
    // Each thread did half of the times; what was put off would have kept both.
    let took = whole + left.settle + right.settle;
    let figure = 2.0 * took.as_nanos() as f64 / (left.count + right.count) as f64;
    (together && !left.disturbed && !right.disturbed).then_some(figure)
}
