//! Checks that a series of the mix takes at most 350 B, an exposition at most 256 KiB, and an observation nothing.

use peak_alloc::PeakAlloc;

use crate::contest::Contestant;
use crate::peer::{self, REGISTRIES};
use crate::table::Table;

/// Series of the mix.
const SERIES: usize = 100_000;

/// Most bytes a series may take.
const SERIES_BUDGET: f64 = 350.0;

/// Most KiB by which an exposition may raise the heap.
const RENDER_BUDGET: f64 = 256.0;

/// Observations without a scrape, half of them counted, half of them recorded.
const OBSERVATIONS: u64 = 50_000_000;

/// The same for peers, of which some keep every one.
const PEER_OBSERVATIONS: u64 = 2_000_000;

/// Measures the heap of every contestant. `heap` has to be the global allocator.
pub fn tables(heap: PeakAlloc) -> [Table; 2] {
    [held(heap), grown(heap)]
}

fn held(heap: PeakAlloc) -> Table {
    let title =
        format!("Heap of {SERIES} series after an exposition, and what the exposition adds while it is written");
    let mut table = Table::new(title, &["contestant", "B a series", "peak of an exposition, KiB"]);
    for (place, name) in REGISTRIES.into_iter().enumerate() {
        let before = heap.current_usage();
        let registry = peer::registry(name);
        for index in 0..SERIES {
            registry.register(index);
        }
        registry.render(&mut Vec::new());
        let after = heap.current_usage();
        heap.reset_peak_usage();
        registry.render(&mut Vec::new());
        let series = (after - before) as f64 / SERIES as f64;
        let peak = (heap.peak_usage() - after) as f64 / 1024.0;
        table.row(vec![name.to_owned(), format!("**{series:.0}**"), format!("**{peak:.0}**")]);
        if place == 0 {
            table.bar("B a series", series, SERIES_BUDGET);
            table.bar("KiB of an exposition", peak, RENDER_BUDGET);
        }
    }
    table
}

fn grown(heap: PeakAlloc) -> Table {
    let mut table = Table::new(
        "Heap after observations without a scrape",
        &["contestant", "observations", "bytes allocated at once at most", "bytes kept"],
    );
    let mut ours = 0;
    let weigh = |contestants: &[&Contestant], observations: u64| {
        let before = heap.current_usage();
        heap.reset_peak_usage();
        for contestant in contestants {
            (contestant.run)(observations / contestants.len() as u64);
        }
        (heap.peak_usage() - before, heap.current_usage().saturating_sub(before))
    };
    let (counters, histograms) = (peer::counters(), peer::histograms());
    for (place, (counter, histogram)) in counters.iter().zip(&histograms).enumerate() {
        if counter.name.starts_with("bare") {
            continue;
        }
        counter.verify();
        histogram.verify();
        let observations = if place < peer::OURS { OBSERVATIONS } else { PEER_OBSERVATIONS };
        let (peak, kept) = weigh(&[counter, histogram], observations);
        table.row(vec![counter.name.clone(), observations.to_string(), peak.to_string(), kept.to_string()]);
        if place < peer::OURS {
            ours += peak;
        }
    }
    table.bar("bytes allocated by ours", ours as f64, 0.0);
    table
}
