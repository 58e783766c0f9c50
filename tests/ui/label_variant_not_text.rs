use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size {
    #[label(7)]
    Small,
}

fn main() {}
