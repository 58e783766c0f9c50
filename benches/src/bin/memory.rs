//! Measures the heap of every contestant. It is a program of its own, because an allocator that counts slows down those that allocate.

use mme_metrics_benches::memory;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() {
    for table in memory::tables(HEAP) {
        println!("{table}");
    }
}
