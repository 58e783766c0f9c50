use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
struct Size(u32);

fn main() {}
