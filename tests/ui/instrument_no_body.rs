use mme_metrics::instrument_metrics;

trait Shelf {
    #[instrument_metrics]
    fn reach(&self);
}

fn main() {}
