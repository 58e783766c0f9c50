use mme_metrics::instrument_metrics;

#[instrument_metrics(name = "")]
fn feed() {}

fn main() {
    feed();
}
