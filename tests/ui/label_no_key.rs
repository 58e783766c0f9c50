use mme_metrics::LabelValue;

#[derive(LabelValue)]
enum Size {
    Small,
}

fn main() {}
