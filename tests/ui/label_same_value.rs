use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size {
    Small,
    #[label("small")]
    Little,
}

fn main() {}
