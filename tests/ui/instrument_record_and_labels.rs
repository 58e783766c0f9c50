use mme_metrics::instrument_metrics;

#[instrument_metrics(record = CATS.feeding(), labels(cat))]
fn feed() {}

fn main() {
    feed();
}
