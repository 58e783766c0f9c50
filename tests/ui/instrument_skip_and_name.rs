use mme_metrics::instrument_metrics;

#[instrument_metrics(skip, name = "feed")]
fn feed() {}

fn main() {
    feed();
}
