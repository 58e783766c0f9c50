//! Is the recorder ahead of its peers in recording, rendering, registering and memory?
//!
//! `cargo bench -p mme-metrics-benches --bench recorder` prints everything; a word after `--` picks one part: `record`,
//! `render`, `register` or `memory`.

use std::process::Command;

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::table::{Spread, Table};
use mme_metrics_benches::{peer, register, render};

/// Batches of each contestant that records.
const ROUNDS: usize = 101;

/// Most nanoseconds of a counter and of a histogram on one thread.
const ALONE: [f64; 2] = [12.0, 20.0];

/// Most nanoseconds of either on two threads that meet on one series, and how far ahead that has to be.
const TOGETHER: (f64, f64) = (30.0, 3.0);

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    if wanted("record") {
        println!("{}", record("Counter", &peer::counters(), ALONE[0]));
        println!("{}", record("Histogram of 15 buckets", &peer::histograms(), ALONE[1]));
    }
    if wanted("render") {
        for (series, rounds) in [(1_000, 101), (10_000, 21), (100_000, 7)] {
            println!("{}", render::table(series, rounds));
        }
    }
    if wanted("memory") {
        let run = Command::new(env!("CARGO_BIN_EXE_memory")).status();
        assert!(run.is_ok_and(|status| status.success()), "the program that weighs the heap failed");
    }
    if wanted("register") {
        println!("{}", register::table(5));
    }
}

fn record(what: &str, contestants: &[Contestant], budget: f64) -> Table {
    let bare = contestants.len() - 2;
    contestants[..bare].iter().for_each(Contestant::verify);
    let (alone, together) = (contest::alone(contestants, ROUNDS), contest::together(contestants, ROUNDS));
    let mut table = Table::new(format!("{what}, ns"), &["contestant", "one thread", "two threads on one series"]);
    for ((contestant, alone), together) in contestants.iter().zip(&alone).zip(&together) {
        table.row(vec![contestant.name.clone(), alone.to_string(), together.to_string()]);
    }
    let best = |of: &[Spread]| of[peer::OURS..bare].iter().map(Spread::median).fold(f64::INFINITY, f64::min);
    table.bar("facade handle on one thread", alone[0].median(), budget);
    table.bar("facade handle on two threads", together[0].median(), TOGETHER.0);
    table.ratio("two threads, ahead of the best peer", best(&together) / together[0].median(), TOGETHER.1);
    table
}
