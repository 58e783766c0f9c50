use mme_metrics::instrument_metrics;

#[instrument_metrics]
fn feed() -> u32 {
    "text"
}

fn main() {
    feed();
}
