//! Checks that the recorder is ahead of its peers in recording, rendering, registering and memory.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench recorder` prints everything; a word after `--` picks one part: `record`,
//! `meet`, `render`, `register` or `memory`.

use std::process::Command;

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::table::{Spread, Table};
use mme_metrics_benches::{peer, register, render};

/// Batches of each contestant that records.
const ROUNDS: usize = 201;

/// Meetings of two threads for each contestant.
const MEETINGS: usize = 51;

/// Most nanoseconds of a counter and of a histogram on one thread.
const ALONE: [f64; 2] = [12.0, 20.0];

/// Most nanoseconds of either on two threads that meet on one series, and how far ahead that has to be.
const TOGETHER: (f64, f64) = (30.0, 3.0);

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    if wanted("record") {
        println!("{}", alone("Counter", &peer::counters(), ALONE[0]));
        println!("{}", alone("Histogram of 15 buckets", &peer::histograms(), ALONE[1]));
    }
    if wanted("meet") {
        println!("{}", together("Counter", &peer::counters()));
        println!("{}", together("Histogram of 15 buckets", &peer::histograms()));
    }
    if wanted("render") {
        for (series, rounds) in [(1_000, 51), (10_000, 11), (100_000, 5)] {
            println!("{}", render::table(series, rounds));
        }
    }
    if wanted("memory") {
        let run = Command::new(env!("CARGO_BIN_EXE_memory")).status();
        assert!(run.is_ok_and(|status| status.success()), "the program that weighs the heap failed");
    }
    if wanted("register") {
        println!("{}", register::table(3));
    }
}

fn alone(what: &str, contestants: &[Contestant], budget: f64) -> Table {
    let bare = verified(contestants);
    let spreads = contest::alone(contestants, ROUNDS).spreads();
    let mut table = Table::new(format!("{what} on one thread, ns"), &["contestant", "ns", "least", "batches"]);
    for (contestant, spread) in contestants.iter().zip(&spreads) {
        let (least, batches) = (format!("{:.1}", spread.quantile(0.0)), spread.len().to_string());
        table.row(vec![contestant.name.clone(), spread.to_string(), least, batches]);
    }
    table.bar("facade handle", spreads[0].median(), budget);
    table.ratio("ahead of the best peer", best(&spreads[peer::OURS..bare]) / spreads[0].median(), 1.0);
    table
}

fn together(what: &str, contestants: &[Contestant]) -> Table {
    let bare = verified(contestants);
    let spreads = contest::together(contestants, MEETINGS).spreads();
    let title = format!("{what}, two threads on one series, ns each");
    let mut table = Table::new(title, &["contestant", "ns", "least", "undisturbed meetings"]);
    for (contestant, spread) in contestants.iter().zip(&spreads) {
        let (least, meetings) = (format!("{:.1}", spread.quantile(0.0)), spread.len().to_string());
        table.row(vec![contestant.name.clone(), spread.to_string(), least, meetings]);
    }
    table.bar("facade handle", spreads[0].median(), TOGETHER.0);
    table.ratio("ahead of the best peer", best(&spreads[peer::OURS..bare]) / spreads[0].median(), TOGETHER.1);
    table
}

/// Makes sure that all of them record; returns where the bare loops begin.
fn verified(contestants: &[Contestant]) -> usize {
    let bare = contestants.len() - 2;
    for contestant in &contestants[..bare] {
        contestant.verify();
    }
    bare
}

fn best(spreads: &[Spread]) -> f64 {
    spreads.iter().map(Spread::median).fold(f64::INFINITY, f64::min)
}
