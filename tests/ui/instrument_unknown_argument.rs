use mme_metrics::instrument_metrics;

#[instrument_metrics(naem = "feed")]
fn feed() {}

fn main() {
    feed();
}
