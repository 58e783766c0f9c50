//! Checks that the HTTP layer costs at most 2.2 times a layer that does nothing, and a fraction of what its peers cost.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench http` prints everything; a word after `--` picks one part: `alone`, `connected` or `meet`.

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::http::{AXUM_OTEL_METRICS, AXUM_PROMETHEUS, BARE, BY_HAND, NOOP, OURS, SILENT, WRAPPING};
use mme_metrics_benches::overhead::Overhead;
use mme_metrics_benches::table::Table;
use mme_metrics_benches::{allocation, http};

/// Batches of each contestant.
const ROUNDS: usize = 301;

/// Meetings of two threads for each contestant.
const MEETINGS: usize = 101;

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    let contestants = http::contestants();
    contestants[SILENT..].iter().for_each(Contestant::verify);
    if wanted("alone") {
        println!("{}", alone(&contestants));
    }
    if wanted("connected") {
        println!("{}", connected());
    }
    if wanted("meet") {
        println!("{}", together(&contestants));
    }
}

fn alone(contestants: &[Contestant]) -> Table {
    let allocations = allocation::counted(env!("CARGO_BIN_EXE_allocation"), "http");
    let rounds = contest::alone(contestants, ROUNDS);
    let title = "One thread, ns each request";
    let mut over = Overhead::new(title, contestants, &rounds, |_| BARE, Some(&allocations));
    let more = allocations[OURS] - allocations[WRAPPING];
    over.share("to the no-op layer", OURS, NOOP, 2.2);
    over.table.bar("allocations more than the layer that wraps the body", more, 1.0);
    over.share("to axum-prometheus", OURS, AXUM_PROMETHEUS, 0.25);
    over.share("to axum-otel-metrics", OURS, AXUM_OTEL_METRICS, 0.3);
    over.share("to the layer by hand on `prometheus`", OURS, BY_HAND, 1.0);
    over.table
}

/// axum's table of extensions has room for three and holds three before any layer is asked, so ours makes it grow. Here it has
/// grown before.
fn connected() -> Table {
    http::connect(true);
    let few = http::few();
    let rounds = contest::alone(&few, ROUNDS);
    http::connect(false);
    let title = "One thread, a request that carries its client's address, ns each request";
    let mut over = Overhead::new(title, &few, &rounds, |_| BARE, None);
    over.share("to the no-op layer", OURS, NOOP, 2.2);
    over.share("to the layer by hand on `prometheus`", OURS, BY_HAND, 1.0);
    over.table
}

fn together(contestants: &[Contestant]) -> Table {
    let rounds = contest::together(contestants, MEETINGS);
    let title = "Two threads on one route, ns each request";
    let mut over = Overhead::new(title, contestants, &rounds, |_| BARE, None);
    over.share("to axum-prometheus", OURS, AXUM_PROMETHEUS, 0.2);
    over.share("to the layer by hand on `prometheus`", OURS, BY_HAND, 0.5);
    over.table
}
