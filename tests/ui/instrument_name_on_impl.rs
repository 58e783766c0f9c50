use mme_metrics::instrument_metrics;

struct Store;

#[instrument_metrics(name = "store")]
impl Store {
    fn feed() {}
}

fn main() {
    Store::feed();
}
