//! Checks that an exposition costs at most 250 ns a series and an eighth of the best peer's, and that protobuf costs no more than text.

use std::time::Instant;

use crate::contest::{in_turn, pin, waited};
use crate::peer::{PROTOBUF, REGISTRIES, Registry, registry};
use crate::table::{Spread, Table};

/// Most nanoseconds that a series may cost.
const BUDGET: f64 = 250.0;

/// How often the best peer's cost ours has to fit into.
const AHEAD: f64 = 8.0;

/// How often the cost of protobuf has to fit into that of text.
const TEXT: f64 = 1.0;

/// Times every contestant's exposition of `series` series of the mix.
///
/// # Panics
///
/// When an exposition is too short to hold all series.
pub fn table(series: usize, rounds: usize) -> Table {
    let names: Vec<_> = REGISTRIES.into_iter().chain([PROTOBUF]).collect();
    let contestants: Vec<Box<dyn Registry>> = names.iter().map(|name| registry(name)).collect();
    pin(0);
    let mut sizes = Vec::new();
    let mut outs: Vec<Vec<u8>> = vec![Vec::new(); contestants.len()];
    for ((contestant, out), name) in contestants.iter().zip(&mut outs).zip(&names) {
        for index in 0..series {
            contestant.register(index);
        }
        let bytes = contestant.render(out);
        // A third of the series are histograms of seventeen lines, none of them shorter than its labels. In protobuf they have
        // their labels once, and at least eleven bytes for each bucket.
        let least = if *name == PROTOBUF { 80 } else { 600 };
        assert!(bytes / series > least, "an exposition of {bytes} bytes does not hold {series} series");
        sizes.push(bytes);
    }
    let spreads = in_turn(&contestants, rounds, |index, contestant| {
        let out = &mut outs[index];
        out.clear();
        let (start, before) = (Instant::now(), waited());
        let bytes = contestant.render(out);
        // Read before the clock, so that a wait that comes between the two is not taken off.
        let waiting = waited() - before;
        let took = start.elapsed().as_nanos() as f64 - waiting as f64;
        // The values are as they were, but for those of the library about itself.
        assert!(
            bytes / series >= sizes[index] / series,
            "an exposition of {bytes} bytes does not hold {series} series"
        );
        took / series as f64
    });
    write(series, &names, &sizes, &spreads)
}

fn write(series: usize, names: &[&str], sizes: &[usize], spreads: &[Spread]) -> Table {
    let title = format!("Exposition of {series} series, ns a series");
    let mut table = Table::new(title, &["contestant", "ns a series", "least", "bytes a series"]);
    for ((name, size), spread) in names.iter().zip(sizes).zip(spreads) {
        let least = format!("{:.0}", spread.quantile(0.0));
        table.row(vec![(*name).to_owned(), spread.to_string(), least, format!("{}", size / series)]);
    }
    let ours = spreads[0].median();
    let (protobuf, peers) = spreads[1..].split_last().expect("protobuf is the last contestant");
    let best = peers.iter().map(Spread::median).fold(f64::INFINITY, f64::min);
    table.bar("ns a series", ours, BUDGET);
    table.ratio("ahead of the best peer", best / ours, AHEAD);
    table.ratio("text over protobuf", ours / protobuf.median(), TEXT);
    table
}
