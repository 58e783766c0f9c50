use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size {
    Small,
    Of(u32),
}

fn main() {}
