//! Checks that a new series does not wait for an exposition: while another thread renders, 99 of 100 are registered within 100 µs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::contest::pin;
use crate::peer::{REGISTRIES, registry};
use crate::table::{Spread, Table};

/// Series that are there before, so that an exposition takes its time.
const BEFORE: usize = 10_000;

/// Series that come while another thread renders.
const NEW: usize = 5_000;

/// Most microseconds for 99 of 100.
const BUDGET: f64 = 100.0;

/// Times the registrations of every contestant.
///
/// # Panics
///
/// When a contestant does.
pub fn table(rounds: usize) -> Table {
    let mut table = Table::new(
        format!("Registering {NEW} series beside {BEFORE} while another thread renders, µs"),
        &["contestant", "half within", "99 % within", "all within", "expositions meanwhile"],
    );
    let mut ours = f64::NAN;
    for name in REGISTRIES {
        let runs: Vec<(Spread, usize)> = (0..rounds).map(|_| run(name)).collect();
        let of = |share| Spread::new(runs.iter().map(|(spread, _)| spread.quantile(share)).collect());
        if ours.is_nan() {
            ours = of(0.99).median();
        }
        let expositions: usize = runs.iter().map(|(_, expositions)| expositions).sum();
        let expositions = format!("{:.1}", expositions as f64 / rounds as f64);
        table.row(vec![name.to_owned(), of(0.5).to_string(), of(0.99).to_string(), of(1.0).to_string(), expositions]);
    }
    table.bar("99 % within, µs", ours, BUDGET);
    table
}

/// One run: microseconds of every registration, and how many expositions were finished meanwhile.
fn run(name: &str) -> (Spread, usize) {
    let registry = registry(name);
    for index in 0..BEFORE {
        registry.register(index);
    }
    let (over, expositions) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            let mut out = Vec::new();
            // Relaxed: nothing else is concluded from the flag or the count.
            while !over.load(Ordering::Relaxed) {
                out.clear();
                registry.render(&mut out);
                expositions.fetch_add(1, Ordering::Relaxed);
            }
        });
        let times = scope.spawn(|| {
            pin(0);
            // Relaxed: it only matters that the other thread has begun.
            while expositions.load(Ordering::Relaxed) == 0 {
                std::hint::spin_loop();
            }
            let before = expositions.load(Ordering::Relaxed);
            let times = (BEFORE..BEFORE + NEW).map(|index| {
                let start = Instant::now();
                registry.register(index);
                start.elapsed().as_nanos() as f64 / 1000.0
            });
            let times = times.collect();
            let meanwhile = expositions.load(Ordering::Relaxed) - before;
            over.store(true, Ordering::Relaxed);
            (Spread::new(times), meanwhile)
        });
        times.join().expect("a contestant does not panic")
    })
}
