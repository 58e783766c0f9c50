use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(name = "size")]
enum Size {
    Small,
}

fn main() {}
