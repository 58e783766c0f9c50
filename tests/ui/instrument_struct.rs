use mme_metrics::instrument_metrics;

#[instrument_metrics]
struct Store;

fn main() {
    let _ = Store;
}
