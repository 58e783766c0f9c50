use mme_metrics::LabelValue;

#[derive(LabelValue)]
#[label(key = "size")]
enum Size<T> {
    Small,
    Of(T),
}

fn main() {}
