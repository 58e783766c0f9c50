use mme_metrics::{LabelValue, instrument_metrics};

#[derive(Clone, Copy, LabelValue)]
#[label(key = "module")]
enum Part {
    Left,
}

#[instrument_metrics(labels(Part::Left))]
fn feed() {}

fn main() {
    feed();
}
