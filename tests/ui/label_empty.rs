use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size {}

fn main() {}
