use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size", key = "width")]
enum Size {
    Small,
}

fn main() {}
