use mme_metrics::{Counter, LabelValue, Unit};

#[derive(LabelValue)]
#[label(key = "le")]
enum Size {
    Small,
}

static SIZES: Counter<(Size,)> = Counter::new("sizes_total", Unit::None);

fn main() {
    SIZES.increment((Size::Small,));
}
