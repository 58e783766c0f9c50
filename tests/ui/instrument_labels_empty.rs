use mme_metrics::instrument_metrics;

#[instrument_metrics(labels())]
fn feed() {}

fn main() {
    feed();
}
