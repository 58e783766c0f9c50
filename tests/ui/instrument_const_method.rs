use mme_metrics::instrument_metrics;

struct Store;

#[instrument_metrics]
impl Store {
    const fn answer() -> u32 {
        42
    }
}

fn main() {
    Store::answer();
}
