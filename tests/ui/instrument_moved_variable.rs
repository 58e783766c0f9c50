//! The compiler names a variable that a measured body moves twice, as it does without the attribute.

use mme_metrics::instrument_metrics;

#[instrument_metrics]
fn feed(sheep: Vec<u8>) -> usize {
    drop(sheep);
    sheep.len()
}

#[instrument_metrics]
async fn shear(wool: String) -> String {
    drop(wool);
    wool
}

fn main() {
    feed(Vec::new());
    drop(shear(String::new()));
}
