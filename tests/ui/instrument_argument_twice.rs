use mme_metrics::instrument_metrics;

#[instrument_metrics(concurrent, concurrent)]
fn feed() {}

fn main() {
    feed();
}
