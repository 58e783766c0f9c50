//! Prints how often each contestant of a bench allocates. Linking the counter replaces the allocator.

use mme_metrics_benches::allocation::{TIMES, contestants};

fn main() {
    let bench = std::env::args().nth(1).expect("the name of a bench, as `contestants` knows it");
    for contestant in contestants(&bench) {
        // Allocations that happen once, such as series, do not count.
        (contestant.run)(TIMES);
        (contestant.settle)();
        let counted = allocation_counter::measure(|| (contestant.run)(TIMES));
        (contestant.settle)();
        println!("{}\t{}", contestant.name, counted.count_total);
    }
}
