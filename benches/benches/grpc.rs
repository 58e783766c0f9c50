//! Checks that the gRPC server layer, with everything on, costs at most 0.7 of what `tonic_prometheus_layer` costs, and a message
//! at most 15 ns.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench grpc` prints everything; a word after `--` picks one part: `unary` or `stream`.

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::grpc::{ATOMICS, BARE, Call, MESSAGES, OURS, SILENT, TONIC_PROMETHEUS_LAYER};
use mme_metrics_benches::overhead::Overhead;
use mme_metrics_benches::table::Table;
use mme_metrics_benches::{allocation, grpc};

/// Batches of each contestant.
const ROUNDS: usize = 301;

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    if wanted("unary") {
        println!("{}", unary());
    }
    if wanted("stream") {
        println!("{}", stream());
    }
}

fn unary() -> Table {
    let mut over = measured(Call::Unary, "grpc-unary", "Unary calls, ns each");
    over.share("to tonic_prometheus_layer", OURS, TONIC_PROMETHEUS_LAYER, 0.7);
    over.share("to a complete layer on bare atomics", OURS, ATOMICS, 1.5);
    over.table
}

fn stream() -> Table {
    let mut over = measured(Call::Stream, "grpc-stream", "Streams of 100 messages, ns each");
    for name in [OURS, ATOMICS] {
        over.table.bar(&format!("{name}, ns more a message"), over.of(name) / MESSAGES as f64, 15.0);
    }
    over.table
}

fn measured(call: Call, program: &str, title: &str) -> Overhead {
    let contestants = grpc::contestants(call);
    contestants[SILENT..].iter().for_each(Contestant::verify);
    let allocations = allocation::counted(env!("CARGO_BIN_EXE_allocation"), program);
    let rounds = contest::alone(&contestants, ROUNDS);
    let mut over = Overhead::new(title, &contestants, &rounds, |_| BARE, Some(&allocations));
    let more = allocations[OURS] - allocations[contestants[BARE[0]].name.as_str()];
    over.table.bar("allocations more than the bare service", more, 0.0);
    over
}
