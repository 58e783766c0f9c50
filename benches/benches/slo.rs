//! Measures what an objective that counts a request adds to it, and a sampler of spikes that does not keep it.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench slo`

use mme_metrics::Recorder;
use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::slo::{self, place};
use mme_metrics_benches::table::Table;

/// Batches of each contestant.
const ROUNDS: usize = 201;

/// Most nanoseconds that an objective adds.
const OBJECTIVE: f64 = 30.0;

/// Most nanoseconds that a sampler adds to a request that it does not keep.
const SAMPLER: f64 = 100.0;

fn main() {
    let recorder = Recorder::builder().process_metrics(false).install().expect("no other recorder is installed here");
    let requests = slo::contestants(&recorder);
    // All but the bare ones, which are not measured.
    requests[place::LAYER..].iter().for_each(Contestant::verify);
    println!("{}", requests_table(&requests));
    let listeners = slo::listeners();
    println!("{}", contest::timed("Listeners alone, ns", &listeners, ROUNDS).0);
}

fn requests_table(contestants: &[Contestant]) -> Table {
    let (mut table, spreads) = contest::timed("A request through the layer, ns", contestants, ROUNDS);
    let layer = spreads[place::LAYER].median();
    let added = |index: usize| spreads[index].median() - layer;
    table.bar("an objective adds, ns", added(place::OBJECTIVE), OBJECTIVE);
    table.bar("one that is missed adds, ns", added(place::MISSED), OBJECTIVE);
    table.bar("two add, ns", added(place::OBJECTIVES), 2.0 * OBJECTIVE);
    table.bar("a sampler adds, ns", added(place::SAMPLER), SAMPLER);
    table
}
