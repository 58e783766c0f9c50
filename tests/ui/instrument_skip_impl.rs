use mme_metrics::instrument_metrics;

struct Store;

#[instrument_metrics(skip)]
impl Store {
    fn feed() {}
}

fn main() {
    Store::feed();
}
