use mme_metrics::instrument_metrics;

#[instrument_metrics]
trait Shelf {
    fn reach(&self);
}

fn main() {}
