//! Checks that the attribute costs at most 60 ns, 90 ns on two threads, and a tenth of what its peer costs.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench function` prints everything; a word after `--` picks one part: `alone` or `meet`.

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::function::{AUTOMETRICS, BARE, BARE_ASYNC, OURS, OURS_ASYNC};
use mme_metrics_benches::overhead::Overhead;
use mme_metrics_benches::table::Table;
use mme_metrics_benches::{allocation, function};

/// Batches of each contestant.
const ROUNDS: usize = 301;

/// Meetings of two threads for each contestant.
const MEETINGS: usize = 101;

/// Most nanoseconds over the bare call, on one thread and on two.
const BUDGETS: [f64; 2] = [60.0, 90.0];

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    let contestants = function::contestants();
    contestants[BARE.len() + BARE_ASYNC.len()..].iter().for_each(Contestant::verify);
    if wanted("alone") {
        println!("{}", alone(&contestants));
    }
    if wanted("meet") {
        println!("{}", together(&contestants));
    }
}

fn alone(contestants: &[Contestant]) -> Table {
    let allocations = allocation::counted(env!("CARGO_BIN_EXE_allocation"), "function");
    let rounds = contest::alone(contestants, ROUNDS);
    let title = "One thread, ns each call";
    let mut over = Overhead::new(title, contestants, &rounds, bare, Some(&allocations));
    over.table.bar("over the bare call, ns", over.of(OURS), BUDGETS[0]);
    over.table.bar("allocations", allocations[OURS] + allocations[OURS_ASYNC], 0.0);
    over.share("to autometrics", OURS, AUTOMETRICS, 0.1);
    over.table.bar("asynchronous over synchronous, ns", over.of(OURS_ASYNC) - over.of(OURS), 15.0);
    over.table
}

fn together(contestants: &[Contestant]) -> Table {
    let rounds = contest::together(contestants, MEETINGS);
    let title = "Two threads on one function, ns each call";
    let mut over = Overhead::new(title, contestants, &rounds, bare, None);
    over.table.bar("over the bare call, ns", over.of(OURS), BUDGETS[1]);
    over.table
}

fn bare(name: &str) -> [usize; 2] {
    if name.contains("async") { BARE_ASYNC } else { BARE }
}
