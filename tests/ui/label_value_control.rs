use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size {
    #[label("line\nbreak")]
    Small,
}

fn main() {}
