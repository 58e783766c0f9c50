//! Checks that a measured query takes at most 2 % longer than a bare one, on the fastest database there is.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench database` prints everything; a word after `--` picks one part: `pool` or
//! `connection`.

use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::database::{BARE, OURS, Place, SILENT};
use mme_metrics_benches::overhead::Overhead;
use mme_metrics_benches::table::Table;
use mme_metrics_benches::{allocation, database, schedule};

/// Batches of each contestant.
const ROUNDS: usize = 301;

fn main() {
    schedule::in_turn();
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    if wanted("pool") {
        println!("{}", measured(Place::Pool, "database-pool", "Point queries on a pool, ns each"));
    }
    if wanted("connection") {
        println!("{}", measured(Place::Connection, "database-connection", "Point queries on a connection, ns each"));
    }
}

fn measured(place: Place, program: &str, title: &str) -> Table {
    let allocations = allocation::counted(env!("CARGO_BIN_EXE_allocation"), program);
    let contestants = database::contestants(place);
    contestants[SILENT..].iter().for_each(Contestant::verify);
    let rounds = contest::alone(&contestants, ROUNDS);
    let mut over = Overhead::new(title, &contestants, &rounds, |_| BARE, Some(&allocations));
    let bare = rounds.spread(BARE[0]).median();
    over.table.bar("per cent more than bare", over.of(OURS) / bare * 100.0, 2.0);
    over.table
}
